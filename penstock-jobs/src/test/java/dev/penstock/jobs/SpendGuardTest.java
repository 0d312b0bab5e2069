package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.jobs.batch.PartCost;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class SpendGuardTest {
    @Test
    void nothingIsSentBeyondTheMarkOnTheDisk() {
        SpendGuard guard = new SpendGuard(1_000, 0, 0);
        assertThat(guard.allows(100)).isTrue();
        assertThat(guard.isMarked(100)).isFalse();

        long mark = guard.nextMark().orElseThrow();
        assertThat(guard.isMarked(100)).isFalse();
        guard.marked(mark, 0);

        assertThat(mark).isEqualTo(200);
        assertThat(guard.isMarked(100)).isTrue();
        guard.setAside(100);
        assertThat(guard.isMarked(100)).isTrue();
        guard.setAside(100);
        assertThat(guard.isMarked(100)).isFalse();
    }

    @Test
    void aMarkThatMayNotBeOnTheDiskYetIsNotReliedOn() {
        SpendGuard guard = new SpendGuard(1_000, 0, 500);
        guard.setAside(100);
        guard.settle(100, 0);

        assertThat(guard.nextMark().orElseThrow()).isEqualTo(510);
        assertThat(guard.isMarked(11)).isFalse();
        assertThat(guard.isMarked(0)).isTrue();
    }

    @Test
    void anAnswerLeavesTheMarkOnlyWhenItIsStored() {
        SpendGuard guard = new SpendGuard(1_000, 0, 0);
        guard.marked(guard.nextMark().orElseThrow(), 0);
        guard.setAside(100);
        guard.settle(100, 40);
        assertThat(guard.lastMark()).hasValue(40);

        guard.marked(guard.nextMark().orElseThrow(), 40);

        assertThat(guard.lastMark()).hasValue(0);
        assertThat(guard.spent()).isEqualTo(40);
    }

    @Test
    void whatIsLostCountsAtItsWorstInTheNextRunToo() {
        SpendGuard guard = new SpendGuard(1_000, 50, 0);
        guard.setAside(100);
        guard.settle(100, 100);
        guard.setAside(70);

        SpendGuard next = new SpendGuard(1_000, 50, guard.lastMark().orElseThrow());

        assertThat(next.spent()).isEqualTo(220);
        assertThat(next.allows(780)).isTrue();
        assertThat(next.allows(781)).isFalse();
    }

    @Test
    void theMarkLeavesNoMoreThanTheBudget() {
        SpendGuard guard = new SpendGuard(1_000, 900, 0);
        assertThat(guard.isMarked(80)).isFalse();
        assertThat(guard.nextMark()).hasValue(100);
    }

    @Test
    void withoutABudgetNothingIsMarked() {
        SpendGuard guard = SpendGuard.unlimited();
        assertThat(guard.isMarked(1_000_000)).isTrue();
        guard.setAside(1_000_000);
        assertThat(guard.nextMark()).isEmpty();
        assertThat(guard.lastMark()).isEmpty();
    }

    @Test
    void batchesAndLiveCallsShareOneBudget() {
        SpendGuard guard = new SpendGuard(1_000, 100, 50, 30, 200);
        assertThat(guard.left()).isEqualTo(620);
        assertThat(guard.hold(600)).isTrue();
        assertThat(guard.allows(21)).isFalse();
        assertThat(guard.mayAllowLater(820)).isTrue();
        guard.setAside(20);
        assertThat(guard.hold(1)).isFalse();

        guard.settle(600, new PartCost(10, 5));
        assertThat(guard.left()).isEqualTo(585);
        assertThat(guard.unsure().orElseThrow()).isEqualByComparingTo("0.0001");
        guard.free(200);
        assertThat(guard.left()).isEqualTo(785);
    }

    @Test
    void whatBatchesHoldNeedsNoMark() {
        SpendGuard guard = new SpendGuard(1_000, 0, 0);
        assertThat(guard.hold(500)).isTrue();
        guard.settle(500, new PartCost(100, 300));
        assertThat(guard.lastMark()).isEmpty();
    }

    @Test
    void whoWaitsHearsWhenABatchLeavesMoney() {
        SpendGuard guard = new SpendGuard(1_000, 0, 0);
        AtomicInteger heard = new AtomicInteger();
        guard.whenBatchesLeaveMoney(heard::incrementAndGet);
        assertThat(guard.hold(1_000)).isTrue();
        guard.free(1_000);
        assertThat(heard).hasValue(1);
    }

    @Test
    void theLastMoneyGoesToALiveCallOrToABatchAndNeverToBoth() throws InterruptedException {
        for (int round = 0; round < 500; round++) {
            SpendGuard guard = new SpendGuard(1_000, 0, 0);
            CyclicBarrier start = new CyclicBarrier(2);
            AtomicInteger taken = new AtomicInteger();
            Thread batch = Thread.ofPlatform().start(() -> {
                await(start);
                taken.addAndGet(guard.hold(600) ? 1 : 0);
            });
            await(start);
            taken.addAndGet(guard.trySetAside(600) ? 1 : 0);
            batch.join();
            assertThat(taken).hasValue(1);
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            int unused = barrier.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }
}
