package dev.penstock.retry;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * Exponential backoff with full jitter: retry n waits {@code U(least, clamp(first * 2^(n-1), least, most))}. The draw
 * is made below the cap, never cut by it, so that callers stay spread out however often they have failed.
 *
 * <p>Source: <a href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">"Exponential Backoff
 * and Jitter"</a>, with a least wait as in tenacity's {@code wait_random_exponential(multiplier, min, max)}.
 *
 * @param least no wait is shorter; zero or more
 * @param first the upper bound of the first wait; above zero
 * @param most no wait is longer; above zero and at least least. Durations above 292 years count as 292 years
 */
public record Backoff(Duration least, Duration first, Duration most) {
    /**
     * Between 1 s and 60 s: U(1, 2), U(1, 4), ... U(1, 60). The first bound is 2 s, not 1 s, because U(1, 1) would bring
     * all who failed together back together.
     */
    public static final Backoff DEFAULT =
            new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(60));

    private static final long LEAST_SPREAD_NANOS = 250_000_000L;
    private static final long MOST_SPREAD_NANOS = 5_000_000_000L;

    public Backoff {
        if (least.isNegative() || !first.isPositive() || !most.isPositive() || most.compareTo(least) < 0) {
            throw new IllegalArgumentException("backoff is least " + least + ", first " + first + ", most " + most
                    + "; first and most must be above zero and 0 <= least <= most");
        }
    }

    /**
     * The longest wait before this retry.
     *
     * @param retry 1 for the first retry
     */
    public Duration longest(int retry) {
        return Duration.ofNanos(longestNanos(retry));
    }

    /**
     * The wait before this retry, a pure function of a random number.
     *
     * @param retry 1 for the first retry
     * @param random in [0, 1)
     */
    public Duration delay(int retry, double random) {
        long leastNanos = nanos(least);
        return Duration.ofNanos(leastNanos + share(longestNanos(retry) - leastNanos, random));
    }

    /** The wait before this retry. */
    public Duration delay(int retry, RandomGenerator random) {
        return delay(retry, random.nextDouble());
    }

    /**
     * The wait when the provider named one: never shorter, and longer by {@code U(0, clamp(hint / 10, 250 ms, 5 s))},
     * so that callers who were given the same hint do not return at the same instant.
     *
     * @param hint what the provider said; a negative one counts as zero
     * @param random in [0, 1)
     */
    public static Duration afterHint(Duration hint, double random) {
        long hintNanos = Math.max(0, nanos(hint));
        long spread = Math.clamp(hintNanos / 10, LEAST_SPREAD_NANOS, MOST_SPREAD_NANOS);
        return Duration.ofNanos(hintNanos).plusNanos(share(spread, random));
    }

    /** The wait after a failure: the backoff, or what the provider named with its spread if that is longer. */
    static Duration afterHint(Optional<Duration> hint, Duration backedOff, RandomGenerator random) {
        return hint.isEmpty() ? backedOff : longer(afterHint(hint.get(), random.nextDouble()), backedOff);
    }

    static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    private long longestNanos(int retry) {
        if (retry < 1) {
            throw new IllegalArgumentException("retry is " + retry + "; the first one is 1");
        }
        long firstNanos = nanos(first);
        long mostNanos = nanos(most);
        // The power is never computed where it would exceed the cap.
        int doublings = retry - 1;
        boolean capped = doublings >= Long.SIZE - 1 || firstNanos > mostNanos >> doublings;
        return capped ? mostNanos : Math.max(nanos(least), firstNanos << doublings);
    }

    private static long share(long nanos, double random) {
        // A double holds 53 bits, so the product of a very long time may round up past it.
        return Math.min(nanos, (long) (nanos * random));
    }

    private static long nanos(Duration duration) {
        return TimeUnit.NANOSECONDS.convert(duration);
    }
}
