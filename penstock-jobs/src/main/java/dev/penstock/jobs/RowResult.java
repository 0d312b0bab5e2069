package dev.penstock.jobs;

import dev.penstock.wire.Usage;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** How a row ended. */
public sealed interface RowResult {
    /** The row's number, see {@link RowPlace}. */
    long number();

    /** The model it asked for, so that the cost can be told. */
    String model();

    /** What it was charged; also a failed row may have been. */
    Usage spent();

    /** Requests that were sent for it. */
    int attempts();

    /** From sending the last request to its answer. */
    Duration latency();

    /**
     * The row was answered.
     *
     * @param status the HTTP status, 2xx
     * @param body the answer's bytes as they came. Not copied: nobody may change it
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Answered(
            long number,
            int status,
            Optional<String> requestId,
            byte[] body,
            String model,
            Usage spent,
            int attempts,
            Duration latency)
            implements RowResult {}

    /**
     * The row failed for good.
     *
     * @param status the HTTP status of the last answer, if there was one
     * @param body that answer's bytes, empty without one. Not copied: nobody may change it
     * @param code a short word for programs, such as {@code context_length_exceeded} or {@code timeout}
     * @param message one sentence for people
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Failed(
            long number,
            OptionalInt status,
            Optional<String> requestId,
            byte[] body,
            String code,
            String message,
            String model,
            Usage spent,
            int attempts,
            Duration latency)
            implements RowResult {}
}
