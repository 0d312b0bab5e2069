package dev.penstock.pacing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.penstock.limit.Cost;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import dev.penstock.queue.Priority;
import dev.penstock.quota.BlockedBy;
import dev.penstock.quota.LimitSource;
import dev.penstock.quota.Settlement;
import dev.penstock.time.VirtualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waiting for room, in virtual time where one thread is enough. */
@Timeout(30)
final class PenstockTest {
    private static final Dimension PER_SECOND = new Dimension(Scope.ORGANIZATION, Unit.REQUESTS, Duration.ofSeconds(1));
    private static final Ask ASK = Ask.request("gpt-4o-mini");

    private final VirtualTime time = new VirtualTime();

    /** One request a second, and no burst. */
    private Penstock.Builder onePerSecond() {
        return virtual().cap(new Limit(PER_SECOND, 1));
    }

    private Penstock.Builder virtual() {
        return Penstock.builder().time(time).executor(Runnable::run).capsAreAll();
    }

    @Test
    void aRequestGoesAtOnceWhileThereIsRoom() throws InterruptedException {
        Penstock penstock = onePerSecond().build();

        try (Grant grant = penstock.acquire(ASK)) {
            assertThat(grant.waited()).isZero();
            assertThat(grant.cost()).isEqualTo(new Cost(1, 0, 0));
        }

        assertThat(time.passed()).isZero();
        assertThat(penstock.snapshot().running()).isZero();
    }

    @Test
    void whoComesNextWaitsUntilThereIsRoomAgain() throws InterruptedException {
        Penstock penstock = onePerSecond().build();
        penstock.acquire(ASK).answered();

        Grant second = penstock.acquire(ASK);
        second.answered();

        assertThat(time.passed()).isBetween(Duration.ofMillis(999), Duration.ofMillis(1_010));
        assertThat(second.waited()).isEqualTo(time.passed());
    }

    @Test
    void aRequestThatCannotStartInTimeIsToldAtOnceWhatIsInTheWayAndWhenItIsFree() throws InterruptedException {
        Penstock penstock = onePerSecond().build();
        penstock.acquire(ASK).answered();
        // With less patience it goes first.
        CompletableFuture<Grant> ahead = penstock.acquireAsync(ASK, Duration.ofMillis(1_200));

        TooLateException late =
                catchThrowableOfType(TooLateException.class, () -> penstock.acquire(ASK, Duration.ofMillis(1_500)));

        assertThat(time.passed()).isZero();
        Blocked blocked = late.blocked().orElseThrow();
        assertThat(blocked.by()).isEqualTo(new BlockedBy.ByLimit(PER_SECOND, 1, 1, LimitSource.CAP));
        assertThat(blocked.freeIn().orElseThrow()).isBetween(Duration.ofMillis(1_999), Duration.ofMillis(2_010));
        assertThat(late)
                .hasMessageContaining("1 requests per 1 s (as configured)")
                .hasMessageContaining("may wait 1.5 s");
        assertThat(ahead).isNotDone();
    }

    @Test
    void aRequestLargerThanALimitIsRefusedWhateverItsPatience() {
        Penstock penstock = virtual().tokensPerMinute(200_000).build();

        TooLargeException large = catchThrowableOfType(
                TooLargeException.class, () -> penstock.acquire(Ask.tokens("gpt-4o", 310_000), Duration.ofDays(1)));

        assertThat(large).hasMessageContaining("310,000 tokens").hasMessageContaining("200,000 tokens per minute");
        assertThat(large.blocked().orElseThrow().freeIn()).isEmpty();
        assertThatThrownBy(() -> penstock.tryAcquire(Ask.tokens("gpt-4o", 310_000)))
                .isInstanceOf(TooLargeException.class);
    }

    @Test
    void noMoreWaitThanMay() throws InterruptedException {
        Penstock penstock = onePerSecond().maxWaiting(2).build();
        penstock.acquire(ASK).answered();
        List<CompletableFuture<Grant>> waiting = List.of(penstock.acquireAsync(ASK), penstock.acquireAsync(ASK));

        assertThatThrownBy(() -> penstock.acquire(ASK))
                .isInstanceOf(QueueFullException.class)
                .hasMessageContaining("2 requests wait already")
                .hasMessageContaining("requests per 1 s");
        assertThat(waiting).allMatch(future -> !future.isDone());
        assertThat(penstock.snapshot().waiting()).isEqualTo(2);
    }

    @Test
    void whoseDeadlineComesWhileItWaitsIsRefusedThen() {
        // What is in flight keeps the place, and nobody can tell for how long.
        Penstock penstock = virtual().concurrency(1).build();
        Grant first = penstock.tryAcquire(ASK).orElseThrow();

        TooLateException late =
                catchThrowableOfType(TooLateException.class, () -> penstock.acquire(ASK, Duration.ofSeconds(5)));

        assertThat(time.passed()).isEqualTo(Duration.ofSeconds(5));
        assertThat(late.blocked().orElseThrow().by()).isEqualTo(new BlockedBy.ByConcurrency(1));
        assertThat(late).hasMessageContaining("when another call ends").hasMessageContaining("after 5 s");
        assertThat(penstock.snapshot().waiting()).isZero();
        first.answered();
    }

    @Test
    void urgentBandsGoFirstAndInsideATenantEarlierDeadlines() throws InterruptedException {
        Penstock penstock = onePerSecond().build();
        penstock.acquire(ASK).answered();
        List<String> order = new ArrayList<>();
        note(penstock.acquireAsync(ASK.withPriority(Priority.BULK)), "bulk", order);
        note(penstock.acquireAsync(ASK, Duration.ofMinutes(5)), "late", order);
        note(penstock.acquireAsync(ASK, Duration.ofMinutes(2)), "early", order);
        note(penstock.acquireAsync(ASK.withPriority(Priority.INTERACTIVE)), "interactive", order);

        time.advance(Duration.ofSeconds(10));

        assertThat(order).containsExactly("interactive", "early", "late", "bulk");
    }

    @Test
    void tenantsShareByWeight() throws InterruptedException {
        Penstock penstock = onePerSecond().build();
        penstock.acquire(ASK).answered();
        List<String> order = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            note(penstock.acquireAsync(ASK.withTenant("heavy", 2)), "heavy", order);
        }
        for (int i = 0; i < 30; i++) {
            note(penstock.acquireAsync(ASK.withTenant("light", 1)), "light", order);
        }

        time.advance(Duration.ofMillis(30_500));

        assertThat(order).hasSize(30);
        assertThat(order.stream().filter("heavy"::equals).count()).isBetween(19L, 21L);
    }

    @Test
    void familiesDoNotWaitForEachOther() throws InterruptedException {
        Penstock penstock = onePerSecond().build();
        penstock.acquire(ASK).answered();

        penstock.acquire(Ask.request("gpt-4o")).answered();

        assertThat(time.passed()).isZero();
        assertThat(penstock.tryAcquire(Ask.request("gpt-4o-mini-2024-07-18"))).isEmpty();
    }

    @Test
    void callsInFlightAreCappedOverAllFamiliesAndHandedOnInTurn() {
        Penstock penstock = virtual().concurrency(2).build();
        Grant first = penstock.tryAcquire(Ask.request("a")).orElseThrow();
        Grant second = penstock.tryAcquire(Ask.request("b")).orElseThrow();
        List<String> order = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            note(penstock.acquireAsync(Ask.request("a")), "a", order);
            note(penstock.acquireAsync(Ask.request("c")), "c", order);
        }
        assertThat(order).isEmpty();
        assertThat(penstock.whyBlocked(Ask.request("d")).orElseThrow().by()).isEqualTo(new BlockedBy.ByConcurrency(2));

        first.answered();
        second.answered();

        // Each was ended at once, so that all have gone; c has not been served before.
        assertThat(order).containsExactly("c", "a", "c", "a");
        assertThat(penstock.snapshot().running()).isZero();
    }

    @Test
    void whyARequestWouldWaitIsToldWithoutAsking() throws InterruptedException {
        Penstock penstock = onePerSecond().build();
        assertThat(penstock.whyBlocked(ASK)).isEmpty();
        penstock.acquire(ASK).answered();

        Blocked blocked = penstock.whyBlocked(ASK).orElseThrow();

        assertThat(blocked.by()).isEqualTo(new BlockedBy.ByLimit(PER_SECOND, 1, 1, LimitSource.CAP));
        assertThat(blocked.freeIn().orElseThrow()).isBetween(Duration.ofMillis(999), Duration.ofMillis(1_010));
        assertThat(blocked.explanation()).isEqualTo("the limit of 1 requests per 1 s (as configured), free in 1 s");
        assertThat(penstock.snapshot().granted()).isEqualTo(1);
    }

    @Test
    void whoIsInterruptedWhileItWaitsLeavesTheQueue() throws InterruptedException {
        Penstock penstock = Penstock.builder().capsAreAll().concurrency(1).build();
        Grant first = penstock.acquire(ASK);
        CountDownLatch interrupted = new CountDownLatch(1);
        Thread waiting = Thread.ofVirtual().start(() -> {
            try {
                penstock.acquire(ASK).answered();
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
        });
        awaitWaiting(penstock, 1);

        waiting.interrupt();

        assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(penstock.snapshot().waiting()).isZero();
        first.answered();
        assertThat(penstock.snapshot().running()).isZero();
        assertThat(penstock.snapshot().granted()).isEqualTo(1);
    }

    @Test
    void whoIsInterruptedAlreadyTakesNothing() {
        Penstock penstock = virtual().build();
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> penstock.acquire(ASK)).isInstanceOf(InterruptedException.class);

        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(penstock.snapshot().granted()).isZero();
    }

    @Test
    void aCancelledFutureLeavesTheQueueAndTheNextOneGoes() throws InterruptedException {
        Penstock penstock = onePerSecond().build();
        penstock.acquire(ASK).answered();
        CompletableFuture<Grant> first = penstock.acquireAsync(ASK);
        CompletableFuture<Grant> second = penstock.acquireAsync(ASK);

        assertThat(first.cancel(false)).isTrue();

        assertThat(penstock.snapshot().waiting()).isEqualTo(1);
        time.advance(Duration.ofMillis(1_010));
        assertThat(second).isCompleted();
        second.join().answered();
        assertThat(penstock.snapshot().granted()).isEqualTo(2);
    }

    @Test
    void closingRefusesWhoWaitsAndLetsWhatRunsEnd() throws InterruptedException {
        Penstock penstock = onePerSecond().build();
        Grant running = penstock.acquire(ASK);
        CompletableFuture<Grant> waiting = penstock.acquireAsync(ASK);

        penstock.close();

        assertThat(waiting)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(ClosedException.class);
        assertThatThrownBy(() -> penstock.acquire(ASK)).isInstanceOf(ClosedException.class);
        assertThatThrownBy(() -> penstock.tryAcquire(ASK)).isInstanceOf(ClosedException.class);
        running.answered();
        assertThat(penstock.snapshot().running()).isZero();
        assertThat(time.scheduled()).isZero();
    }

    @Test
    void aGrantEndsOnce() throws InterruptedException {
        List<Settlement> settlements = new ArrayList<>();
        Penstock penstock = virtual().build();
        penstock.listen(new PacingListener() {
            @Override
            public void settled(Ask ask, Settlement settlement, Duration ran) {
                settlements.add(settlement);
            }
        });

        try (Grant grant = penstock.acquire(ASK)) {
            grant.failed();
            grant.answered();
            grant.notSent();
        }

        assertThat(settlements).containsExactly(new Settlement.Failed(List.of(), false));
        assertThat(penstock.snapshot().lanes().getFirst().quota().settledTwice())
                .isZero();
    }

    @Test
    void whatWasNotSentIsGivenBack() throws InterruptedException {
        Penstock penstock = onePerSecond().build();

        penstock.acquire(ASK).notSent();

        assertThat(penstock.tryAcquire(ASK)).isPresent();
    }

    @Test
    void aForgottenGrantIsFoundAndItsPlaceGivenOn() throws InterruptedException {
        CountDownLatch found = new CountDownLatch(1);
        Penstock penstock = Penstock.builder().capsAreAll().concurrency(1).build();
        penstock.listen(new PacingListener() {
            @Override
            public void leaked(Ask ask) {
                found.countDown();
            }
        });
        forget(penstock);
        CompletableFuture<Grant> next = penstock.acquireAsync(ASK);

        boolean told = false;
        for (int i = 0; i < 200 && !told; i++) {
            System.gc();
            told = found.await(50, TimeUnit.MILLISECONDS);
        }

        assertThat(told).isTrue();
        assertThat(next).succeedsWithin(Duration.ofSeconds(10));
        assertThat(penstock.snapshot().leaked()).isEqualTo(1);
        next.join().answered();
    }

    private static void forget(Penstock penstock) throws InterruptedException {
        assertThat(penstock.acquire(ASK).sequence()).isEqualTo(1);
    }

    @Test
    void aCallEndsItsGrantWhetherItReturnsOrThrows() throws InterruptedException {
        List<Settlement> settlements = new ArrayList<>();
        Penstock penstock = virtual().build();
        penstock.listen(new PacingListener() {
            @Override
            public void settled(Ask ask, Settlement settlement, Duration ran) {
                settlements.add(settlement);
            }
        });

        String answer = penstock.call(ASK, grant -> "answer");
        assertThatThrownBy(() -> penstock.call(ASK, grant -> {
                    throw new java.io.IOException("broken");
                }))
                .isInstanceOf(java.io.IOException.class);

        assertThat(answer).isEqualTo("answer");
        assertThat(settlements)
                .containsExactly(new Settlement.Answered(List.of()), new Settlement.Failed(List.of(), false));
        assertThat(penstock.snapshot().running()).isZero();
    }

    @Test
    void anAsynchronousCallEndsItsGrantWhenItsStageDoes() {
        Penstock penstock = virtual().build();
        CompletableFuture<String> stage = new CompletableFuture<>();

        CompletableFuture<String> result = penstock.callAsync(ASK, grant -> stage);
        assertThat(penstock.snapshot().running()).isEqualTo(1);
        stage.complete("answer");

        assertThat(result).isCompletedWithValue("answer");
        assertThat(penstock.snapshot().running()).isZero();
    }

    @Test
    void cancellingAnAsynchronousCallCancelsWhatRunsAndWhatWaits() {
        Penstock penstock = virtual().concurrency(1).build();
        CompletableFuture<String> stage = new CompletableFuture<>();
        CompletableFuture<String> running = penstock.callAsync(ASK, grant -> stage);
        CompletableFuture<String> waiting = penstock.callAsync(ASK, grant -> new CompletableFuture<>());

        assertThat(waiting.cancel(true)).isTrue();
        assertThat(penstock.snapshot().waiting()).isZero();
        assertThat(running.cancel(true)).isTrue();

        assertThat(stage).isCancelled();
        assertThat(penstock.snapshot().running()).isZero();
    }

    @Test
    void aBodyThatThrowsBeforeItsStageFailsTheFuture() {
        Penstock penstock = virtual().build();

        CompletableFuture<String> result = penstock.callAsync(ASK, grant -> {
            throw new IllegalArgumentException("no");
        });

        assertThat(result)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(penstock.snapshot().running()).isZero();
    }

    @Test
    void aListenerThatThrowsChangesNothing() throws InterruptedException {
        Penstock penstock = virtual().build();
        penstock.listen(new PacingListener() {
            @Override
            public void granted(Ask ask, Duration waited) {
                throw new IllegalStateException("listener");
            }
        });

        penstock.acquire(ASK).answered();

        assertThat(penstock.snapshot().running()).isZero();
    }

    @Test
    void anUnknownTierIsRefusedWhenItIsBuilt() {
        assertThatThrownBy(() -> Penstock.builder().tier("tier-99").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("tier-99")
                .hasMessageContaining("penstock tiers");
    }

    @Test
    void aTierIsKnownFromTheFirstRequestOn() {
        Penstock penstock = Penstock.builder()
                .time(time)
                .executor(Runnable::run)
                .tier("tier-1")
                .build();

        assertThatThrownBy(() -> penstock.acquire(Ask.tokens("gpt-4o-mini", 250_000)))
                .isInstanceOf(TooLargeException.class)
                .hasMessageContaining("200,000 tokens per minute");
        assertThat(penstock.snapshot().lane("gpt-4o-mini").orElseThrow().quota().levels())
                .isNotEmpty()
                .allMatch(level -> level.source() == LimitSource.CONFIGURED);
    }

    private static void note(CompletableFuture<Grant> future, String name, List<String> order) {
        CompletableFuture<Grant> noted = future.whenComplete((grant, failure) -> {
            order.add(name);
            grant.answered();
        });
        assertThat(noted).isNotSameAs(future);
    }

    private static void awaitWaiting(Penstock penstock, int waiting) {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (penstock.snapshot().waiting() != waiting && System.nanoTime() - deadline < 0) {
            Thread.onSpinWait();
        }
        assertThat(penstock.snapshot().waiting()).isEqualTo(waiting);
    }
}
