package dev.penstock.time;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Time that passes, and ways to wait for it: everything that moves with time comes from here, so that a test can put
 * {@link VirtualTime} in its place. Implementations say which threads may use them; those made here are safe for all.
 */
public interface TimeSource extends Ticker {
    /**
     * Blocks the calling thread, platform or virtual, for a time, or until the signal is given.
     *
     * @param time zero or less returns at once
     * @throws InterruptedException if the thread is interrupted before or meanwhile
     */
    void sleep(Duration time, CancelSignal wakeUp) throws InterruptedException;

    /**
     * Runs a task after a time.
     *
     * @param task short, and throws nothing
     * @return takes the task back; does nothing once the task has begun
     */
    Runnable schedule(Duration delay, Runnable task);

    /** The machine's clock, with one daemon thread for what is scheduled. The thread starts when it is first needed. */
    static TimeSource system() {
        return SystemTime.SHARED;
    }

    /**
     * The machine's clock, with a scheduler of your own.
     *
     * @param scheduler runs what is scheduled; stays yours to close
     */
    static TimeSource system(ScheduledExecutorService scheduler) {
        return new SystemTime(() -> scheduler);
    }
}
