package dev.penstock.jobs.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.jobs.BudgetForTests;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A budget is never exceeded by batches, whatever they cost, whatever fails and whenever the process dies. */
@Timeout(120)
class BatchBudgetLaws {
    private static final int SEEDS = 400;
    /** Lost answers are no wrong address, even right after a death. */
    private static final MachineSettings SETTINGS = new MachineSettings(
            BatchGoal.COMPLETE,
            false,
            false,
            PollPace.DEFAULT,
            Duration.ofSeconds(20),
            Duration.ofDays(7),
            Duration.ofDays(7));

    @Test
    void whatIsSpentAndWhatMayRunNeverExceedTheBudgetAndTheRestIsSentWithMore() {
        int deaths = 0;
        int stops = 0;
        for (int seed = 1; seed <= SEEDS; seed++) {
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            VirtualProvider provider = new VirtualProvider(seed, 20_000);
            provider.faults = 0.1;
            provider.lostAnswers = 0.1;
            provider.queueLimit = random.nextBoolean() ? 7_000 : Long.MAX_VALUE;
            provider.rowsFreedShare = 0.03;
            provider.worstCaseEach = 1_000;
            provider.budget = 1_000L * random.nextInt(20_000) + random.nextInt(1_000);
            BatchMachine machine = provider.run(SETTINGS, 0.05);

            assertThat(provider.mostCharged).as("seed %d", seed).isLessThanOrEqualTo(provider.budget);
            assertThat(provider.ended + provider.freeRows).as("seed %d", seed).isEqualTo(20_000);
            assertThat(provider.uploads).as("seed %d, files", seed).isEmpty();
            if (provider.freeRows > 0) {
                stops++;
                assertThat(machine.stopped().orElseThrow().kind())
                        .as("seed %d", seed)
                        .isEqualTo(BatchStop.Kind.BUDGET);
                assertThat(provider.budget - provider.spent)
                        .as("seed %d, what is left", seed)
                        .isLessThan(provider.worstCaseEach);
            }

            provider.budget = Long.MAX_VALUE / 8;
            assertThat(provider.run(SETTINGS, 0.05).stopped())
                    .as("seed %d", seed)
                    .isEmpty();
            assertThat(provider.ended).as("seed %d", seed).isEqualTo(20_000);
            deaths += provider.died;
        }
        assertThat(stops).isBetween(SEEDS / 10, SEEDS - 1);
        System.out.println(SEEDS + " seeds, " + deaths + " deaths, " + stops + " stops at the budget: exceeded 0");
    }

    @Test
    void aPartIsCutToWhatIsLeftAndTheNextOneToWhatTheFirstDidNotCost() {
        VirtualProvider provider = new VirtualProvider(1, 1_000);
        provider.worstCaseEach = 10;
        provider.budget = 5_000;
        provider.run(SETTINGS, 0);
        assertThat(provider.part(1).size().rows()).isEqualTo(500);
        assertThat(provider.mostCharged).isLessThanOrEqualTo(5_000);
        assertThat(provider.batches.size()).isGreaterThan(2);
    }

    @Test
    void aRowThatIsTooDearAloneStopsTheJobAndNothingIsSent() {
        VirtualProvider provider = new VirtualProvider(1, 100);
        provider.worstCaseEach = 10;
        provider.budget = 9;
        BatchMachine machine = provider.run(SETTINGS, 0);
        assertThat(machine.stopped().orElseThrow().kind()).isEqualTo(BatchStop.Kind.BUDGET);
        assertThat(provider.batches).isEmpty();
        assertThat(provider.count("Upload")).isZero();
        assertThat(provider.freeRows).isEqualTo(100);
    }

    @Test
    void aBudgetThatIsLoweredWhileABatchRunsFetchesItAndSendsNothingMore() {
        VirtualProvider provider = new VirtualProvider(1, 100);
        provider.worstCaseEach = 10;
        provider.budget = 500;
        provider.run(SETTINGS.withGoal(BatchGoal.SUBMIT), 0);
        assertThat(provider.batches).hasSize(1);
        provider.budget = 1;
        BatchMachine machine = provider.run(SETTINGS, 0);
        assertThat(machine.stopped().orElseThrow().kind()).isEqualTo(BatchStop.Kind.BUDGET);
        assertThat(provider.batches).hasSize(1);
        assertThat(provider.ended).isEqualTo(50);
    }

    @Test
    void aPartWaitsForWhatLiveCallsHaveSetAsideAndIsNotGivenUp() {
        VirtualProvider provider = new VirtualProvider(1, 10);
        provider.worstCaseEach = 10;
        provider.budget = 100;
        BatchMachine machine = provider.machine(SETTINGS);
        PartBudget shared = provider.guard;
        long now = provider.now;
        assertThat(machine.next(now, 0)).isInstanceOf(BatchAction.Plan.class);
        assertThat(shared.hold(40)).isTrue(); // live calls on another thread
        machine.planned(
                List.of(Part.planned(new PartSize(1, new PartKey("m", "/v1/responses"), 10, 10, 10, 100))), false, now);
        assertThat(machine.next(now, 0)).isEqualTo(new BatchAction.Wait(OptionalLong.of(now + 1_000_000_000L)));
        shared.free(40);
        assertThat(machine.next(now, 0)).isInstanceOf(BatchAction.Upload.class);
        assertThat(BudgetForTests.left(shared)).isZero();
    }
}
