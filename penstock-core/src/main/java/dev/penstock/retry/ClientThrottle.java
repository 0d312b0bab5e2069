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
    private static final int SLICES = 10;

    private final ReentrantLock lock = new ReentrantLock();
    private final double k;
    private final int padding;
    private final long startNanos;
    private final long sliceNanos;
    // Guarded by lock.
    private final long[] requests = new long[SLICES];
    private final long[] accepted = new long[SLICES];
    private long newestSlice;

    /**
     * @param k requests for each accepted one that are let through; 1 or more, 2 is usual
     * @param padding keeps few requests from being refused; 1 or more
     * @param window how long requests are remembered; 10 ns or more, 30 s is usual
     * @param nowNanos monotonic time from which the window is counted
     */
    public ClientThrottle(double k, int padding, Duration window, long nowNanos) {
        if (!(k >= 1 && k <= 1e6) || padding < 1 || window.compareTo(Duration.ofNanos(SLICES)) < 0) {
            throw new IllegalArgumentException("the throttle has k " + k + ", padding " + padding + " and window "
                    + window + "; k must be 1 to 1000000, padding at least 1, the window at least 10 ns");
        }
        this.k = k;
        this.padding = padding;
        startNanos = nowNanos;
        sliceNanos = window.toNanos() / SLICES;
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
            moveTo(nowNanos);
            int index = (int) Math.floorMod(newestSlice, (long) SLICES);
            requests[index]++;
            accepted[index] += served ? 1 : 0;
        } finally {
            lock.unlock();
        }
    }

    /** How likely the next request is refused; 0 to 1. */
    public double probability(long nowNanos) {
        lock.lock();
        try {
            moveTo(nowNanos);
            double all = 0;
            double good = 0;
            for (int i = 0; i < SLICES; i++) {
                all += requests[i];
                good += accepted[i];
            }
            return Math.max(0, (all - k * good) / (all + padding));
        } finally {
            lock.unlock();
        }
    }

    private void moveTo(long nowNanos) {
        long slice = Math.floorDiv(nowNanos - startNanos, sliceNanos);
        long passed = Math.min(SLICES, slice - newestSlice);
        for (long i = 1; i <= passed; i++) {
            int index = (int) Math.floorMod(slice - passed + i, (long) SLICES);
            requests[index] = 0;
            accepted[index] = 0;
        }
        newestSlice = Math.max(newestSlice, slice);
    }
}
