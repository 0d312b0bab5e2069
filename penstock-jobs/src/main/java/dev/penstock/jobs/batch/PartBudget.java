package dev.penstock.jobs.batch;

/**
 * What of a budget batches may take. Amounts are nano-dollars. The most that a part can cost is held from before its upload
 * until what came of its batch is in the job; what batches that may run can cost is held again at each start, by the parts
 * in the job's file, so a crash forgets nothing. Safe for use by several threads: live calls may spend of the same budget.
 */
public interface PartBudget {
    /** No budget at all. */
    PartBudget NONE = new PartBudget() {
        @Override
        public boolean hold(long worstCase) {
            return true;
        }

        @Override
        public boolean mayHoldLater(long worstCase) {
            return true;
        }

        @Override
        public void free(long worstCase) {}

        @Override
        public void settle(long worstCase, PartCost cost) {}
    };

    /**
     * Holds an amount, if what is spent and set aside leaves so much.
     *
     * @param worstCase 0 or more
     */
    boolean hold(long worstCase);

    /** Whether an amount could be held if all that is set aside turned out to cost nothing. */
    boolean mayHoldLater(long worstCase);

    /** Gives an amount back that was held: the batch did not run. */
    void free(long worstCase);

    /** Turns an amount that was held into what it did cost. */
    void settle(long worstCase, PartCost cost);
}
