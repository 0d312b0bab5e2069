package dev.penstock.concurrency;

/**
 * A sending rate found from throttling alone, for a provider that refuses without saying which limit was hit. Unlimited
 * until the first refusal; then a bucket of calls that fills at {@link #ratePerSecond()}.
 *
 * <p>A refusal sets the rate to 0.7 of what was really sent (or of the present rate, if that is lower). From there it
 * follows a cubic of the time t since: {@code 0.4 (t - w)^3 + max}, where max is the rate that was refused and {@code w
 * = cbrt(0.3 max / 0.4)}, so that it comes back quickly, dwells near max and then probes beyond it. Never more than
 * twice the measured rate, never less than one call in two seconds. The measured rate counts half seconds and is
 * smoothed by 0.8.
 *
 * <p>Source: CUBIC, RFC 9438, as applied to request rates by the adaptive mode of the
 * <a href="https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html">AWS SDKs</a>, with their
 * constants. Not safe for use by several threads.
 */
public final class CubicRate {
    private static final double DECREASE = 0.7;
    private static final double SCALE = 0.4;
    private static final double SMOOTHING = 0.8;
    private static final double LEAST_PER_SECOND = 0.5;
    private static final double LEAST_CAPACITY = 1;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final long HALF_SECOND_NANOS = 500_000_000;
    // A bucket that filled for exactly the promised time may end a rounding error short of a whole call.
    private static final double ROUNDING = 1e-6;

    private final long startNanos;
    private boolean limiting;
    private double fillPerSecond = LEAST_PER_SECOND;

    private double measuredPerSecond;
    private long measuredHalfSeconds;
    private long answersSinceMeasured;

    private double refusedPerSecond;
    private double recoverySeconds;
    private long lastRefusalNanos;

    private double capacity = LEAST_CAPACITY;
    private double level;
    private long levelNanos;

    /** Starts without a limit at this monotonic time. */
    public CubicRate(long nowNanos) {
        startNanos = nowNanos;
        lastRefusalNanos = nowNanos;
        levelNanos = nowNanos;
    }

    /** Whether a refusal has been seen, so that the rate holds calls back. */
    public boolean limiting() {
        return limiting;
    }

    /** Calls per second that the bucket fills by; at least 0.5. Without effect until {@link #limiting()}. */
    public double ratePerSecond() {
        return fillPerSecond;
    }

    /** Calls per second that were answered of late, refusals included; 0 in the first half second. */
    public double measuredPerSecond() {
        return measuredPerSecond;
    }

    /** A call was answered, or refused for its rate. */
    public void answered(boolean throttled, long nowNanos) {
        measure(nowNanos);
        double target;
        if (throttled) {
            refusedPerSecond = limiting ? Math.min(measuredPerSecond, fillPerSecond) : measuredPerSecond;
            recoverySeconds = Math.cbrt(refusedPerSecond * (1 - DECREASE) / SCALE);
            lastRefusalNanos = nowNanos;
            limiting = true;
            target = refusedPerSecond * DECREASE;
        } else {
            double t = (nowNanos - lastRefusalNanos) / NANOS_PER_SECOND - recoverySeconds;
            target = SCALE * t * t * t + refusedPerSecond;
        }
        fillTo(nowNanos);
        double rate = Math.min(target, 2 * measuredPerSecond);
        fillPerSecond = Math.max(LEAST_PER_SECOND, rate);
        capacity = Math.max(LEAST_CAPACITY, rate);
        level = Math.min(level, capacity);
    }

    /** Nanoseconds until a call may be sent: 0 for now. Changes nothing. */
    public long waitNanos(long nowNanos) {
        double missing = 1 - levelAt(nowNanos);
        if (!limiting || missing <= ROUNDING) {
            return 0;
        }
        return (long) Math.ceil(missing / fillPerSecond * NANOS_PER_SECOND);
    }

    /** A call is sent. If it did not wait, the bucket goes into debt and later calls wait longer. */
    public void take(long nowNanos) {
        if (limiting) {
            fillTo(nowNanos);
            level -= 1;
        }
    }

    private void measure(long nowNanos) {
        long halfSeconds = Math.floorDiv(nowNanos - startNanos, HALF_SECOND_NANOS);
        answersSinceMeasured++;
        if (halfSeconds > measuredHalfSeconds) {
            double perSecond = 2.0 * answersSinceMeasured / (halfSeconds - measuredHalfSeconds);
            measuredPerSecond = SMOOTHING * perSecond + (1 - SMOOTHING) * measuredPerSecond;
            measuredHalfSeconds = halfSeconds;
            answersSinceMeasured = 0;
        }
    }

    private void fillTo(long nowNanos) {
        level = levelAt(nowNanos);
        if (nowNanos - levelNanos > 0) {
            levelNanos = nowNanos;
        }
    }

    private double levelAt(long nowNanos) {
        long elapsed = Math.max(0, nowNanos - levelNanos);
        return Math.min(capacity, level + elapsed / NANOS_PER_SECOND * fillPerSecond);
    }
}
