package dev.penstock.gateway.config;

/** A part of a tenant's budget that is set aside for one request. Everything of it belongs to {@link TenantBudgets}. */
public final class BudgetHold {
    final BudgetAccount account;
    final long round;
    final long tokens;
    final long nanoDollars;
    boolean settled;

    /** For who has no budget: there is nothing to settle. */
    static BudgetHold ofNothing() {
        BudgetHold hold = new BudgetHold(BudgetAccount.NONE, 0, 0, 0);
        hold.settled = true;
        return hold;
    }

    BudgetHold(BudgetAccount account, long round, long tokens, long nanoDollars) {
        this.account = account;
        this.round = round;
        this.tokens = tokens;
        this.nanoDollars = nanoDollars;
    }
}
