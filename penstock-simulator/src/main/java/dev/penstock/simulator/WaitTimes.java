package dev.penstock.simulator;

import java.time.Duration;

/**
 * How long calls waited from their arrival to the sending that was answered. Kept in classes that are at most a 128th wide,
 * so that memory does not grow; a percentile is the upper end of its class, and the longest is exact. Not safe for use by
 * several threads while it is filled.
 */
public final class WaitTimes {
    private static final int SUB_BITS = 7;
    private static final int SUBS = 1 << SUB_BITS;

    private final long[] counts = new long[(Long.SIZE - SUB_BITS) * SUBS];
    private long count;
    private double sumNanos;
    private long longestNanos;

    WaitTimes() {}

    void add(long nanos) {
        counts[index(nanos)]++;
        count++;
        sumNanos += nanos;
        longestNanos = Math.max(longestNanos, nanos);
    }

    /** How many waits there were. */
    public long count() {
        return count;
    }

    /** The wait that this part of all did not exceed; zero if there were none. */
    public Duration percentile(double part) {
        if (count == 0) {
            return Duration.ZERO;
        }
        long rank = Math.max(1, (long) Math.ceil(part * count));
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return Duration.ofNanos(Math.min(longestNanos, upper(i)));
            }
        }
        return Duration.ofNanos(longestNanos);
    }

    /** Exact. */
    public Duration mean() {
        return count == 0 ? Duration.ZERO : Duration.ofNanos(Math.round(sumNanos / count));
    }

    /** Exact. */
    public Duration longest() {
        return Duration.ofNanos(longestNanos);
    }

    private static int index(long nanos) {
        if (nanos < SUBS) {
            return (int) nanos;
        }
        int exponent = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos) - SUB_BITS;
        return (exponent + 1) * SUBS + (int) (nanos >>> exponent) - SUBS;
    }

    private static long upper(int index) {
        int exponent = index / SUBS - 1;
        if (exponent < 0) {
            return index;
        }
        return ((long) (index % SUBS + SUBS + 1) << exponent) - 1;
    }
}
