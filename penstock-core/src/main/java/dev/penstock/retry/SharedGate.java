package dev.penstock.retry;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Closes for all calls when one is throttled, so that a refusal stops everybody once instead of each by itself. When the
 * time is over it opens by steps: one call first, a second later two, then four, until all may pass.
 *
 * <p>Time is an argument: monotonic nanoseconds. Safe for use by several threads.
 */
public final class SharedGate {
    private static final long STEP_NANOS = 1_000_000_000L;
    /** By then a million calls have passed. */
    private static final int STEPS = 20;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock; read without it to see that the gate has never been closed.
    private volatile boolean closed;
    // Guarded by lock.
    private long opensAt;
    private long closing;
    private long handedOut;

    /** The place of a call in the order of passing. */
    record Ticket(long closing, long passesAt) {}

    /**
     * A call was throttled.
     *
     * @param time after which the quota has room, from now on. A time that ends earlier than one before changes nothing
     */
    public void throttled(Duration time, long nowNanos) {
        long nanos = Math.clamp(TimeUnit.NANOSECONDS.convert(time), 0, Long.MAX_VALUE / 2);
        lock.lock();
        try {
            if (!closed || nowNanos + nanos - opensAt > 0) {
                closed = true;
                opensAt = nowNanos + nanos;
                closing++;
                handedOut = 0;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether all may pass without asking for a place. */
    boolean isOpen() {
        return !closed;
    }

    /** Takes a place, or keeps the one that the call has; null where all may pass. */
    @Nullable
    Ticket ask(@Nullable Ticket held, long nowNanos) {
        if (!closed) {
            return null;
        }
        lock.lock();
        try {
            if (nowNanos - opensAt >= STEPS * STEP_NANOS) {
                closed = false;
                return null;
            }
            if (held != null && held.closing == closing) {
                return held;
            }
            handedOut++;
            int step = 63 - Long.numberOfLeadingZeros(handedOut);
            return new Ticket(closing, opensAt + step * STEP_NANOS);
        } finally {
            lock.unlock();
        }
    }

    Duration closedFor(@Nullable Ticket ticket, long nowNanos) {
        return ticket == null ? Duration.ZERO : Duration.ofNanos(Math.max(0, ticket.passesAt - nowNanos));
    }
}
