package dev.penstock.time;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A moment by which something has to be done. One deadline can be handed from call to call, so that the time of the
 * outer one bounds the waits of the inner ones.
 *
 * @param atNanos monotonic time of the {@link Ticker} that it was made with
 */
public record Deadline(long atNanos) {
    private static final long LONGEST_NANOS = Long.MAX_VALUE / 2;

    /**
     * The moment after this time.
     *
     * @param time negative ones are over already; more than 146 years count as 146 years
     */
    public static Deadline after(Duration time, Ticker ticker) {
        long nanos = Math.clamp(TimeUnit.NANOSECONDS.convert(time), -LONGEST_NANOS, LONGEST_NANOS);
        return new Deadline(ticker.nanos() + nanos);
    }

    /** What is left of it; negative when it is over. */
    public Duration left(long nowNanos) {
        return Duration.ofNanos(atNanos - nowNanos);
    }
}
