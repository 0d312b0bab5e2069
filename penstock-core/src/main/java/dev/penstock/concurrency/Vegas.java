package dev.penstock.concurrency;

import java.util.function.DoubleUnaryOperator;

/**
 * Finds the limit from how much slower calls are than the fastest one, before anything is refused. For endpoints whose
 * answers are of uniform size (embeddings, moderation). Not for text generation: its latency follows the length of the
 * output, so a long answer would look like congestion.
 *
 * <p>With limit L, latency rtt and fastest latency rtt0, the queue at the provider is about {@code ceil(L (1 -
 * rtt0/rtt))} calls. Up to log L of them the limit grows by 6 log L; below 3 log L by log L; above 6 log L it shrinks
 * by log L, as it does on overload; in between it stays. Logarithms are decimal and at least 1. The fastest latency is
 * measured anew after every 30 L calls, because the provider's own speed changes.
 *
 * <p>Source: L. Brakmo and L. Peterson, "TCP Vegas" (1995), with the logarithmic thresholds known from
 * <a href="https://github.com/Netflix/concurrency-limits">Netflix concurrency-limits</a>. Not safe for use by several
 * threads.
 */
public final class Vegas implements ConcurrencyAlgorithm {
    private static final int CALLS_PER_LIMIT_BETWEEN_PROBES = 30;

    private final Settings settings;
    private double limit;
    private long fastestNanos;
    private long callsSinceProbe;
    private boolean overloadSeen;

    /** Starts at {@link Settings#initial}. */
    public Vegas(Settings settings) {
        this.settings = settings;
        this.limit = settings.initial();
    }

    @Override
    public int limit() {
        return (int) limit;
    }

    @Override
    public void succeeded(int inFlight, long latencyNanos, long nowNanos) {
        if (latencyNanos <= 0) {
            return;
        }
        callsSinceProbe++;
        if (callsSinceProbe >= CALLS_PER_LIMIT_BETWEEN_PROBES * limit) {
            callsSinceProbe = 0;
            fastestNanos = latencyNanos;
            return;
        }
        if (fastestNanos == 0 || latencyNanos < fastestNanos) {
            fastestNanos = latencyNanos;
            return;
        }
        if (inFlight * 2L < limit) {
            return;
        }
        double log = Math.max(1, Math.log10(limit));
        double queued = Math.ceil(limit * (1 - (double) fastestNanos / latencyNanos));
        if (queued <= log) {
            moveTo(limit + 6 * log);
        } else if (queued < 3 * log) {
            moveTo(limit + log);
        } else if (queued > 6 * log) {
            moveTo(settings.decrease().applyAsDouble(limit));
        }
    }

    @Override
    public void overloaded(int inFlight, long nowNanos) {
        overloadSeen = true;
        moveTo(settings.decrease().applyAsDouble(limit));
    }

    @Override
    public void raiseTo(int limit) {
        if (!overloadSeen) {
            this.limit = Math.max(this.limit, Math.min(limit, settings.max()));
        }
    }

    private void moveTo(double target) {
        double bounded = Math.max(1, Math.min(settings.max(), target));
        limit = (1 - settings.smoothing()) * limit + settings.smoothing() * bounded;
    }

    /**
     * How the limit moves.
     *
     * @param initial calls in flight at the start; between 1 and max
     * @param max never more
     * @param smoothing the weight of a new limit against the present one; above 0, at most 1 (take it as it is)
     * @param decrease the smaller limit for a present one
     */
    public record Settings(int initial, int max, double smoothing, DoubleUnaryOperator decrease) {
        /** 16 at the start, at most 1,000, no smoothing, decrease by the decimal logarithm. */
        public static final Settings DEFAULT =
                new Settings(16, 1_000, 1.0, limit -> limit - Math.max(1, Math.log10(limit)));

        public Settings {
            if (initial < 1 || max < initial) {
                throw new IllegalArgumentException(
                        "concurrency is initial " + initial + ", max " + max + "; it must be 1 <= initial <= max");
            }
            if (!(smoothing > 0 && smoothing <= 1)) {
                throw new IllegalArgumentException(
                        "smoothing is " + smoothing + "; it must be above 0 and at most 1, where 1 means none");
            }
        }
    }
}
