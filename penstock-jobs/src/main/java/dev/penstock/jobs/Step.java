package dev.penstock.jobs;

import java.util.OptionalLong;

/**
 * What a driver is to do next.
 *
 * @param <R> a row
 */
sealed interface Step<R> {
    /** Send this row now and report what became of it. */
    record Send<R>(Flight<R> flight) implements Step<R> {}

    /** This row is not sent, or not sent again; record it as failed. */
    record Fail<R>(Flight<R> flight, String explanation) implements Step<R> {}

    /**
     * Nothing to do before an answer comes, or before this time.
     *
     * @param untilNanos when to ask again; empty when only an answer changes anything
     */
    record Wait<R>(OptionalLong untilNanos) implements Step<R> {}

    /** Every row has been sent and settled, or the job was told to stop and nothing is in flight any more. */
    record Finished<R>() implements Step<R> {}
}
