package dev.penstock.jobs.batch;

import dev.penstock.verdict.Verdict;
import dev.penstock.wire.AnswerReading;
import dev.penstock.wire.BatchLine;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.HeaderLookup;
import dev.penstock.wire.Usage;
import java.util.Optional;

/** What becomes of a row by its line in a batch's output or error file. */
public sealed interface RowFate {
    /** It was answered. */
    record Answered(Optional<Usage> usage) implements RowFate {}

    /** It can never succeed as it is. */
    record FailedForGood(String explanation) implements RowFate {}

    /**
     * It failed for a passing reason, did not run, or nobody can tell.
     *
     * @param code a short word for programs
     * @param mayBeBilled whether the provider may charge it all the same
     */
    record Again(String code, String explanation, boolean mayBeBilled) implements RowFate {}

    /** What a line says of its row. */
    static RowFate of(BatchLine line, Endpoint endpoint) {
        int status = line.status().orElse(0);
        if (status == 0) {
            return line.errorCode().isEmpty()
                    ? new Again("no_answer", "The batch counts the row and holds no answer to it.", false)
                    : new Again(line.errorCode(), line.errorMessage(), false);
        }
        AnswerReading reading = AnswerReading.of(endpoint, status, HeaderLookup.none(), line.body());
        return switch (reading.verdict()) {
            case Verdict.Accepted accepted -> new Answered(reading.usage());
            case Verdict.Rejected rejected -> new FailedForGood(rejected.explanation());
            case Verdict.Throttled throttled -> new Again("rate_limit_exceeded", throttled.explanation(), false);
            case Verdict.SlowDown slowDown -> new Again("slow_down", slowDown.explanation(), false);
            case Verdict.Transient fault ->
                new Again(
                        fault.fault().name().toLowerCase(java.util.Locale.ROOT),
                        fault.explanation(),
                        fault.fault().mayBeBilled());
            // Within a batch that runs it is the row's trouble; a lasting one stops the next creation.
            case Verdict.AccountStopped stopped -> new Again("account_stopped", stopped.explanation(), false);
        };
    }
}
