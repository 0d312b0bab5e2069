package dev.penstock.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.penstock.emulator.Latency;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.simulator.strategy.Strategies;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What each strategy does, on timelines that can be worked out by hand. */
class StrategiesTest {
    /** One call a second passes; four come at once, answers take 0.1 s, refusals no time worth mentioning. */
    private static final Scenario FOUR_AT_ONCE = oneASecond(4).build();

    private static Scenario.Builder oneASecond(int requests) {
        return Scenario.builder()
                .traffic(new Traffic.Pile(requests))
                .latency(Latency.parse("100ms"))
                .roundTrip(Duration.ofNanos(1_000))
                .shape(Shape.quantized())
                .limits(List.of(new Limit(Dimension.REQUESTS_PER_MINUTE, 60)));
    }

    @Test
    void withoutARetryWhatIsRefusedIsLost() {
        Result result = Scenarios.run(FOUR_AT_ONCE, "none");
        assertThat(result.accepted()).isEqualTo(1);
        assertThat(result.givenUp()).isEqualTo(3);
        assertThat(result.makespanSeconds()).isCloseTo(0.1, within(1e-9));
    }

    @Test
    void sleepersAllComeBackTogether() {
        Result result = Scenarios.run(FOUR_AT_ONCE, "fixed-sleep:1100ms");
        assertThat(result.accepted()).isEqualTo(4);
        assertThat(result.rejected()).isEqualTo(3 + 2 + 1);
        assertThat(result.makespanSeconds()).isCloseTo(3 * 1.1 + 0.1, within(1e-4));
        assertThat(result.wastedCallsPerSuccess()).isEqualTo(1.5);
    }

    @Test
    void backoffWithoutJitterKeepsThemTogetherAndDoublesTheWait() {
        Result result = Scenarios.run(FOUR_AT_ONCE, "exponential");
        // Sent at 0, 1, 3 and 7 s, one let through each time.
        assertThat(result.accepted()).isEqualTo(4);
        assertThat(result.rejected()).isEqualTo(6);
        assertThat(result.makespanSeconds()).isCloseTo(7.1, within(1e-4));
        Result seven = Scenarios.run(oneASecond(9).build(), "exponential");
        assertThat(seven.givenUp()).as("of nine, six attempts get six through").isEqualTo(3);
    }

    @Test
    void theRecipesGiveUpAfterAsManyAttemptsAsTheySay() {
        Scenario closed = oneASecond(50)
                .limits(List.of(new Limit(Dimension.REQUESTS_PER_DAY, 1)))
                .shape(Shape.bucket())
                .build();
        assertThat(Scenarios.run(closed, "sdk").calls()).isEqualTo(1 + 49 * 3);
        assertThat(Scenarios.run(closed, "tenacity").calls()).isEqualTo(1 + 49 * 6);
        assertThat(Scenarios.run(closed, "backoff").calls()).isEqualTo(1 + 49 * 8);
    }

    @Test
    void aSemaphoreWithoutRetriesLosesWhatTheRateRefuses() {
        Result result = Scenarios.run(oneASecond(20).build(), "semaphore:2");
        assertThat(result.mostInFlight()).isEqualTo(2);
        assertThat(result.givenUp()).isGreaterThan(15);
        Result again = Scenarios.run(oneASecond(20).build(), "semaphore-retry:2");
        assertThat(again.mostInFlight()).isEqualTo(2);
        assertThat(again.accepted()).isGreaterThan(result.accepted());
    }

    @Test
    void aSemaphoreCuresALimitOnCallsAtATime() {
        Scenario scenario = Scenario.builder()
                .traffic(new Traffic.Pile(100))
                .concurrency(10)
                .build();
        assertThat(Scenarios.run(scenario, "none").givenUp()).isEqualTo(90);
        Result result = Scenarios.run(scenario, "semaphore:10");
        assertThat(result.rejected()).isZero();
        assertThat(result.makespanSeconds()).isEqualTo(10);
        assertThat(result.timesBest()).isEqualTo(1);
        assertThat(Scenarios.run(scenario, "penstock").rejected()).isZero();
    }

    @Test
    void penstockLosesNothingAndIsAlmostNeverRefused() {
        for (String shape : List.of("bucket", "bucket:5s", "sliding", "fixed", "quantized")) {
            Scenario scenario = Scenarios.overload().shape(Shape.parse(shape)).build();
            Result result = Scenarios.run(scenario, "penstock");
            assertThat(result.givenUp()).as(shape).isZero();
            assertThat(result.wastedCallsPerSuccess()).as(shape).isLessThan(0.02);
            assertThat(result.timesBest()).as(shape).isLessThan(1.35);
        }
    }

    @Test
    void inOverloadOnlyThoseThatGiveNothingUpAreWhole() {
        Scenario scenario = Scenarios.overload().duration(Duration.ofMinutes(3)).build();
        Result none = Scenarios.run(scenario, "none");
        Result sdk = Scenarios.run(scenario, "sdk");
        Result penstock = Scenarios.run(scenario, "penstock");
        assertThat(none.givenUp()).isGreaterThan(none.processed() / 3);
        assertThat(sdk.givenUp()).isPositive();
        assertThat(penstock.givenUp()).isZero();
        assertThat(penstock.rejected()).isLessThan(sdk.rejected() / 50);
    }

    @Test
    void whenRefusedCallsAreChargedRetryAfterLivelocksAndPenstockDoesNot() {
        Scenario scenario = Scenarios.overload()
                .traffic(new Traffic.Pile(1_500))
                .chargeRefused(true)
                .build();
        Result alone = Scenarios.run(scenario, "retry-after");
        Result penstock = Scenarios.run(scenario, "penstock");
        assertThat(alone.wastedCallsPerSuccess()).isGreaterThan(20);
        assertThat(penstock.givenUp()).isZero();
        assertThat(penstock.timesBest()).isLessThan(1.1);
    }

    @Test
    void aRequestLargerThanTheLimitIsGivenUpAndHoldsNobodyUp() {
        Scenario scenario = Scenarios.overload()
                .tokens(Tokens.parse("60000..140000"))
                .traffic(new Traffic.Pile(10))
                .build();
        for (String strategy : List.of("retry-after", "fixed-sleep", "aimd", "penstock")) {
            Result result = Scenarios.run(scenario, strategy);
            assertThat(result.givenUp()).as(strategy).isBetween(1L, 9L);
            assertThat(result.cutShort()).as(strategy).isFalse();
        }
    }

    @Test
    void batchesCostHalfAndComeLater() {
        Scenario scenario = Scenarios.overload()
                .traffic(new Traffic.Pile(300))
                .tokens(Tokens.of(1_000))
                .batchTime(Latency.parse("30m"))
                .batchQueueTokens(100_000)
                .build();
        Result live = Scenarios.run(scenario, "penstock");
        Result batch = Scenarios.run(scenario, "batch");
        assertThat(batch.accepted()).isEqualTo(300);
        assertThat(batch.cost().orElseThrow())
                .isEqualByComparingTo(live.cost().orElseThrow().multiply(new BigDecimal("0.5")));
        // 225,000 input tokens go through a queue of 100,000 in three rounds at least.
        assertThat(batch.makespanSeconds()).isBetween(3 * 1_800.0, 4 * 1_800.0);
    }

    @Test
    void tenantsShareWhatThereIs() {
        Scenario scenario = Scenarios.overload()
                .tenants(List.of(new Scenario.Tenant("heavy", 20), new Scenario.Tenant("light", 1)))
                .duration(Duration.ofMinutes(2))
                .build();
        Result fair = Scenarios.run(scenario, "penstock");
        TenantResult heavy = fair.tenants().getFirst();
        TenantResult light = fair.tenants().getLast();
        assertThat(heavy.waits().percentile(0.95)).isGreaterThan(Duration.ofSeconds(30));
        assertThat(light.waits().percentile(0.95)).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    @Timeout(60)
    void anyoneCanAddAStrategyAndMayNotCheat() {
        Strategy twice = new Strategy() {
            @Override
            public void arrived(Call call, Desk desk) {
                desk.send(call);
                desk.send(call);
            }

            @Override
            public void refused(Call call, Refusal refusal, Desk desk) {
                desk.giveUp(call);
            }
        };
        assertThatThrownBy(() -> Simulation.run(FOUR_AT_ONCE, "twice", twice))
                .hasMessageContaining("request 0 is to be sent while it is IN_FLIGHT");
        Strategy idle = new Strategy() {
            @Override
            public void arrived(Call call, Desk desk) {}

            @Override
            public void refused(Call call, Refusal refusal, Desk desk) {}
        };
        assertThat(Simulation.run(FOUR_AT_ONCE, "idle", idle).givenUp()).isEqualTo(4);
        Strategy restless = new Strategy() {
            @Override
            public void arrived(Call call, Desk desk) {
                desk.alarmAt(desk.nowNanos());
            }

            @Override
            public void alarm(Desk desk) {
                desk.alarmAt(desk.nowNanos());
            }

            @Override
            public void refused(Call call, Refusal refusal, Desk desk) {}
        };
        Result result = Simulation.run(FOUR_AT_ONCE, "restless", restless);
        assertThat(result.cutShort()).isTrue();
        assertThat(result.givenUp()).isEqualTo(4);
    }

    @Test
    void unknownNamesAndArgumentsAreToldWithWhatWasMeant() {
        assertThatThrownBy(() -> Strategies.of("tenasity", FOUR_AT_ONCE))
                .hasMessage("there is no strategy 'tenasity'; did you mean tenacity?");
        assertThatThrownBy(() -> Strategies.of("none:3", FOUR_AT_ONCE)).hasMessageContaining("takes nothing after");
        assertThatThrownBy(() -> Strategies.of("semaphore:0", FOUR_AT_ONCE)).hasMessageContaining("1 or more");
        assertThatThrownBy(() -> Strategies.of("fixed-sleep:x", FOUR_AT_ONCE)).hasMessageContaining("the sleep is 'x'");
        assertThat(Strategies.names())
                .hasSize(12)
                .allMatch(name -> !Strategies.description(name).isEmpty());
    }

    @Test
    @Timeout(60)
    void aSimulationThatWouldGoOnForEverIsCutShort() {
        Scenario scenario = oneASecond(2_000)
                .limits(List.of(new Limit(Dimension.REQUESTS_PER_DAY, 10)))
                .shape(Shape.bucket())
                .build();
        Result result = Scenarios.run(scenario, "fixed-sleep");
        assertThat(result.cutShort()).isTrue();
        assertThat(result.accepted() + result.givenUp()).isEqualTo(2_000);
    }

    @Test
    void eventsOfOneTimeHappenInTheOrderInWhichTheyWereAdded() {
        EventHeap heap = new EventHeap();
        Chance chance = new Chance(3, 3);
        List<long[]> expected = new ArrayList<>();
        IntStream.range(0, 5_000).forEach(i -> {
            long at = (long) (chance.nextDouble() * 100);
            expected.add(new long[] {at, i});
            heap.add(at, i);
        });
        expected.sort((a, b) -> a[0] == b[0] ? Long.compare(a[1], b[1]) : Long.compare(a[0], b[0]));
        for (long[] event : expected) {
            assertThat(heap.firstNanos()).isEqualTo(event[0]);
            assertThat(heap.poll()).isEqualTo((int) event[1]);
        }
        assertThat(heap.isEmpty()).isTrue();
    }
}
