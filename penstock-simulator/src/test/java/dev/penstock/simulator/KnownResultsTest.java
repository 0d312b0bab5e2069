package dev.penstock.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.penstock.emulator.Latency;
import dev.penstock.limit.LimitExceeded;
import dev.penstock.limit.LimitState;
import dev.penstock.retry.Wait;
import dev.penstock.simulator.strategy.StrategyAccess;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The simulator against what others have published and what theory says. */
class KnownResultsTest {
    private static final Refusal CONFLICT =
            new Refusal(LimitExceeded.unexplained(Optional.empty()), Optional.empty(), false);

    @Test
    void oneServerWithRandomArrivalsWaitsAsTheFormulaOfPollaczekAndKhinchineSays() {
        for (double load : List.of(0.3, 0.6, 0.8)) {
            Scenario scenario = Scenario.builder()
                    .traffic(new Traffic.Poisson(load))
                    .requests(400_000)
                    .latency(Latency.parse("1s"))
                    .build();
            Result result = Scenarios.run(scenario, "semaphore:1");
            double expected = load / (2 * (1 - load));
            assertThat(result.waits().mean().toNanos() / 1e9)
                    .as("mean wait of M/D/1 at a load of %.1f", load)
                    .isCloseTo(expected, within(0.03 * expected));
        }
    }

    @Test
    void callsInFlightAreRateTimesLatencyAsLittleSays() {
        Scenario scenario = Scenario.builder()
                .traffic(new Traffic.Poisson(20))
                .duration(Duration.ofMinutes(30))
                .latency(Latency.parse("lognormal:2s,0.5"))
                .build();
        Result result = Scenarios.run(scenario, "semaphore:50");
        Series series = result.series();
        double inFlight = 0;
        double waiting = 0;
        double nanos = 0;
        for (int i = 0; i < series.points() - 1; i++) {
            inFlight += series.inFlight(i) * series.secondsPerPoint();
            waiting += series.waiting(i) * series.secondsPerPoint();
            nanos += series.secondsPerPoint();
        }
        double perSecond = result.accepted() / result.makespanSeconds();
        double meanLatency = 2 * Math.exp(0.125);
        assertThat(inFlight / nanos).isCloseTo(perSecond * meanLatency, within(0.02 * perSecond * meanLatency));
        double meanWait = result.waits().mean().toNanos() / 1e9;
        assertThat(waiting / nanos)
                .isCloseTo(perSecond * meanWait, within(0.02 * perSecond * meanWait + 0.01))
                .isPositive();
    }

    /**
     * "Exponential Backoff and Jitter", AWS Architecture Blog, 2015, and the program beside it
     * (github.com/aws-samples/aws-arch-backoff-simulator): clients that write to one row with optimistic locking, base 5
     * ms, cap 2 s, 10 ms of network each way. Its figures for 100 clients: 2,420 calls without backoff, 1,864 with backoff
     * and no jitter, 1,004 decorrelated, 813 equal jitter, 797 full jitter; no jitter takes ten times as long as the others.
     */
    @Test
    void backoffUnderContentionHasThePublishedShape() {
        Duration base = Duration.ofMillis(5);
        // Their program counts attempts from one, so that the first wait is up to twice the base already.
        Duration first = Duration.ofMillis(10);
        Duration most = Duration.ofSeconds(2);
        Map<String, Wait> waits = new LinkedHashMap<>();
        waits.put("none", Wait.fixed(Duration.ofNanos(1)));
        waits.put("exponential", Wait.exponential(first, 2, most));
        waits.put("decorrelated", Wait.decorrelated(base, most));
        waits.put("equal", Wait.equalJitter(first, most));
        waits.put("full", Wait.fullJitter(Duration.ZERO, first, most));
        Map<String, Double> calls = new LinkedHashMap<>();
        Map<String, Double> seconds = new LinkedHashMap<>();
        int seeds = 30;
        waits.forEach((name, wait) -> {
            for (long seed = 1; seed <= seeds; seed++) {
                Scenario scenario = Scenario.builder()
                        .traffic(new Traffic.Pile(100))
                        .seed(seed)
                        .build();
                Result result =
                        Simulation.run(scenario, name, StrategyAccess.retrying(wait), new OneRow(new Chance(seed, 99)));
                assertThat(result.accepted()).isEqualTo(100);
                calls.merge(name, (double) result.calls() / seeds, Double::sum);
                seconds.merge(name, result.makespanSeconds() / seeds, Double::sum);
            }
        });
        Map<String, Double> published =
                Map.of("none", 2420.0, "exponential", 1864.0, "decorrelated", 1004.0, "equal", 813.0, "full", 797.0);
        published.forEach((name, figure) -> assertThat(calls.getOrDefault(name, 0.0))
                .as("calls with %s", name)
                .isCloseTo(figure, within(0.05 * figure)));
        assertThat(calls.getOrDefault("equal", 0.0)).isGreaterThan(calls.getOrDefault("full", 1e9));
        Map<String, Double> publishedSeconds =
                Map.of("none", 2.02, "exponential", 63.6, "decorrelated", 4.7, "equal", 6.6, "full", 5.0);
        publishedSeconds.forEach((name, figure) -> assertThat(seconds.getOrDefault(name, 0.0))
                .as("seconds with %s", name)
                .isCloseTo(figure, within(0.15 * figure)));
    }

    /** A row that is read, changed and written: a write fails if another one came since its read. */
    private static final class OneRow implements Provider {
        private record Step(long at, Call call, boolean write) {}

        private final Chance network;
        private final PriorityQueue<Step> steps = new PriorityQueue<>(Comparator.comparingLong(Step::at));
        private final Map<Call, Long> versionRead = new IdentityHashMap<>();
        private final Set<Call> written = Collections.newSetFromMap(new IdentityHashMap<>());
        private long version;
        private long takes;

        OneRow(Chance network) {
            this.network = network;
        }

        @Override
        public @Nullable Refusal arrive(Call call, long nowNanos) {
            long read = nowNanos + wayNanos();
            long write = read + wayNanos() + wayNanos();
            steps.add(new Step(read, call, false));
            steps.add(new Step(write, call, true));
            takes = write + wayNanos() - nowNanos;
            return null;
        }

        @Override
        public long serviceNanos(Call call) {
            return takes;
        }

        @Override
        public @Nullable Refusal finish(Call call, long nowNanos) {
            for (Step step = steps.peek(); step != null && step.at() <= nowNanos; step = steps.peek()) {
                steps.remove();
                if (!step.write()) {
                    versionRead.put(step.call(), version);
                } else if (versionRead.getOrDefault(step.call(), -1L) == version) {
                    version++;
                    written.add(step.call());
                }
            }
            return written.contains(call) ? null : CONFLICT;
        }

        /** 10 ms with a standard deviation of 2. */
        private long wayNanos() {
            return (long) Math.abs(1e7 + 2e6 * network.nextGaussian());
        }

        @Override
        public List<LimitState> shown(long nowNanos) {
            return List.of();
        }

        @Override
        public void levels(long nowNanos, long[] into) {}
    }
}
