package dev.penstock.time;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;

/**
 * Time that passes only when somebody waits for it or moves it, for tests and simulations: an hour of waiting takes no
 * time, and every run is the same. For one thread.
 *
 * <p>{@link #sleep} moves the time and runs what falls due on the way, in the order of time and of scheduling.
 */
public final class VirtualTime implements TimeSource {
    private final PriorityQueue<Scheduled> scheduled = new PriorityQueue<>(
            Comparator.comparingLong((Scheduled task) -> task.afterNanos).thenComparingLong(task -> task.sequence));
    private final long startNanos;
    private long passedNanos;
    private long sequence;

    /** Starts shortly before monotonic time wraps around, so that comparisons that are wrong there are found. */
    public VirtualTime() {
        this(Long.MAX_VALUE - 1_500_000_000L);
    }

    /**
     * @param startNanos what {@link #nanos} says at first
     */
    public VirtualTime(long startNanos) {
        this.startNanos = startNanos;
    }

    @Override
    public long nanos() {
        return startNanos + passedNanos;
    }

    /** How much time has passed. */
    public Duration passed() {
        return Duration.ofNanos(passedNanos);
    }

    /** How many tasks are scheduled and neither due nor taken back. */
    public int scheduled() {
        return scheduled.size();
    }

    @Override
    public void sleep(Duration time, CancelSignal wakeUp) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while waiting " + time);
        }
        long until = passedNanos + TimeUnit.NANOSECONDS.convert(time);
        while (!wakeUp.given()) {
            Scheduled next = scheduled.peek();
            if (next == null || next.afterNanos > until) {
                passedNanos = Math.max(passedNanos, until);
                return;
            }
            runNext();
            if (Thread.interrupted()) {
                throw new InterruptedException("interrupted while waiting " + time);
            }
        }
    }

    /** Moves the time and runs what falls due on the way. */
    public void advance(Duration time) {
        long until = passedNanos + TimeUnit.NANOSECONDS.convert(time);
        if (until < passedNanos) {
            throw new IllegalArgumentException("time is to advance by " + time + "; it cannot go back");
        }
        while (true) {
            Scheduled next = scheduled.peek();
            if (next == null || next.afterNanos > until) {
                passedNanos = until;
                return;
            }
            runNext();
        }
    }

    /**
     * Runs scheduled tasks, and what they schedule, until nothing is left.
     *
     * @param most how many at most
     * @throws IllegalStateException if more than that want to run, which most likely is an endless loop
     */
    public void runAll(int most) {
        for (int i = 0; i < most && !scheduled.isEmpty(); i++) {
            runNext();
        }
        if (!scheduled.isEmpty()) {
            throw new IllegalStateException("after " + most + " tasks " + scheduled.size()
                    + " are still scheduled; allow more, or find out what never ends");
        }
    }

    @Override
    public Runnable schedule(Duration delay, Runnable task) {
        long after = passedNanos + Math.max(0, TimeUnit.NANOSECONDS.convert(delay));
        var entry = new Scheduled(after, sequence++, task);
        scheduled.add(entry);
        return () -> scheduled.remove(entry);
    }

    private void runNext() {
        Scheduled next = scheduled.remove();
        passedNanos = Math.max(passedNanos, next.afterNanos);
        next.task.run();
    }

    private static final class Scheduled {
        private final long afterNanos;
        private final long sequence;
        private final Runnable task;

        Scheduled(long afterNanos, long sequence, Runnable task) {
            this.afterNanos = afterNanos;
            this.sequence = sequence;
            this.task = task;
        }
    }
}
