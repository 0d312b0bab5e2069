package dev.penstock.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.Latency;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitState;
import dev.penstock.simulator.strategy.Strategies;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What holds for every strategy and seed. */
class SimulationLaws {
    private static final int SEEDS = 12;

    @Test
    void eachRequestIsAnsweredOrGivenUpOnce() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            Scenario scenario = scenario(seed);
            for (String strategy : Strategies.names()) {
                Result result = Scenarios.run(scenario, strategy);
                assertThat(result.accepted() + result.givenUp())
                        .as("%s, seed %d", strategy, seed)
                        .isEqualTo(result.processed())
                        .isPositive();
                assertThat(result.waits().count())
                        .as("%s, seed %d", strategy, seed)
                        .isEqualTo(result.accepted());
                assertThat(result.tenants().stream()
                                .mapToLong(TenantResult::processed)
                                .sum())
                        .as("%s, seed %d", strategy, seed)
                        .isEqualTo(result.processed());
                if (!strategy.equals("batch")) {
                    assertThat(result.calls())
                            .as("%s, seed %d", strategy, seed)
                            .isEqualTo(result.accepted() + result.rejected());
                }
            }
        }
    }

    @Test
    void nobodyEndsBeforeTheBestPossibleNorUsesMoreThanAllOfTheQuota() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            Scenario scenario = scenario(seed);
            for (String strategy : Strategies.names()) {
                Result result = Scenarios.run(scenario, strategy);
                assertThat(result.makespanSeconds())
                        .as("%s, seed %d", strategy, seed)
                        .isGreaterThanOrEqualTo(result.bestPossibleSeconds() - 1e-9);
                assertThat(result.quotaUsed()).as("%s, seed %d", strategy, seed).isBetween(0.0, 1.0 + 1e-9);
            }
        }
    }

    @Test
    void noWindowAdmitsMoreThanTheLimiterMayGive() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            Scenario scenario = scenario(seed);
            for (String strategy : List.of("none", "fixed-sleep", "tenacity", "retry-after", "aimd", "penstock")) {
                Watched provider = new Watched(new LimitedProvider(scenario));
                Result result = Simulation.run(scenario, strategy, Strategies.of(strategy, scenario), provider);
                assertThat(provider.times).as("%s, seed %d", strategy, seed).hasSize((int) result.accepted());
                for (Limit limit : scenario.limits()) {
                    check(provider, scenario, limit, strategy + ", seed " + seed);
                }
            }
        }
    }

    private static void check(Watched provider, Scenario scenario, Limit limit, String name) {
        long largest = provider.costs.stream()
                .mapToLong(call -> call.cost().of(limit.dimension().unit()))
                .max()
                .orElse(1);
        Allowance allowance = Allowance.of(scenario.shape(), limit, largest);
        int calls = provider.times.size();
        for (int from = 0; from < calls; from += 1 + calls / 60) {
            double sum = 0;
            for (int to = from; to < calls; to++) {
                sum += provider.costs.get(to).cost().of(limit.dimension().unit());
                assertThat(sum)
                        .as("%s, %s, calls %d to %d", name, limit.dimension().label(), from, to)
                        .isLessThanOrEqualTo(allowance.most(provider.times.get(from), provider.times.get(to)) + 1);
            }
        }
    }

    /** Different shapes, sizes and limits, by the seed. */
    private static Scenario scenario(long seed) {
        Chance chance = new Chance(seed, 0);
        List<String> shapes = List.of("bucket", "bucket:5s", "quantized", "sliding", "fixed", "fixed:7s");
        List<Traffic> traffics = List.of(
                new Traffic.Steady(2 + 10 * chance.nextDouble(), 0.2),
                new Traffic.Poisson(2 + 10 * chance.nextDouble()),
                new Traffic.Bursts(40, Duration.ofSeconds(9)),
                new Traffic.Ramp(0, 15, Duration.ofSeconds(30)),
                new Traffic.Pile(200));
        Scenario.Builder scenario = Scenarios.overload()
                .seed(seed)
                .traffic(traffics.get((int) (seed % traffics.size())))
                .shape(Shape.parse(shapes.get((int) (seed % shapes.size()))))
                .duration(Duration.ofSeconds(30))
                .chargeRefused(chance.nextDouble() < 0.3)
                .latency(Latency.parse("lognormal:800ms,0.6"))
                .tenants(List.of(new Scenario.Tenant("a", 3), new Scenario.Tenant("b", 1)))
                .limits(List.of(
                        new Limit(Dimension.REQUESTS_PER_MINUTE, 120 + (long) (200 * chance.nextDouble())),
                        new Limit(Dimension.TOKENS_PER_MINUTE, 60_000 + (long) (100_000 * chance.nextDouble()))));
        if (chance.nextDouble() < 0.5) {
            scenario.concurrency(6);
        }
        return scenario.build();
    }

    /** Notes what was admitted when. */
    private static final class Watched implements Provider {
        private final Provider inner;
        final List<Long> times = new ArrayList<>();
        final List<Call> costs = new ArrayList<>();

        Watched(Provider inner) {
            this.inner = inner;
        }

        @Override
        public @Nullable Refusal arrive(Call call, long nowNanos) {
            Refusal refusal = inner.arrive(call, nowNanos);
            if (refusal == null) {
                times.add(nowNanos);
                costs.add(call);
            }
            return refusal;
        }

        @Override
        public @Nullable Refusal finish(Call call, long nowNanos) {
            return inner.finish(call, nowNanos);
        }

        @Override
        public List<LimitState> shown(long nowNanos) {
            return inner.shown(nowNanos);
        }

        @Override
        public void levels(long nowNanos, long[] into) {
            inner.levels(nowNanos, into);
        }
    }
}
