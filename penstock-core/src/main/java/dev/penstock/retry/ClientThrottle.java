package dev.penstock.retry;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/**
 * Refuses requests before they are sent while a server refuses many: with the probability
 * {@code max(0, (requests - k * accepted) / (requests + padding))} of a window of time. For servers that are worn out by
 * refusing; for quotas there are better means.
 *
 * <p>Source: <a href="https://sre.google/sre-book/handling-overload/">"Handling Overload"</a>, client-side throttling. Time
 * and randomness are arguments: monotonic nanoseconds. Safe for use by several threads.
 */
public final class ClientThrottle {
    private final ReentrantLock lock = new ReentrantLock();
    private final double k;
    private final int padding;
    // Guarded by lock.
    private final RecentSlices requests;
    private final RecentSlices accepted;

    /**
     * @param k requests for each accepted one that are let through; 1 or more, 2 is usual
     * @param padding keeps few requests from being refused; 1 or more
     * @param window how long requests are remembered; 10 ns or more, 30 s is usual
     * @param nowNanos monotonic time from which the window is counted
     */
    public ClientThrottle(double k, int padding, Duration window, long nowNanos) {
        if (!(k >= 1 && k <= 1e6) || padding < 1 || window.compareTo(Duration.ofNanos(RecentSlices.COUNT)) < 0) {
            throw new IllegalArgumentException("the throttle has k " + k + ", padding " + padding + " and window "
                    + window + "; k must be 1 to 1000000, padding at least 1, the window at least 10 ns");
        }
        this.k = k;
        this.padding = padding;
        requests = new RecentSlices(window.toNanos(), nowNanos);
        accepted = new RecentSlices(window.toNanos(), nowNanos);
    }

    /** Whether to refuse a request; one that is refused counts as a request that was not accepted. */
    public boolean refuses(long nowNanos, RandomGenerator random) {
        boolean refused = random.nextDouble() < probability(nowNanos);
        if (refused) {
            settled(false, nowNanos);
        }
        return refused;
    }

    /** The server has accepted a request or refused it. */
    public void settled(boolean served, long nowNanos) {
        lock.lock();
        try {
            requests.add(1, nowNanos);
            accepted.add(served ? 1 : 0, nowNanos);
        } finally {
            lock.unlock();
        }
    }

    /** How likely the next request is refused; 0 to 1. */
    public double probability(long nowNanos) {
        lock.lock();
        try {
            double all = requests.sum(nowNanos);
            double good = accepted.sum(nowNanos);
            return Math.max(0, (all - k * good) / (all + padding));
        } finally {
            lock.unlock();
        }
    }
}
