package dev.penstock.retry;

import dev.penstock.retry.RetryReport.Ending;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * What became of the calls of a {@link Retry} and of those derived from it. Calls that ended by an {@link Error} or by a
 * defect of a condition are not counted.
 *
 * @param endings calls by how they ended; every ending is there
 * @param succeededAtFirst calls that were accepted at the first attempt
 * @param attempts of all calls that have ended
 * @param waited by all calls that have ended
 * @param budgetRefusals how often a retry was put off because the budget was empty
 */
public record RetryStatistics(
        Map<Ending, Long> endings, long succeededAtFirst, long attempts, Duration waited, long budgetRefusals) {
    public RetryStatistics {
        endings = Collections.unmodifiableMap(new EnumMap<>(endings));
    }

    /** Calls that have ended. */
    public long calls() {
        return endings.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Calls that were accepted after the first attempt. */
    public long succeededAfterRetry() {
        return endings.getOrDefault(Ending.SUCCEEDED, 0L) - succeededAtFirst;
    }
}
