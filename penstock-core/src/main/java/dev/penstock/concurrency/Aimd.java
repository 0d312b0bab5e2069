package dev.penstock.concurrency;

import java.time.Duration;

/**
 * Additive increase, multiplicative decrease on losses: the default. Each success adds 1/limit, so that a full round of
 * calls adds one; an overload multiplies what was in flight, or half the limit if that is more, by {@link Settings#decreaseFactor}. Until the first overload,
 * and after one up to nearly where it happened, each success adds 1, which doubles the limit per round (slow start): one
 * failed call among thousands that take twenty seconds each must not cost minutes.
 *
 * <p>The limit grows only while at least half of it is in use, since an idle limit proves nothing. One overload of the
 * provider refuses every call in flight, so the limit falls at most once per {@link Settings#shortestDecreaseInterval}
 * or per median latency, whichever is longer.
 *
 * <p>Source: D.-M. Chiu and R. Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in
 * Computer Networks" (1989); slow start as in RFC 5681. Not safe for use by several threads.
 */
public final class Aimd implements ConcurrencyAlgorithm {
    // Sums of 1/limit end a rounding error below the whole number that they stand for.
    private static final double ROUNDING = 1e-6;
    private static final double NEARLY = 0.95;

    private final Settings settings;
    private final RecentLatencies latencies = new RecentLatencies();
    private double limit;
    /** Up to here growth is fast. */
    private double knownGood;

    private boolean overloadSeen;
    private long lastDecreaseNanos;

    /** Starts at {@link Settings#initial}. */
    public Aimd(Settings settings) {
        this.settings = settings;
        this.limit = settings.initial();
        this.knownGood = settings.max();
    }

    @Override
    public int limit() {
        return (int) (limit + ROUNDING);
    }

    @Override
    public void succeeded(int inFlight, long latencyNanos, long nowNanos) {
        latencies.add(latencyNanos);
        if (inFlight * 2L >= limit()) {
            limit = Math.min(settings.max(), limit + (limit + 1 <= knownGood ? 1.0 : 1.0 / limit()));
        }
    }

    @Override
    public void overloaded(int inFlight, long nowNanos) {
        long interval = Math.max(settings.shortestDecreaseInterval().toNanos(), latencies.median());
        if (overloadSeen && nowNanos - lastDecreaseNanos < interval) {
            return;
        }
        overloadSeen = true;
        lastDecreaseNanos = nowNanos;
        // A limit that was far from being used gives way in a few steps, but one unlucky call does not end it.
        double busy = Math.min(limit, Math.max(inFlight, limit / 2));
        knownGood = busy * NEARLY;
        limit = Math.max(settings.min(), busy * settings.decreaseFactor());
    }

    @Override
    public void raiseTo(int limit) {
        int allowed = Math.min(limit, settings.max());
        knownGood = Math.max(knownGood, allowed);
        if (!overloadSeen) {
            this.limit = Math.max(this.limit, allowed);
        }
    }

    /**
     * How the limit moves.
     *
     * @param initial calls in flight at the start; between min and max
     * @param min never fewer; at least 1
     * @param max never more; at least min
     * @param decreaseFactor what an overload multiplies the limit by; between 0 and 1, both excluded
     * @param shortestDecreaseInterval the limit falls at most once in this time; zero or longer
     */
    public record Settings(int initial, int min, int max, double decreaseFactor, Duration shortestDecreaseInterval) {
        /** 16 at the start, at least 1, at most 2,000, times 0.7 on overload, at most once a second. */
        public static final Settings DEFAULT = new Settings(16, 1, 2_000, 0.7, Duration.ofSeconds(1));

        public Settings {
            if (min < 1 || max < min || initial < min || initial > max) {
                throw new IllegalArgumentException("concurrency is initial " + initial + ", min " + min + ", max " + max
                        + "; it must be 1 <= min <= initial <= max");
            }
            if (!(decreaseFactor > 0 && decreaseFactor < 1)) {
                throw new IllegalArgumentException(
                        "decrease factor is " + decreaseFactor + "; it must lie between 0 and 1, for example 0.7");
            }
            if (shortestDecreaseInterval.isNegative()) {
                throw new IllegalArgumentException(
                        "shortest decrease interval is " + shortestDecreaseInterval + "; it must not be negative");
            }
        }

        /** Always this many calls, whatever happens to them. */
        public static Settings fixed(int limit) {
            return new Settings(limit, limit, limit, DEFAULT.decreaseFactor, DEFAULT.shortestDecreaseInterval);
        }

        /** These settings with a cap, for a limit on concurrency that the user or the provider states. */
        public Settings atMost(int cap) {
            int newMax = Math.min(max, cap);
            return new Settings(
                    Math.min(initial, newMax), Math.min(min, newMax), newMax, decreaseFactor, shortestDecreaseInterval);
        }
    }
}
