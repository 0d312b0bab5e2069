package dev.penstock.jobs;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;

/**
 * Times in buckets that widen with the time: 32 to each doubling, so that a quantile is at most 3.2 % too high, in a few
 * kilobytes however many times are added. Owned by one thread.
 */
final class LatencyHistogram {
    private static final int PER_DOUBLING_BITS = 5;
    private static final int PER_DOUBLING = 1 << PER_DOUBLING_BITS;

    private final long[] counts = new long[(Long.SIZE - PER_DOUBLING_BITS) * PER_DOUBLING];
    private long total;

    void add(long nanos) {
        counts[bucket(Math.max(0, TimeUnit.NANOSECONDS.toMicros(nanos)))]++;
        total++;
    }

    /**
     * A time that this share of all times does not exceed; zero if there is none.
     *
     * @param share more than 0, up to 1
     */
    Duration quantile(double share) {
        long rank = (long) Math.ceil(total * share);
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank && seen > 0) {
                return Duration.of(mostMicros(i), ChronoUnit.MICROS);
            }
        }
        return Duration.ZERO;
    }

    private static int bucket(long micros) {
        if (micros < PER_DOUBLING) {
            return (int) micros;
        }
        int doubling = Long.SIZE - 1 - Long.numberOfLeadingZeros(micros) - PER_DOUBLING_BITS;
        return doubling * PER_DOUBLING + (int) (micros >>> doubling);
    }

    private static long mostMicros(int bucket) {
        if (bucket < 2 * PER_DOUBLING) {
            return bucket;
        }
        int doubling = bucket / PER_DOUBLING - 1;
        long sub = bucket - (long) doubling * PER_DOUBLING;
        return ((sub + 1) << doubling) - 1;
    }
}
