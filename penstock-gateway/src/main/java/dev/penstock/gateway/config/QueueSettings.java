package dev.penstock.gateway.config;

import java.time.Duration;

/**
 * How much may wait, and for how long.
 *
 * @param maxRequests requests that wait at the same time, over all quotas
 * @param maxBytes bytes of their bodies
 * @param maxBodyBytes the largest body that is held for repeating; a larger one is passed through as it comes
 * @param deadline how long a request waits that does not say it itself
 * @param timeout how long an answer may take once the request was sent
 * @param maxAttempts attempts after faults, the first one included
 */
public record QueueSettings(
        int maxRequests, long maxBytes, int maxBodyBytes, Duration deadline, Duration timeout, int maxAttempts) {
    /** The bounds of what can be asked for, in files and options alike. */
    public static final int MOST_REQUESTS = 1_000_000;

    public static final int MOST_ATTEMPTS = 20;
    public static final Duration SHORTEST = Duration.ofSeconds(1);
    public static final Duration LONGEST = Duration.ofDays(1);

    /** Between two signs of life to a waiting stream. */
    public static final Duration LONGEST_SILENCE = Duration.ofMinutes(5);

    /** The official clients give up after 10 minutes; what waited for 8 has 2 to be answered. */
    public static final QueueSettings DEFAULT =
            new QueueSettings(20_000, 512L << 20, 32 << 20, Duration.ofMinutes(8), Duration.ofMinutes(10), 6);
}
