package dev.penstock.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One policy used by many real threads and timers at once. */
@Timeout(60)
final class RetryStressTest {
    private static Retry quick() {
        return Retry.builder()
                .wait(Wait.fixed(Duration.ofNanos(1_000)))
                .stop(Stop.attempts(3))
                .budget(new RetryBudget(
                        new RetryBudget.Settings(1_000, 1_000, Duration.ofHours(1)),
                        dev.penstock.time.Ticker.system().nanos()))
                .build();
    }

    @Test
    void everyCallOfManyVirtualThreadsIsCountedOnce()
            throws ExecutionException, InterruptedException, TimeoutException {
        Retry retry = quick();
        int calls = 2_000;
        List<Future<Integer>> done = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < calls; i++) {
                int needed = 1 + i % 3;
                done.add(threads.submit(() -> retry.call((Attempt attempt) -> {
                    if (attempt.retryCount() + 1 < needed) {
                        throw new IOException();
                    }
                    return attempt.retryCount();
                })));
            }
            for (int i = 0; i < calls; i++) {
                assertThat(done.get(i).get(50, TimeUnit.SECONDS)).isEqualTo(i % 3);
            }
        }

        RetryStatistics statistics = retry.statistics();
        assertThat(statistics.calls()).isEqualTo(calls);
        assertThat(statistics.succeededAtFirst()).isEqualTo(667);
        assertThat(statistics.attempts()).isEqualTo(667 + 2 * 667 + 3 * 666);
    }

    @Test
    void futuresThatAreCancelledWhileTheyGoOnEndOnceEach()
            throws ExecutionException, InterruptedException, TimeoutException {
        int calls = 500;
        var ends = new CountDownLatch(calls);
        Retry retry = quick().with(b -> b.stop(Stop.attempts(100)).listener(event -> {
            if (event instanceof RetryEvent.Succeeded || event instanceof RetryEvent.GaveUp) {
                ends.countDown();
            }
        }));
        List<CompletableFuture<String>> futures = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            var attempts = new AtomicInteger();
            futures.add(retry.callAsync(() -> attempts.incrementAndGet() < 50
                    ? CompletableFuture.failedFuture(new IOException())
                    : CompletableFuture.completedFuture("done")));
            if (i % 2 == 1) {
                boolean cancelled = futures.get(i - 1).cancel(true);
                assertThat(futures.get(i - 1).isCancelled()).isEqualTo(cancelled);
            }
        }
        int answered = 0;
        for (CompletableFuture<String> future : futures) {
            try {
                assertThat(future.get(50, TimeUnit.SECONDS)).isEqualTo("done");
                answered++;
            } catch (CancellationException e) {
                assertThat(future).isCancelled();
            }
        }

        assertThat(answered).isBetween(calls / 2, calls);
        assertThat(ends.await(50, TimeUnit.SECONDS)).isTrue();
        assertThat(retry.statistics().calls()).isEqualTo(calls);
    }

    @Test
    void aRealInterruptEndsARealWait() throws ExecutionException, InterruptedException, TimeoutException {
        Retry retry = quick().with(b -> b.wait(Wait.fixed(Duration.ofHours(1))));
        var failed = new CountDownLatch(1);
        var ended = new CompletableFuture<Exception>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                retry.run(() -> {
                    failed.countDown();
                    throw new IOException();
                });
            } catch (Exception e) {
                boolean told = ended.complete(Thread.currentThread().isInterrupted() ? e : new FlagLostException(e));
                assertThat(told).isTrue();
            }
        });
        assertThat(failed.await(50, TimeUnit.SECONDS)).isTrue();
        caller.interrupt();

        assertThat(ended.get(50, TimeUnit.SECONDS)).isInstanceOf(CancellationException.class);
    }

    private static final class FlagLostException extends Exception {
        private static final long serialVersionUID = 1;

        FlagLostException(Exception cause) {
            super("the thread is not interrupted any more", cause);
        }
    }
}
