package dev.penstock.gateway;

import java.util.OptionalLong;

/** What the driver of a {@link RequestDispatcher} has to do next. */
sealed interface Step<T> {
    /** Send the request to the upstream of its slot, now. */
    record Send<T>(Flight<T> flight) implements Step<T> {}

    /** Answer the request with a refusal; it has left the queue. */
    record Refuse<T>(Flight<T> flight, Refusal refusal) implements Step<T> {}

    /**
     * Its failure is final: pass on what the upstream said last, or tell that it said nothing.
     */
    record GiveUp<T>(Flight<T> flight, String explanation) implements Step<T> {}

    /**
     * Nothing can be done before this time or another event.
     *
     * @param untilNanos empty if only another event can change that
     */
    record Wait<T>(OptionalLong untilNanos) implements Step<T> {}
}
