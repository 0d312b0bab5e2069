package dev.penstock.concurrency;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.time.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class PermitsTest {
    private static final Ticker TICKER = Ticker.system();
    private static final Duration LONG = Duration.ofSeconds(20);

    private static Permits ofFixed(int limit, int mostWaiters) {
        return new Permits(new Aimd(Aimd.Settings.fixed(limit)), mostWaiters, () -> 0);
    }

    private static void take(Permits permits) {
        assertThat(permits.tryAcquire()).isPresent();
    }

    private static void untilWaiting(Permits permits, int waiting) {
        while (permits.usage().waiting() != waiting) {
            Thread.onSpinWait();
        }
    }

    @Test
    void asManyPermitsAsTheLimit() {
        var permits = ofFixed(2, 0);

        assertThat(permits.tryAcquire()).isPresent();
        assertThat(permits.tryAcquire()).isPresent();
        assertThat(permits.tryAcquire()).isEmpty();
        assertThat(permits.usage()).isEqualTo(new Permits.Usage(2, 2, 0));
    }

    @Test
    void closingTwiceReleasesOnce() {
        var permits = ofFixed(2, 0);
        var permit = permits.tryAcquire().orElseThrow();
        take(permits);

        permit.succeeded();
        permit.close();
        permit.overloaded();

        assertThat(permits.usage().inFlight()).isEqualTo(1);
    }

    @Test
    void c7OnlyOutcomesThatSpeakOfLoadMoveTheLimit() {
        var now = new AtomicLong();
        var settings = new Aimd.Settings(10, 1, 100, 0.5, Duration.ofSeconds(1));
        var permits = new Permits(new Aimd(settings), 0, now::get);
        for (int i = 0; i < 9; i++) {
            take(permits);
        }

        permits.tryAcquire().orElseThrow().succeeded();
        assertThat(permits.usage().limit()).isEqualTo(11);
        permits.tryAcquire().orElseThrow().close();
        assertThat(permits.usage().limit()).isEqualTo(11);
        permits.tryAcquire().orElseThrow().overloaded();

        assertThat(permits.usage().limit()).isEqualTo(5);
    }

    @Test
    void theLatencyRunsFromWhenThePermitWasGiven() {
        var now = new AtomicLong(-1);
        var settings = new Aimd.Settings(100, 1, 100, 0.5, Duration.ofSeconds(1));
        var permits = new Permits(new Aimd(settings), 0, now::get);
        var slow = permits.tryAcquire().orElseThrow();
        now.addAndGet(Duration.ofSeconds(20).toNanos());
        slow.succeeded();

        permits.tryAcquire().orElseThrow().overloaded();
        now.addAndGet(Duration.ofSeconds(19).toNanos());
        permits.tryAcquire().orElseThrow().overloaded();
        assertThat(permits.usage().limit()).isEqualTo(25);
        now.addAndGet(Duration.ofSeconds(1).toNanos());
        permits.tryAcquire().orElseThrow().overloaded();

        assertThat(permits.usage().limit()).isEqualTo(6);
    }

    @Test
    void c4ATimeoutAndAReleaseAtTheSameInstantLoseNoPermit()
            throws BrokenBarrierException, ExecutionException, InterruptedException {
        int limit = 3;
        int threads = 10;
        var permits = ofFixed(limit, threads);
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 10; round++) {
                var held = new ConcurrentLinkedQueue<Permit>();
                for (int i = 0; i < limit; i++) {
                    held.add(permits.tryAcquire().orElseThrow());
                }
                var together = new CyclicBarrier(threads + 1);
                List<Future<Optional<Permit>>> waiters = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    waiters.add(executor.submit(() -> {
                        together.await();
                        return permits.acquire(Duration.ofMillis(3));
                    }));
                }
                together.await();
                long releaseAt = TICKER.nanos() + Duration.ofMillis(3).toNanos();
                while (TICKER.nanos() - releaseAt < 0) {
                    Thread.onSpinWait();
                }
                held.forEach(Permit::close);
                int got = 0;
                for (Future<Optional<Permit>> waiter : waiters) {
                    Optional<Permit> permit = waiter.get();
                    if (permit.isPresent()) {
                        got++;
                        assertThat(permits.usage().inFlight()).isLessThanOrEqualTo(limit);
                        permit.get().close();
                    }
                }

                assertThat(permits.usage())
                        .as("round %d, %d waiters got a permit", round, got)
                        .isEqualTo(new Permits.Usage(limit, 0, 0));
            }
        }
    }

    @Test
    void c5AReleaseWakesTheFirstWaiterAlone() throws ExecutionException, InterruptedException {
        var permits = ofFixed(1, 5);
        var held = permits.tryAcquire().orElseThrow();
        var served = new ConcurrentLinkedQueue<Integer>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Permit>> waiters = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int number = i;
                waiters.add(executor.submit(() -> {
                    Permit permit = permits.acquire(LONG).orElseThrow();
                    served.add(number);
                    return permit;
                }));
                untilWaiting(permits, i + 1);
            }

            held.close();
            Permit first = waiters.get(0).get();
            assertThat(served).containsExactly(0);
            assertThat(permits.usage()).isEqualTo(new Permits.Usage(1, 1, 2));
            first.close();
            waiters.get(1).get().close();
            waiters.get(2).get().close();

            assertThat(served).containsExactly(0, 1, 2);
            assertThat(permits.usage()).isEqualTo(new Permits.Usage(1, 0, 0));
        }
    }

    @Test
    void c5AWaiterIsNotGivenUpBeforeItsTime() throws InterruptedException {
        var permits = ofFixed(1, 1);
        take(permits);

        long start = TICKER.nanos();
        Optional<Permit> late = permits.acquire(Duration.ofMillis(20));
        long waited = TICKER.nanos() - start;

        assertThat(late).isEmpty();
        assertThat(waited).isGreaterThanOrEqualTo(Duration.ofMillis(20).toNanos());
        assertThat(permits.usage()).isEqualTo(new Permits.Usage(1, 1, 0));
    }

    @Test
    void c5AWaiterBeyondTheBoundIsRefusedAtOnce() throws ExecutionException, InterruptedException {
        var permits = ofFixed(1, 1);
        var held = permits.tryAcquire().orElseThrow();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var waiter = executor.submit(() -> permits.acquire(LONG));
            untilWaiting(permits, 1);

            long start = TICKER.nanos();
            assertThat(permits.acquire(LONG)).isEmpty();
            assertThat(TICKER.nanos() - start).isLessThan(LONG.toNanos() / 2);

            held.close();
            waiter.get().orElseThrow().close();
        }
    }

    @Test
    void nobodyPassesAWaiter() throws ExecutionException, InterruptedException {
        var permits = ofFixed(1, 1);
        var held = permits.tryAcquire().orElseThrow();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var waiter = executor.submit(() -> permits.acquire(LONG));
            untilWaiting(permits, 1);

            held.close();

            assertThat(permits.tryAcquire()).isEmpty();
            assertThat(waiter.get()).isPresent();
        }
    }

    @Test
    void aRaisedLimitIsHandedToTheWaiters() throws ExecutionException, InterruptedException {
        var settings = new Aimd.Settings(1, 1, 10, 0.5, Duration.ofSeconds(1));
        var permits = new Permits(new Aimd(settings), 5, () -> 0);
        take(permits);
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            var first = executor.submit(() -> permits.acquire(LONG));
            var second = executor.submit(() -> permits.acquire(LONG));
            untilWaiting(permits, 2);

            permits.raiseTo(3);

            assertThat(first.get()).isPresent();
            assertThat(second.get()).isPresent();
        }
    }

    @Test
    void anInterruptedWaiterHoldsNothing() throws InterruptedException {
        var permits = ofFixed(1, 1);
        var held = permits.tryAcquire().orElseThrow();
        var interrupted = new CountDownLatch(1);
        Thread waiter = Thread.startVirtualThread(() -> {
            try {
                permits.acquire(LONG).ifPresent(Permit::close);
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
        });
        untilWaiting(permits, 1);

        waiter.interrupt();
        interrupted.await();

        assertThat(permits.usage()).isEqualTo(new Permits.Usage(1, 1, 0));
        held.close();
        assertThat(permits.usage().inFlight()).isZero();
    }

    @Test
    void anInterruptAndAReleaseAtTheSameInstantLoseNoPermit() throws InterruptedException {
        var permits = ofFixed(1, 1);
        for (int round = 0; round < 200; round++) {
            var held = permits.tryAcquire().orElseThrow();
            Thread waiter = Thread.startVirtualThread(() -> {
                try {
                    permits.acquire(LONG).ifPresent(Permit::close);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            untilWaiting(permits, 1);
            Thread interrupter = Thread.startVirtualThread(waiter::interrupt);
            held.close();
            interrupter.join();
            waiter.join();

            assertThat(permits.usage()).as("round %d", round).isEqualTo(new Permits.Usage(1, 0, 0));
        }
    }

    @Test
    void aFailingAlgorithmStillReleases() {
        var settings = new Vegas.Settings(5, 10, 1.0, limit -> {
            throw new IllegalStateException("no idea");
        });
        var permits = new Permits(new Vegas(settings), 0, () -> 0);
        var permit = permits.tryAcquire().orElseThrow();

        try {
            permit.overloaded();
        } catch (IllegalStateException e) {
            assertThat(e).hasMessage("no idea");
        }

        assertThat(permits.usage().inFlight()).isZero();
    }
}
