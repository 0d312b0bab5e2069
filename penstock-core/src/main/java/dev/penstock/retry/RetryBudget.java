package dev.penstock.retry;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
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

    private final ReentrantLock lock = new ReentrantLock();
    private final long windowNanos;
    private final long deposit;
    private final long reserve;

    /** Requests of the newest slice that are not in it yet, so that most only count themselves. */
    private final AtomicLong uncollected = new AtomicLong();

    private volatile long newestEndsAt;

    // Guarded by lock. Deposits less withdrawals, in millionths of a retry.
    private final RecentSlices recent;

    /**
     * @param nowNanos monotonic time from which slices are counted
     */
    public RetryBudget(Settings settings, long nowNanos) {
        windowNanos = settings.window().toNanos();
        recent = new RecentSlices(windowNanos, nowNanos);
        newestEndsAt = nowNanos;
        deposit = Math.round(settings.perRequest() * ONE_RETRY);
        reserve = Math.round(settings.perSecond() * (windowNanos / 1e9) * ONE_RETRY);
    }

    /** A request is sent for the first time. */
    public void requestSent(long nowNanos) {
        if (nowNanos - newestEndsAt < 0) {
            uncollected.incrementAndGet();
            return;
        }
        lock.lock();
        try {
            collect();
            recent.add(deposit, nowNanos);
            newestEndsAt = recent.newestEndsAt();
        } finally {
            lock.unlock();
        }
    }

    /** Takes one retry if the budget has one. */
    public boolean tryRetry(long nowNanos) {
        lock.lock();
        try {
            collect();
            if (reserve + recent.sum(nowNanos) < ONE_RETRY) {
                return false;
            }
            recent.add(-ONE_RETRY, nowNanos);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Whole retries that the budget has now. */
    public long balance(long nowNanos) {
        lock.lock();
        try {
            collect();
            return Math.max(0, (reserve + recent.sum(nowNanos)) / ONE_RETRY);
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
            collect();
            for (int forgotten = 0; forgotten <= RecentSlices.COUNT; forgotten++) {
                if (reserve + recent.sumWithout(forgotten, nowNanos) >= ONE_RETRY) {
                    return forgotten == 0 ? 0 : recent.nanosUntilForgotten(forgotten, nowNanos);
                }
            }
            return windowNanos;
        } finally {
            lock.unlock();
        }
    }

    private void collect() {
        recent.addToNewest(uncollected.getAndSet(0) * deposit);
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
