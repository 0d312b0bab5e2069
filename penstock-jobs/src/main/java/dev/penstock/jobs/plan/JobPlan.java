package dev.penstock.jobs.plan;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;

/**
 * What a job is going to be like.
 *
 * @param costs of each family that has a price, each followed by those that would cost less, the cheapest last
 * @param unpriced families without a price
 * @param liveDollars of all rows; empty if a price is not known
 * @param repeatedDollars of that, for rows that repeat others
 * @param tiers each that some source states for the families, or the one that was asked for; the smallest first
 */
public record JobPlan(
        Workload workload,
        List<ModelCost> costs,
        List<String> unpriced,
        Optional<BigDecimal> liveDollars,
        Optional<BigDecimal> repeatedDollars,
        List<TierPlan> tiers) {
    public JobPlan {
        costs = List.copyOf(costs);
        unpriced = List.copyOf(unpriced);
        tiers = List.copyOf(tiers);
    }
}
