package dev.penstock.quota;

import java.util.concurrent.TimeUnit;

/**
 * Requests and tokens of the last minute, second by second, for people and metrics. Time is an argument: monotonic
 * nanoseconds. Not safe for use by several threads.
 */
public final class RecentUse {
    private static final int SECONDS = 60;

    private final long startNanos;
    private final long[] requests = new long[SECONDS];
    private final long[] tokens = new long[SECONDS];
    private long newest;
    private long allRequests;
    private long allTokens;

    /** Counts from now on. */
    public RecentUse(long startNanos) {
        this.startNanos = startNanos;
    }

    /** A request of so many tokens was sent. */
    public void sent(long newTokens, long now) {
        moveTo(now);
        int slot = (int) (newest % SECONDS);
        requests[slot]++;
        tokens[slot] += newTokens;
        allRequests++;
        allTokens += newTokens;
    }

    /** Requests of the last minute. */
    public long requests(long now) {
        moveTo(now);
        return sum(requests);
    }

    /** Tokens of the last minute. */
    public long tokens(long now) {
        moveTo(now);
        return sum(tokens);
    }

    /** Requests since the beginning. */
    public long allRequests() {
        return allRequests;
    }

    /** Tokens since the beginning. */
    public long allTokens() {
        return allTokens;
    }

    private void moveTo(long now) {
        long second = Math.max(newest, TimeUnit.NANOSECONDS.toSeconds(now - startNanos));
        for (long next = Math.max(newest + 1, second - SECONDS + 1); next <= second; next++) {
            requests[(int) (next % SECONDS)] = 0;
            tokens[(int) (next % SECONDS)] = 0;
        }
        newest = second;
    }

    private static long sum(long[] values) {
        long sum = 0;
        for (long value : values) {
            sum += value;
        }
        return sum;
    }
}
