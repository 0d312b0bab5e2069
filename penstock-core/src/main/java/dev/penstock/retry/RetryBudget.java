package dev.penstock.retry;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Bounds retries to a part of the requests, so that retrying does not make an outage worse. Every request deposits
 * {@link Settings#perRequest} of a retry, every retry withdraws one, and both are forgotten after the window; a constant
 * {@link Settings#perSecond} is there beside it, so that few requests may still be retried.
 *
 * <p>For faults only. A refusal for quota is answered by waiting for quota, not by this budget.
 *
 * <p>Source: the retry budget of <a href="https://twitter.github.io/finagle/guide/Clients.html">Finagle</a>. Requests
 * count when they are sent, since a long call would otherwise look like a failure until it ends. Time is an argument:
 * monotonic nanoseconds. Safe for use by several threads.
 */
public final class RetryBudget {
    private static final long ONE_RETRY = 1_000_000;
    private static final int SLICES = 10;

    private final ReentrantLock lock = new ReentrantLock();
    private final long startNanos;
    private final long sliceNanos;
    private final long deposit;
    private final long reserve;

    // Guarded by lock. Deposits less withdrawals of the last SLICES slices of the window, in millionths of a retry.
    private final long[] slices = new long[SLICES];
    private long newestSlice;

    /**
     * @param nowNanos monotonic time from which slices are counted
     */
    public RetryBudget(Settings settings, long nowNanos) {
        startNanos = nowNanos;
        sliceNanos = settings.window().toNanos() / SLICES;
        deposit = Math.round(settings.perRequest() * ONE_RETRY);
        reserve = Math.round(settings.perSecond() * (settings.window().toNanos() / 1e9) * ONE_RETRY);
    }

    /** A request is sent for the first time. */
    public void requestSent(long nowNanos) {
        lock.lock();
        try {
            moveTo(nowNanos);
            slices[index(newestSlice)] += deposit;
        } finally {
            lock.unlock();
        }
    }

    /** Takes one retry if the budget has one. */
    public boolean tryRetry(long nowNanos) {
        lock.lock();
        try {
            moveTo(nowNanos);
            if (sum(0) < ONE_RETRY) {
                return false;
            }
            slices[index(newestSlice)] -= ONE_RETRY;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Whole retries that the budget has now. */
    public long balance(long nowNanos) {
        lock.lock();
        try {
            moveTo(nowNanos);
            return Math.max(0, sum(0) / ONE_RETRY);
        } finally {
            lock.unlock();
        }
    }

    /**
     * When to ask again: the time until the budget has a retry by forgetting old ones, if no request is sent and no
     * other retry is taken; 0 when it has one now, and the whole window when only new requests can help.
     */
    public long waitNanos(long nowNanos) {
        lock.lock();
        try {
            moveTo(nowNanos);
            if (sum(0) >= ONE_RETRY) {
                return 0;
            }
            for (int forgotten = 1; forgotten <= SLICES; forgotten++) {
                if (sum(forgotten) >= ONE_RETRY) {
                    return startNanos + (newestSlice + forgotten) * sliceNanos - nowNanos;
                }
            }
            return sliceNanos * SLICES;
        } finally {
            lock.unlock();
        }
    }

    private void moveTo(long nowNanos) {
        long slice = Math.floorDiv(nowNanos - startNanos, sliceNanos);
        long passed = Math.min(SLICES, slice - newestSlice);
        for (long i = 1; i <= passed; i++) {
            slices[index(slice - passed + i)] = 0;
        }
        newestSlice = Math.max(newestSlice, slice);
    }

    // What is there after the oldest slices are forgotten too.
    private long sum(int forgotten) {
        long sum = reserve;
        for (int i = forgotten; i < SLICES; i++) {
            sum += slices[index(newestSlice + 1 + i)];
        }
        return sum;
    }

    private static int index(long slice) {
        return (int) Math.floorMod(slice, (long) SLICES);
    }

    /**
     * How much may be retried.
     *
     * @param perRequest retries for each request sent; 0 to 1,000
     * @param perSecond retries beside that, for each second of the window; 0 or more
     * @param window how long requests and retries are remembered; 1 s to 1 h, and at least the 99th percentile of the
     *     latency, else the requests whose failures are still to come are forgotten already
     */
    public record Settings(double perRequest, double perSecond, Duration window) {
        private static final Duration SHORTEST = Duration.ofSeconds(1);
        private static final Duration LONGEST = Duration.ofHours(1);

        /** 20 % of requests and one a second, over 10 s. */
        public static final Settings DEFAULT = new Settings(0.2, 1, Duration.ofSeconds(10));

        public Settings {
            if (!(perRequest >= 0 && perRequest <= 1_000) || !(perSecond >= 0 && perSecond <= 1e6)) {
                throw new IllegalArgumentException("retry budget is " + perRequest + " per request and " + perSecond
                        + " per second; the first must be 0 to 1000, the second 0 to 1000000");
            }
            if (window.compareTo(SHORTEST) < 0 || window.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException("window of the retry budget is " + window
                        + "; it must be between 1 s and 1 h, and at least as long as slow calls take");
            }
        }

        /** These settings with a window of at least this latency, within the bounds of a window. */
        public Settings coveringLatency(Duration latency) {
            Duration bounded = latency.compareTo(LONGEST) > 0 ? LONGEST : latency;
            return bounded.compareTo(window) > 0 ? new Settings(perRequest, perSecond, bounded) : this;
        }
    }
}
