package dev.penstock.quota;

import dev.penstock.limit.Cost;

/**
 * Room taken in every limit for one request that is being sent. Its owner settles it exactly once through
 * {@link Quota#settle}; a second settlement changes nothing.
 */
public final class Reservation {
    private final Cost cost;
    private final long sentAtNanos;
    /** What had been reserved in all, this reservation included, when it was sent. */
    private final Cost totalAtSending;

    // Guarded by the lock of its quota.
    private boolean admitted;
    private boolean settled;

    Reservation(Cost cost, long sentAtNanos, Cost totalAtSending) {
        this.cost = cost;
        this.sentAtNanos = sentAtNanos;
        this.totalAtSending = totalAtSending;
    }

    public Cost cost() {
        return cost;
    }

    /** When it was granted, in the caller's monotonic time. */
    public long sentAtNanos() {
        return sentAtNanos;
    }

    Cost totalAtSending() {
        return totalAtSending;
    }

    /** Notes that the provider took the request; returns whether that is news. */
    boolean admitOnce() {
        boolean first = !admitted;
        admitted = true;
        return first;
    }

    boolean settleOnce() {
        boolean first = !settled;
        settled = true;
        return first;
    }
}
