package dev.penstock.time;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The machine's clock. */
final class SystemTime implements TimeSource {
    static final SystemTime SHARED = new SystemTime(() -> Daemon.SCHEDULER, Thread::startVirtualThread);

    private final Ticker ticker = Ticker.system();
    private final Supplier<ScheduledExecutorService> scheduler;
    /** Runs what is due: the one thread of the shared scheduler must not be blocked by anybody's task. */
    private final Executor due;

    SystemTime(Supplier<ScheduledExecutorService> scheduler) {
        this(scheduler, Runnable::run);
    }

    private SystemTime(Supplier<ScheduledExecutorService> scheduler, Executor due) {
        this.scheduler = scheduler;
        this.due = due;
    }

    @Override
    public long nanos() {
        return ticker.nanos();
    }

    @Override
    public void sleep(Duration time, CancelSignal wakeUp) throws InterruptedException {
        boolean given = wakeUp.await(time);
        assert !given || wakeUp.given();
    }

    @Override
    public Runnable schedule(Duration delay, Runnable task) {
        Future<?> scheduled = scheduler
                .get()
                .schedule(() -> due.execute(task), TimeUnit.NANOSECONDS.convert(delay), TimeUnit.NANOSECONDS);
        return () -> scheduled.cancel(false);
    }

    /** Loaded, and its thread started, only by those who schedule. */
    private static final class Daemon {
        static final ScheduledExecutorService SCHEDULER = start();

        private static ScheduledExecutorService start() {
            var executor = new ScheduledThreadPoolExecutor(
                    1, Thread.ofPlatform().name("penstock-time").daemon(true).factory());
            // Else a wait that was cancelled would hold on to its call until it had been due.
            executor.setRemoveOnCancelPolicy(true);
            return executor;
        }
    }
}
