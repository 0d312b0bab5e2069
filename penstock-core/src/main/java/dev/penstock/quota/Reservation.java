package dev.penstock.quota;

import dev.penstock.limit.Cost;
import dev.penstock.limit.Unit;

/**
 * Room taken in every limit for one request that is being sent. Its owner settles it exactly once through
 * {@link Quota#settle}; a second settlement changes nothing.
 */
public final class Reservation {
    private final Cost cost;
    private final long sentAtNanos;
    // What had been reserved in all, this reservation included, when it was sent.
    private final long requestsAtSending;
    private final long tokensAtSending;
    private final long imagesAtSending;

    // Guarded by the lock of its quota.
    private boolean admitted;
    private boolean settled;

    Reservation(Cost cost, long sentAtNanos, long requestsAtSending, long tokensAtSending, long imagesAtSending) {
        this.cost = cost;
        this.sentAtNanos = sentAtNanos;
        this.requestsAtSending = requestsAtSending;
        this.tokensAtSending = tokensAtSending;
        this.imagesAtSending = imagesAtSending;
    }

    public Cost cost() {
        return cost;
    }

    /** When it was granted, in the caller's monotonic time. */
    public long sentAtNanos() {
        return sentAtNanos;
    }

    long totalAtSending(Unit unit) {
        return new Cost(requestsAtSending, tokensAtSending, imagesAtSending).of(unit);
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
