package dev.penstock.jobs;

import dev.penstock.jobs.auto.Outlook.Chance;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What a run between batches and live calls is going to do, said before it sends anything.
 *
 * @param rows that have no answer yet
 * @param resumed whether the deadline is the one of an earlier run
 * @param deadline when all must be answered
 * @param left until then
 * @param chance whether that can be met
 * @param soonest when all could be answered; empty if nobody knows
 * @param expectedEnd how long it will take at the least cost
 * @param leastLiveShare of the rows that go live if batches take as long as usual, 0 to 1
 * @param mostLiveShare of the rows that go live if batches do nothing
 * @param leastDollars what the rows cost with the least live share; empty where a price is not known
 * @param mostDollars with the most
 * @param outputsAssumed whether nobody knows how long the answers are, so that the costs assume a length
 * @param knownBatches how many batches of the account were completed lately
 * @param usualBatch how long nine of ten of them took at most; empty if there was none
 */
public record RunPlan(
        long rows,
        boolean resumed,
        Instant deadline,
        Duration left,
        Chance chance,
        Optional<Duration> soonest,
        Duration expectedEnd,
        double leastLiveShare,
        double mostLiveShare,
        Optional<BigDecimal> leastDollars,
        Optional<BigDecimal> mostDollars,
        boolean outputsAssumed,
        int knownBatches,
        Optional<Duration> usualBatch) {}
