package dev.penstock.quota;

import java.util.OptionalLong;

/** The quota's answer to a request that wants to be sent. */
public sealed interface Admission {
    /** It may be sent now. The reservation must be settled exactly once. */
    record Granted(Reservation reservation) implements Admission {}

    /**
     * Not now.
     *
     * @param by what is in the way
     * @param retryAtNanos when to ask again, in the caller's monotonic time; empty when only the settling of another
     *     reservation can change the answer
     */
    record Deferred(BlockedBy by, OptionalLong retryAtNanos) implements Admission {}

    /** Never: the request is larger than the limit. */
    record Impossible(BlockedBy.ByLimit by) implements Admission {}
}
