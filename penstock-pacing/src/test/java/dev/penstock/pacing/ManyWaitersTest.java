package dev.penstock.pacing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ten thousand virtual threads that wait for one quota: counted, not timed. */
@Timeout(120)
final class ManyWaitersTest {
    private static final int THREADS = 10_000;
    private static final Ask ASK = Ask.request("gpt-4o-mini");

    @Test
    void eachIsWokenOnceInTheOrderOfTheQueue() throws InterruptedException {
        Dimension window = new Dimension(Scope.ORGANIZATION, Unit.REQUESTS, Duration.ofMillis(20));
        Penstock penstock = Penstock.builder()
                .capsAreAll()
                .cap(new Limit(window, 100))
                .concurrency(1)
                .maxWaiting(THREADS)
                .build();
        Grant blocking = penstock.acquire(ASK);
        ConcurrentHashMap<Long, Integer> placeBySequence = new ConcurrentHashMap<>();
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger mostInside = new AtomicInteger();
        List<Thread> threads = new ArrayList<>(THREADS);
        for (int i = 0; i < THREADS; i++) {
            int place = i;
            threads.add(Thread.ofVirtual().start(() -> {
                // Each has more patience than the one before, which is how a tenant's requests are ordered.
                try (Grant grant = penstock.acquire(ASK, Duration.ofMinutes(10).plusSeconds(place))) {
                    mostInside.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    placeBySequence.put(grant.sequence(), place);
                    inside.decrementAndGet();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (penstock.snapshot().waiting() < THREADS && System.nanoTime() - deadline < 0) {
            Thread.onSpinWait();
        }
        assertThat(penstock.snapshot().waiting()).isEqualTo(THREADS);

        blocking.answered();
        for (Thread thread : threads) {
            assertThat(thread.join(Duration.ofSeconds(60))).isTrue();
        }

        PenstockSnapshot end = penstock.snapshot();
        assertThat(end.granted()).isEqualTo(THREADS + 1);
        assertThat((double) end.wakeUps() / end.granted()).isLessThanOrEqualTo(1.1);
        assertThat((double) end.timerRuns() / end.granted()).isLessThanOrEqualTo(1.1);
        assertThat(mostInside).hasValue(1);
        for (int i = 0; i < THREADS; i++) {
            assertThat(placeBySequence).containsEntry(i + 2L, i);
        }
        assertThat(end.running()).isZero();
        assertThat(end.leaked()).isZero();
    }

    @Test
    void allOfThemLeaveWhenInterrupted() throws InterruptedException {
        Penstock penstock = Penstock.builder()
                .capsAreAll()
                .concurrency(1)
                .maxWaiting(THREADS)
                .build();
        Grant blocking = penstock.acquire(ASK);
        AtomicInteger interrupted = new AtomicInteger();
        List<Thread> threads = new ArrayList<>(THREADS);
        for (int i = 0; i < THREADS; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    penstock.acquire(ASK).answered();
                } catch (InterruptedException e) {
                    interrupted.incrementAndGet();
                }
            }));
        }

        threads.forEach(Thread::interrupt);
        for (Thread thread : threads) {
            assertThat(thread.join(Duration.ofSeconds(60))).isTrue();
        }

        assertThat(interrupted).hasValue(THREADS);
        assertThat(penstock.snapshot().waiting()).isZero();
        blocking.answered();
        assertThat(penstock.snapshot().granted()).isEqualTo(1);
    }
}
