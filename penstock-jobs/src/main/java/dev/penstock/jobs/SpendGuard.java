package dev.penstock.jobs;

/**
 * A hard cap on money. Before a request is sent, the most that it can cost is set aside; the answer turns that into what
 * it did cost. What is spent and set aside together never exceeds the budget. Amounts are nano-dollars. Owned by the
 * dispatcher.
 */
final class SpendGuard {
    private final long budgetNanoDollars;
    private long spent;
    private long setAside;

    /**
     * @param budgetNanoDollars the cap; {@link Long#MAX_VALUE} for none
     * @param spent what earlier runs of the job have cost
     */
    SpendGuard(long budgetNanoDollars, long spent) {
        this.budgetNanoDollars = budgetNanoDollars;
        this.spent = spent;
    }

    boolean allows(long worstCase) {
        return worstCase <= budgetNanoDollars - spent - setAside;
    }

    /** Whether it would be allowed if everything that runs turned out to cost nothing. */
    boolean mayAllowLater(long worstCase) {
        return worstCase <= budgetNanoDollars - spent;
    }

    void setAside(long worstCase) {
        setAside += worstCase;
    }

    void settle(long worstCase, long cost) {
        setAside -= worstCase;
        spent += cost;
    }
}
