package dev.penstock.queue;

import dev.penstock.limit.Cost;

/**
 * A request that asks to wait in a {@link FairQueue}.
 *
 * @param item what the caller wants back when its turn comes
 * @param tenant who is to get a fair part of the quota
 * @param weight the tenant's part, relative to other tenants in the same band; {@value #MIN_WEIGHT} to
 *     {@value #MAX_WEIGHT}
 * @param priority its band
 * @param cost what it takes from the quota
 * @param shareSeconds its dominant cost: the seconds of the limit of which it takes most, that is the largest, over all
 *     limits, of amount / limit × window. 0 when no limit is known; at most {@value #MAX_SHARE_SECONDS}
 * @param bytes the memory that it holds while it waits, 0 or more
 * @param enqueuedAtNanos the time now, in monotonic nanoseconds of any origin
 * @param deadlineNanos when it is of no use any more to wait, on the same clock
 */
public record Arrival<T>(
        T item,
        String tenant,
        double weight,
        Priority priority,
        Cost cost,
        double shareSeconds,
        long bytes,
        long enqueuedAtNanos,
        long deadlineNanos) {
    /** The least weight of a tenant. */
    public static final double MIN_WEIGHT = 0.001;
    /** The greatest weight of a tenant. */
    public static final double MAX_WEIGHT = 1000;
    /** The greatest share of a request, some 30 years of a limit. */
    public static final double MAX_SHARE_SECONDS = 1e9;

    // Times are compared by difference, which is an order only among times less than half the range apart.
    private static final long MAX_WAIT_NANOS = 1L << 60;

    public Arrival {
        if (!(weight >= MIN_WEIGHT && weight <= MAX_WEIGHT)) {
            throw new IllegalArgumentException("weight of tenant '" + tenant + "' is " + weight + "; it must be "
                    + MIN_WEIGHT + " to " + MAX_WEIGHT);
        }
        if (!(shareSeconds >= 0 && shareSeconds <= MAX_SHARE_SECONDS)) {
            throw new IllegalArgumentException("share is " + shareSeconds + " s; it must be 0 to " + MAX_SHARE_SECONDS
                    + " s. Refuse a request that no limit can ever serve instead of queueing it");
        }
        if (bytes < 0) {
            throw new IllegalArgumentException("a request of " + bytes + " bytes; it must be 0 or more");
        }
        long waitNanos = deadlineNanos - enqueuedAtNanos;
        if (waitNanos > MAX_WAIT_NANOS || waitNanos < -MAX_WAIT_NANOS) {
            throw new IllegalArgumentException("deadline is " + waitNanos + " ns from now; it must be within "
                    + MAX_WAIT_NANOS + " ns (36 years). Are both times of the same clock?");
        }
    }
}
