package dev.penstock.jobs;

import dev.penstock.wire.Usage;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a run did.
 *
 * @param explanation why it ended early, one or two sentences; empty if every row has ended
 * @param job where the job stands, over all its runs
 * @param answeredNow rows that this run answered
 * @param failedNow rows that failed in this run
 * @param requests requests that this run sent, refused and failed ones included
 * @param retries how many of those were sent again
 * @param refusals how many of those got a 429
 * @param duration from the first request to the last answer
 * @param spentNow tokens that this run was billed for
 * @param costNowDollars what they cost; empty if the price of a model is not known
 * @param costDollars what the whole job has cost; empty likewise
 * @param leastTime empty if no limit became known or nothing was sent
 * @param latencyMedian of the answered calls, to within 4 %; zero if there was none
 * @param latency95 time within which 95 % of the answered calls were answered, likewise
 * @param latencyLongest of the answered calls, likewise
 * @param output what was written; empty if nothing could be
 * @param firstFailures the first few rows that failed in this run
 * @param jobFile the file that keeps the job
 * @param plan how right the plan was; empty of a run without a deadline
 */
public record RunReport(
        RunEnd end,
        Optional<String> explanation,
        JobCounts job,
        long answeredNow,
        long failedNow,
        long requests,
        long retries,
        long refusals,
        Duration duration,
        Usage spentNow,
        Optional<BigDecimal> costNowDollars,
        Optional<BigDecimal> costDollars,
        Optional<LeastTime> leastTime,
        Duration latencyMedian,
        Duration latency95,
        Duration latencyLongest,
        Optional<OutputSummary> output,
        List<FailedRow> firstFailures,
        Path jobFile,
        Optional<PlanOutcome> plan) {
    public RunReport {
        firstFailures = List.copyOf(firstFailures);
    }
}
