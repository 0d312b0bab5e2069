package dev.penstock.limit;

import java.util.concurrent.TimeUnit;

/**
 * The time that a provider says it takes until all of a limit is there again, beside the share of it that is in use. It
 * tells something of the window, which is not named: a bucket that refills continuously shows used ÷ limit × window. What is
 * in use is shown in whole units, and the time is cut to the millisecond or rounded to the second.
 *
 * @param used units in use, at least 1
 * @param amount units of the limit, at least 1
 * @param nanos the time told
 */
public record ShownReset(long used, long amount, long nanos) {
    private static final double TOLERANCE = 0.005;
    /** Of a window that ends at a fixed time so small a part is left once in a thousand times. */
    private static final long HARDLY_EVER = 1_000;

    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long MILLI_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** How far the time may be off. */
    public long roundingNanos() {
        return nanos > 0 && nanos % SECOND_NANOS == 0 ? SECOND_NANOS : MILLI_NANOS;
    }

    /** Whether a bucket of this window, a unit of which may have flowed back in part, shows this. */
    public boolean fits(long windowNanos) {
        return nanos >= leastNanos(windowNanos) * (1 - TOLERANCE) - roundingNanos()
                && nanos <= perUnit(windowNanos) * used * (1 + TOLERANCE) + roundingNanos();
    }

    /** Whether a bucket of this window that was full just before shows this, to the millisecond. */
    public boolean fitsExactly(long windowNanos) {
        double expected = perUnit(windowNanos) * used;
        return nanos >= expected * (1 - TOLERANCE) - MILLI_NANOS && nanos <= expected * (1 + TOLERANCE);
    }

    /** Whether it is longer than a bucket of this window could ever need. */
    public boolean tooLongFor(long windowNanos) {
        return nanos > 2 * perUnit(windowNanos) * used + roundingNanos();
    }

    /** Whether neither a bucket of this window shows this, since it is too short, nor one that ends at a fixed time. */
    public boolean tooShortFor(long windowNanos) {
        return nanos > 0 && nanos < leastNanos(windowNanos) / 2 && nanos <= mostOfAnEnd(windowNanos);
    }

    /** The last part of a window that ends at a fixed time, in which {@link #tooShortFor} is not to be trusted for good. */
    public static long mostOfAnEnd(long windowNanos) {
        return windowNanos / HARDLY_EVER;
    }

    /** One unit is in use whole, that of the request which was answered. */
    private double leastNanos(long windowNanos) {
        return perUnit(windowNanos) * Math.max(1, used - 1);
    }

    private double perUnit(long windowNanos) {
        return (double) windowNanos / amount;
    }
}
