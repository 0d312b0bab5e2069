package dev.penstock.jobs;

import dev.penstock.jobs.batch.PartBudget;

/** The real budget for tests of other packages. */
public final class BudgetForTests {
    private BudgetForTests() {}

    /** @param held by parts that may run */
    public static PartBudget of(long budget, long spent, long held) {
        return new SpendGuard(budget, spent, 0, 0, held);
    }

    public static long left(PartBudget budget) {
        return budget instanceof SpendGuard guard ? guard.left() : Long.MAX_VALUE;
    }
}
