package dev.penstock.jobs;

import dev.penstock.wire.Usage;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A run at one moment; at most a few tenths of a second old.
 *
 * @param bytesRead bytes of the input that were read, while scanning
 * @param inputBytes size of the input
 * @param rows good rows of the job; while scanning, those found so far
 * @param answered rows with an answer, earlier runs included
 * @param failed rows that failed for good, earlier runs included
 * @param answeredNow rows that this run answered
 * @param failedNow rows that failed in this run
 * @param inFlight rows that were sent and are not stored yet
 * @param backingOff rows that wait for another attempt
 * @param elapsed since sending began
 * @param lastMinute the pace of the last minute
 * @param wholeRun the pace since sending began
 * @param limits the limits known so far
 * @param boundBy what keeps the next row from being sent, one clause such as {@code the limit of 200,000 tokens per
 *     minute}; empty if nothing does
 * @param retries requests that were sent again
 * @param refusals 429s
 * @param concurrencyLimit calls that may be in flight, over all model families
 * @param costDollars what the job cost so far; empty if the price of a model is not known
 * @param spent tokens that the job was billed for so far
 * @param timeLeft how long the rest will take; empty while nothing can be said
 * @param forecastDollars what the whole job will cost; empty while nothing can be said
 * @param batch the batches; empty where calls are live
 */
public record RunProgress(
        RunPhase phase,
        long bytesRead,
        long inputBytes,
        long rows,
        long answered,
        long failed,
        long answeredNow,
        long failedNow,
        int inFlight,
        int backingOff,
        Duration elapsed,
        RunRate lastMinute,
        RunRate wholeRun,
        List<LimitUse> limits,
        Optional<String> boundBy,
        long retries,
        long refusals,
        int concurrencyLimit,
        Optional<BigDecimal> costDollars,
        Usage spent,
        Optional<Duration> timeLeft,
        Optional<BigDecimal> forecastDollars,
        Optional<BatchProgress> batch) {
    public RunProgress {
        limits = List.copyOf(limits);
    }

    /** This, with what only a run in batches has. */
    RunProgress inBatches(
            long nowAnswered,
            long nowFailed,
            int atProvider,
            Duration sinceStart,
            Usage spentInAll,
            Optional<BigDecimal> cost,
            Optional<BigDecimal> forecast,
            BatchProgress batches) {
        return new RunProgress(
                phase,
                bytesRead,
                inputBytes,
                rows,
                answered,
                failed,
                nowAnswered,
                nowFailed,
                atProvider,
                backingOff,
                sinceStart,
                lastMinute,
                wholeRun,
                limits,
                boundBy,
                retries,
                refusals,
                concurrencyLimit,
                cost,
                spentInAll,
                timeLeft,
                forecast,
                Optional.of(batches));
    }

    /** Rows that have not ended. */
    public long pending() {
        return rows - answered - failed;
    }
}
