package dev.penstock.jobs.plan;

import dev.penstock.jobs.auto.Outlook;
import dev.penstock.limit.Limit;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a tier means for a job.
 *
 * @param tier its name, or empty for limits of the user's own without a tier
 * @param requires what an account must have done to be in it; empty if no source says
 * @param time of live calls until the last answer; empty if some family cannot be sent
 * @param binding the limit that takes longest; empty where latency does
 * @param bindingFamily whose limit that is; empty without one
 * @param oversize rows that are too large ever to be sent live, by family; batches take them
 * @param unknownFamilies whose limits no source states
 * @param batchRounds how many times over the batches of the fullest queue fill what may be enqueued at once; empty if nobody
 *     knows the limit
 * @param maximum what a smaller maximum of output tokens would win, for the family that takes longest
 * @param wish whether the deadline can be met and what it costs; empty without one
 */
public record TierPlan(
        String tier,
        String requires,
        Optional<Duration> time,
        Optional<Limit> binding,
        String bindingFamily,
        List<Oversize> oversize,
        List<String> unknownFamilies,
        Optional<Long> batchRounds,
        Optional<MaximumAdvice> maximum,
        Optional<Wish> wish) {
    public TierPlan {
        oversize = List.copyOf(oversize);
        unknownFamilies = List.copyOf(unknownFamilies);
    }

    /** Rows of a family that its smallest token limit can never admit. */
    public record Oversize(String family, TooLarge rows) {}

    /** How many rows can never be sent live. */
    public long unsent() {
        return oversize.stream().mapToLong(each -> each.rows().rows()).sum();
    }

    /**
     * What can be said of a deadline.
     *
     * @param chance whether it can be met
     * @param leastDollars if batches take no longer than live calls could make up for; empty without prices
     * @param mostDollars if batches do nothing
     */
    public record Wish(Outlook.Chance chance, Optional<BigDecimal> leastDollars, Optional<BigDecimal> mostDollars) {}
}
