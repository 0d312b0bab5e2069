package dev.penstock.jobs;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Optional;

/**
 * How right a plan was.
 *
 * @param took from the plan to the end of the run
 * @param liveRows rows that ended live
 * @param batchRows rows that ended in batches
 * @param costDollars what this run cost; empty where a price is not known
 */
public record PlanOutcome(
        RunPlan plan, Duration took, long liveRows, long batchRows, Optional<BigDecimal> costDollars) {
    /** Whether the deadline was met, if every row has ended. */
    public boolean inTime() {
        return took.compareTo(plan.left()) <= 0;
    }
}
