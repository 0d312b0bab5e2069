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
    /** What had been reserved in all, this reservation included, when it was sent. */
    private final Cost totalAtSending;
    /** What had been reserved in all a moment before; what came in between may have overtaken or been overtaken. */
    private final Cost totalShortlyBefore;

    private boolean settled; // Guarded by the lock of its quota.

    Reservation(Cost cost, long sentAtNanos, Cost totalAtSending, Cost totalShortlyBefore) {
        this.cost = cost;
        this.sentAtNanos = sentAtNanos;
        this.totalAtSending = totalAtSending;
        this.totalShortlyBefore = totalShortlyBefore;
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

    /** Units of others of our requests that may have arrived before or after this one. */
    long unsureOrder(Unit unit) {
        return totalAtSending.of(unit) - cost.of(unit) - totalShortlyBefore.of(unit);
    }

    boolean settleOnce() {
        boolean first = !settled;
        settled = true;
        return first;
    }
}
