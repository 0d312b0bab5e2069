package dev.penstock.emulator;

import java.time.Duration;
import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * How long a batch takes: a time of its own, and time for its rows. Rows get done evenly over the sum. Before it comes the
 * validation, a fortieth of the own time and at most 3 s, and after it the finalizing, a sixtieth and at most 2 s; a batch
 * of nine rows was seen to take 3 s, 128 s and 2 s. Immutable and thread-safe.
 *
 * @param own drawn once for each batch; output tokens count as 0
 * @param rowsPerSecond more than 0; infinite when rows take no time
 */
public record BatchPace(Latency own, double rowsPerSecond) {
    private static final long MOST_VALIDATING_NANOS = Duration.ofSeconds(3).toNanos();
    private static final long MOST_FINALIZING_NANOS = Duration.ofSeconds(2).toNanos();

    /** How long rows that were begun may take after a cancel, as the vendor documents. */
    private static final long MOST_CANCELLING_NANOS = Duration.ofMinutes(10).toNanos();

    /** Longer than any window; small enough that times can be added. */
    private static final long MOST_NANOS = Duration.ofDays(3_650).toNanos();

    public BatchPace {
        if (!(rowsPerSecond > 0)) {
            throw new IllegalArgumentException(
                    "a batch does " + rowsPerSecond + " rows a second; it must be more than 0, for example 100");
        }
    }

    /** Batches are done at once. */
    public static BatchPace none() {
        return new BatchPace(Latency.zero(), Double.POSITIVE_INFINITY);
    }

    /**
     * Reads a {@link Latency}, and a rate after a plus sign: {@code 2m}, {@code 1m..10m}, {@code lognormal:2m,0.5+500/s}.
     *
     * @throws IllegalArgumentException when it is none of these
     */
    public static BatchPace parse(String text) {
        String spec = text.strip().toLowerCase(Locale.ROOT);
        int plus = spec.lastIndexOf('+');
        if (plus < 0) {
            return new BatchPace(Latency.parse(spec), Double.POSITIVE_INFINITY);
        }
        String rate = spec.substring(plus + 1).strip();
        double rows = 0;
        if (rate.endsWith("/s")) {
            try {
                rows = Double.parseDouble(rate.substring(0, rate.length() - "/s".length()));
            } catch (NumberFormatException e) {
                rows = 0;
            }
        }
        if (!(rows > 0)) {
            throw new IllegalArgumentException("the pace of batches is '" + text
                    + "'; it must be a latency, and if rows take time a rate after a plus sign, for example 2m+500/s");
        }
        return new BatchPace(Latency.parse(spec.substring(0, plus)), rows);
    }

    /** The own time of one batch. */
    long ownNanos(RandomGenerator random) {
        return Math.clamp(own.totalNanos(0, random), 0, MOST_NANOS);
    }

    static long validatingNanos(long ownNanos) {
        return Math.min(MOST_VALIDATING_NANOS, ownNanos / 40);
    }

    static long finalizingNanos(long ownNanos) {
        return Math.min(MOST_FINALIZING_NANOS, ownNanos / 60);
    }

    static long cancellingNanos(long ownNanos) {
        return Math.min(MOST_CANCELLING_NANOS, ownNanos / 10);
    }

    /** From the end of the validation to the last row. */
    long runningNanos(long ownNanos, long rows) {
        return ownNanos + (long) Math.min(MOST_NANOS, rows / rowsPerSecond * 1e9);
    }
}
