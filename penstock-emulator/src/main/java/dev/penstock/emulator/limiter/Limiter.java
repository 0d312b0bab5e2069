package dev.penstock.emulator.limiter;

import dev.penstock.limit.Limit;
import java.time.Duration;

/**
 * One enforced limit as the provider's side sees it. Amounts are whole units of the limit's dimension; times are
 * monotonic nanoseconds with any origin, compared by {@code a - b < 0}. A time before one that was seen already counts
 * as that later time.
 *
 * <p>Not safe for use by several threads: one owner asks and takes.
 */
public sealed interface Limiter permits Bucket, SlidingWindow, FixedWindow {
    /** What is enforced. */
    Limit limit();

    /** Whether {@code amount} could be taken now. False for more than the limit's amount, whatever is left. */
    boolean fits(long amount, long nowNanos);

    /** Whether {@code amount} can ever be taken. */
    default boolean everFits(long amount) {
        return amount <= limit().amount();
    }

    /** Takes {@code amount}, whether or not it fits; what does not fit becomes debt. */
    void take(long amount, long nowNanos);

    /**
     * Returns part of what was taken. What the shape has already forgotten (a window that is over, a bucket that is
     * full again) is not returned.
     *
     * @param takenAtNanos when it was taken
     */
    void giveBack(long amount, long takenAtNanos, long nowNanos);

    /** Whole units in use, as a provider's refusal states them. */
    long used(long nowNanos);

    /** Whole units left, as a provider's headers state them; negative in debt. */
    long remaining(long nowNanos);

    /** The least number of nanoseconds after which {@code amount} fits; {@link Long#MAX_VALUE} when it never does. */
    long nanosUntilFits(long amount, long nowNanos);

    /** The wait that a refusal of {@code amount} states; whole milliseconds, so it can be short by less than one. */
    Duration statedWait(long amount, long nowNanos);

    /** The time until nothing is in use any more, as the reset headers state it, in whole milliseconds. */
    Duration statedReset(long nowNanos);
}
