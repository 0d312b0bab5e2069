package dev.penstock.jobs.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.penstock.jobs.auto.Outlook.Chance;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.TierTable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class JobPlannerTest {
    private static final Duration LATENCY = Duration.ofSeconds(1);
    private final JobPlanner planner = new JobPlanner(TierTable.builtIn(), PriceTable.builtIn());

    @Test
    void requestsBeyondTheFirstMinuteTakeTheirTime() {
        TierPlan tier = tier("1", load("gpt-4o-mini", 1_500, 100, 100));

        // 1,000 of 1,500 at 500 a minute, the first call, and the slowest of the last.
        assertThat(tier.time()).contains(Duration.ofMillis(123_300));
        assertThat(tier.binding()).contains(new Limit(Dimension.REQUESTS_PER_MINUTE, 500));
        assertThat(tier.batchRounds()).contains(1L);
    }

    @Test
    void tokensAreChargedWithTheMaximumOfTheOutput() {
        TierPlan tier = tier("1", load("gpt-4o", 100, 100, 900));

        // (100,000 - 30,000) at 30,000 a minute.
        assertThat(tier.time()).contains(Duration.ofMillis(143_300));
        assertThat(tier.binding()).contains(new Limit(Dimension.TOKENS_PER_MINUTE, 30_000));
    }

    @Test
    void aLimitPerDayIsSpreadOverTheDay() {
        TierPlan tier = tier("1", load("gpt-4o-mini", 15_000, 10, 10));

        assertThat(tier.time().orElseThrow().toSeconds()).isEqualTo(12 * 3_600 + 3);
        assertThat(tier.binding()).contains(new Limit(Dimension.REQUESTS_PER_DAY, 10_000));
    }

    @Test
    void whereNoLimitBindsTheCallsInFlightDo() {
        FamilyLoad load = load("gpt-4o-mini", 1_001, 10, 10);
        LiveForecast forecast = LiveForecast.of(load, List.of(), LATENCY, 10);

        assertThat(forecast.time()).contains(Duration.ofMillis(103_300));
        assertThat(forecast.binding()).isEmpty();
    }

    @Test
    void aLimitOfNothingLetsNothingThrough() {
        Limit none = new Limit(Dimension.REQUESTS_PER_MINUTE, 0);
        LiveForecast forecast = LiveForecast.of(load("gpt-4o", 5, 10, 10), List.of(none), LATENCY, 10);

        assertThat(forecast.time()).isEmpty();
        assertThat(forecast.binding()).contains(none);
    }

    @Test
    void rowsThatCanNeverBeSentTakeNoTime() {
        FamilyLoad load = new FamilyLoad(
                "gpt-4o",
                101,
                1,
                10_100,
                150_000,
                0,
                101,
                0,
                150_000,
                500,
                100_000,
                1,
                1,
                1,
                List.of(),
                List.of(new TooLarge(30_000, 1, List.of(7L), 100_100)));
        TierPlan tier = tier("1", load);

        assertThat(tier.unsent()).isEqualTo(1);
        // 60,000 tokens of the other hundred.
        assertThat(tier.time()).contains(Duration.ofMillis(63_300));
    }

    @Test
    void theMaximumThatCostsNoTimeIsTheOneThatMakesBothLimitsEqual() {
        TierPlan tier = tier("1", load("gpt-4o-mini", 2_000, 100, 4_000));

        // Requests take 180 s, in which 200,000 + 600,000 tokens pass: 400 a row, of which 100 are input.
        MaximumAdvice advice = tier.maximum().orElseThrow();
        assertThat(advice.freeMaximum()).isEqualTo(288);
        assertThat(advice.timeWithFree()).isEqualTo(Duration.ofMillis(183_300));
        assertThat(advice.time()).isGreaterThan(Duration.ofMinutes(39));
        assertThat(advice.ampleMaximum()).isEqualTo(512);
        assertThat(advice.timeWithAmple()).isBetween(Duration.ofMinutes(5), Duration.ofMinutes(6));
    }

    @Test
    void aMaximumThatCostsNothingIsLeftAlone() {
        assertThat(tier("1", load("gpt-4o-mini", 2_000, 100, 200)).maximum()).isEmpty();
    }

    @Test
    void costsAreThoseOfTheTable() {
        JobPlan plan = plan(question(Optional.empty(), Optional.empty()), load("gpt-4o", 1_000, 100, 500));

        ModelCost own = plan.costs().getFirst();
        // 100,000 input tokens at $2.50 and 200,000 output tokens at $10 a million.
        assertThat(own.live()).isEqualByComparingTo("2.25");
        assertThat(own.batch()).isEqualByComparingTo("1.125");
        assertThat(own.mostLive()).isEqualByComparingTo("5.25");
        assertThat(plan.liveDollars()).hasValueSatisfying(sum -> assertThat(sum).isEqualByComparingTo("2.25"));
        assertThat(plan.costs().subList(1, plan.costs().size()))
                .isNotEmpty()
                .allSatisfy(cheaper -> {
                    assertThat(cheaper.asked()).isFalse();
                    assertThat(cheaper.live()).isLessThan(own.live());
                })
                .extracting(ModelCost::family)
                .doesNotContain("gpt-4o", "text-embedding-3-small");
    }

    @Test
    void withoutAPriceNothingIsSaidOfTheSum() {
        JobPlan plan = plan(question(Optional.empty(), Optional.empty()), load("my-model", 1_000, 100, 500));

        assertThat(plan.unpriced()).containsExactly("my-model");
        assertThat(plan.liveDollars()).isEmpty();
        assertThat(plan.tiers()).isEmpty();
    }

    @Test
    void tiersAreShownFromTheSmallest() {
        JobPlan plan = plan(question(Optional.empty(), Optional.empty()), load("gpt-4o", 10, 100, 500));

        assertThat(plan.tiers()).extracting(TierPlan::tier).containsExactly("free", "1", "2", "3", "4", "5");
    }

    @Test
    void familiesWorkSideBySide() {
        JobPlan plan = plan(
                question(Optional.of("1"), Optional.empty()),
                load("gpt-4o-mini", 1_500, 100, 100),
                load("gpt-4o", 100, 100, 900));

        assertThat(plan.tiers().getFirst().time()).contains(Duration.ofMillis(143_300));
        assertThat(plan.tiers().getFirst().bindingFamily()).isEqualTo("gpt-4o");
    }

    @Test
    void aDeadlineThatLiveCallsCanMeetIsSureAndMayCostHalf() {
        JobPlan plan = plan(
                question(Optional.of("1"), Optional.of(Duration.ofHours(6))), load("gpt-4o-mini", 1_500, 100, 100));

        TierPlan.Wish wish = plan.tiers().getFirst().wish().orElseThrow();
        double live = plan.liveDollars().orElseThrow().doubleValue();
        assertThat(wish.chance()).isEqualTo(Chance.SURE);
        assertThat(wish.leastDollars().orElseThrow().doubleValue()).isCloseTo(live / 2, within(1e-9));
        assertThat(wish.mostDollars().orElseThrow().doubleValue()).isCloseTo(live, within(1e-9));
    }

    @Test
    void whereLiveCallsAreTooSlowNobodyKnowsBeforehand() {
        JobPlan plan =
                plan(question(Optional.of("1"), Optional.of(Duration.ofHours(2))), load("gpt-4o-mini", 15_000, 10, 10));

        assertThat(plan.tiers().getFirst().wish().orElseThrow().chance()).isEqualTo(Chance.UNKNOWN);
    }

    @Test
    void rowsThatOnlyBatchesTakeMakeADeadlineUncertain() {
        FamilyLoad load = new FamilyLoad(
                "gpt-4o",
                101,
                1,
                10_100,
                150_000,
                0,
                101,
                0,
                150_000,
                500,
                100_000,
                1,
                1,
                1,
                List.of(),
                List.of(new TooLarge(30_000, 1, List.of(7L), 100_100)));
        Question question = question(Optional.of("1"), Optional.of(Duration.ofHours(6)));

        assertThat(plan(question, load).tiers().getFirst().wish().orElseThrow().chance())
                .isEqualTo(Chance.UNKNOWN);
    }

    @Test
    void limitsOfTheUsersOwnHoldOnEveryTier() {
        Question question = new Question(
                Optional.of("5"),
                List.of(new Limit(Dimension.REQUESTS_PER_MINUTE, 60)),
                LATENCY,
                OptionalInt.empty(),
                Optional.empty(),
                OptionalLong.empty(),
                512);

        assertThat(plan(question, load("gpt-4o-mini", 180, 10, 10))
                        .tiers()
                        .getFirst()
                        .time())
                .contains(Duration.ofMillis(123_300));
    }

    private TierPlan tier(String tier, FamilyLoad load) {
        return plan(question(Optional.of(tier), Optional.empty()), load).tiers().getFirst();
    }

    private JobPlan plan(Question question, FamilyLoad... loads) {
        Repeats none = new Repeats(0, true, 1, Map.of(), List.of());
        return planner.plan(new Workload(10, 0, List.of(), List.of(loads), none), question);
    }

    private static Question question(Optional<String> tier, Optional<Duration> deadline) {
        return new Question(tier, List.of(), LATENCY, OptionalInt.empty(), deadline, OptionalLong.empty(), 512);
    }

    /** Rows that are all alike, whose answers have 200 tokens. */
    private static FamilyLoad load(String family, long rows, long input, long maximum) {
        return new FamilyLoad(
                family,
                rows,
                rows * input,
                rows * input,
                rows * maximum,
                rows * Math.min(200, maximum),
                rows,
                0,
                rows * maximum,
                maximum,
                maximum,
                input,
                input,
                input,
                List.of(new TokenBin(input, input, rows)),
                List.of());
    }
}
