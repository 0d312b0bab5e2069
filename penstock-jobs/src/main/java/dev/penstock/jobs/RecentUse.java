package dev.penstock.jobs;

import java.util.concurrent.TimeUnit;

/** Requests and tokens of the last minute, second by second. Owned by one thread. */
final class RecentUse {
    private static final int SECONDS = 60;

    private final long startNanos;
    private final long[] requests = new long[SECONDS];
    private final long[] tokens = new long[SECONDS];
    private long newest;
    private long allRequests;
    private long allTokens;

    RecentUse(long startNanos) {
        this.startNanos = startNanos;
    }

    void sent(long newTokens, long now) {
        moveTo(now);
        int slot = (int) (newest % SECONDS);
        requests[slot]++;
        tokens[slot] += newTokens;
        allRequests++;
        allTokens += newTokens;
    }

    long requests(long now) {
        moveTo(now);
        return sum(requests);
    }

    long tokens(long now) {
        moveTo(now);
        return sum(tokens);
    }

    long allRequests() {
        return allRequests;
    }

    long allTokens() {
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
