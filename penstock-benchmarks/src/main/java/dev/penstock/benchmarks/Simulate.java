package dev.penstock.benchmarks;

import dev.penstock.benchmarks.Scorecard.Bound;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.simulator.Result;
import dev.penstock.simulator.Scenario;
import dev.penstock.simulator.Simulation;
import dev.penstock.simulator.Tokens;
import dev.penstock.simulator.Traffic;
import dev.penstock.simulator.strategy.Strategies;
import dev.penstock.wire.TierTable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** How fast simulations are, and whether they tell what happens for real. */
final class Simulate {
    private static final int ROUNDS = 3;
    private static final int TRUE_REQUESTS = 500;
    private static final Duration ROUND_TRIP = Duration.ofMillis(1);
    private static final List<String> JUDGED =
            List.of("none", "fixed-sleep", "semaphore:17", "retry-after", "penstock");
    /**
     * Of these a millisecond decides who gets the last room and who waits twice as long, so that no two plays are alike, real
     * or not: their figures are printed.
     */
    private static final List<String> SHOWN = List.of("exponential", "tenacity", "sdk", "semaphore-retry:17", "aimd");

    /** With this one no request comes so close to a limit that the network's noise would decide. */
    private static final long TRUE_SEED = 6;

    private Simulate() {}

    static void run(Bench bench) throws IOException, InterruptedException {
        speed(bench);
        day(bench);
        truth(bench);
    }

    private static void speed(Bench bench) {
        for (String strategy : List.of("none", "exponential", "semaphore:300")) {
            // An hour at a tenth more than the limits carry.
            Scenario scenario = Scenario.builder()
                    .traffic(new Traffic.Steady(330, 0.2))
                    .duration(Duration.ofHours(1))
                    .tokens(Tokens.of(500))
                    .latency(Latency.parse("lognormal:1s,0.5"))
                    .limits(List.of(
                            new Limit(Dimension.REQUESTS_PER_MINUTE, 18_000),
                            new Limit(Dimension.TOKENS_PER_MINUTE, 20_000_000)))
                    .build();
            List<Double> rates = new ArrayList<>();
            for (int round = 0; round <= ROUNDS; round++) {
                long started = System.nanoTime();
                Result result = Simulation.run(scenario, strategy, Strategies.of(strategy, scenario));
                double seconds = (System.nanoTime() - started) / 1e9;
                if (round > 0) {
                    rates.add(result.processed() / seconds);
                }
            }
            rates.sort(null);
            double median = rates.get(ROUNDS / 2);
            bench.scorecard()
                    .print(
                            "simulate: speed, " + strategy,
                            String.format(Locale.ROOT, "%,.0f requests/s on one thread (median of %d)", median, ROUNDS),
                            Bound.atLeast("requests", median, 1_000_000, "/s"));
        }
    }

    private static void day(Bench bench) {
        Scenario scenario = Scenario.builder()
                .traffic(new Traffic.Steady(10_000 / 60.0, 0.2))
                .duration(Duration.ofHours(24))
                .tokens(Tokens.of(2_000))
                .latency(Latency.parse("lognormal:2s,0.5"))
                .model("gpt-4o")
                .tier("5")
                .limits(TierTable.builtIn().find("gpt-4o", "5").orElseThrow().limits())
                .build();
        long started = System.nanoTime();
        Result result = Simulation.run(scenario, "penstock", Strategies.of("penstock", scenario));
        double seconds = (System.nanoTime() - started) / 1e9;
        bench.scorecard()
                .print(
                        "simulate: a day of Tier 5 through penstock",
                        String.format(
                                Locale.ROOT,
                                "%,d requests in %.1f s, %d refused, %.3f of the quota",
                                result.processed(),
                                seconds,
                                result.rejected(),
                                result.quotaUsed()),
                        Bound.atMost("time", seconds, 30, " s"),
                        Bound.atLeast("requests", result.processed(), 14_300_000, ""),
                        Bound.exactly("lost", result.givenUp(), 0));
    }

    /** The same 500 requests, simulated and over sockets, each strategy against an emulator of its own. */
    private static void truth(Bench bench) throws IOException, InterruptedException {
        Scenario scenario = Scenario.builder()
                .traffic(new Traffic.Steady(50, 0.2))
                .requests(TRUE_REQUESTS)
                .seed(TRUE_SEED)
                .tokens(Tokens.of(100))
                .latency(Latency.parse("900ms"))
                .roundTrip(ROUND_TRIP)
                .limits(List.of(new Limit(Dimension.REQUESTS_PER_MINUTE, 1_200)))
                .shape(Shape.parse("bucket:5s"))
                .build();
        truth(bench, scenario, JUDGED, true);
        truth(bench, scenario, SHOWN, false);
    }

    private static void truth(Bench bench, Scenario scenario, List<String> strategies, boolean judged)
            throws IOException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(strategies.size());
        try {
            List<Future<RealPlay.Counts>> plays = new ArrayList<>();
            for (String strategy : strategies) {
                Callable<RealPlay.Counts> play = () -> played(bench, scenario, strategy);
                plays.add(threads.submit(play));
            }
            for (int i = 0; i < plays.size(); i++) {
                String strategy = strategies.get(i);
                Result simulated = Simulation.run(scenario, strategy, Strategies.of(strategy, scenario));
                RealPlay.Counts real = plays.get(i).get(5, TimeUnit.MINUTES);
                double rejectedOff = off(simulated.rejected(), real.rejected());
                double makespanOff = off(simulated.makespanSeconds(), real.makespanSeconds());
                List<Bound> bounds = new ArrayList<>();
                if (!judged) {
                    bounds.add(new Bound("nothing, as chance decides", true));
                } else {
                    bounds.add(Bound.exactly("accepted", real.accepted(), simulated.accepted()));
                    bounds.add(Bound.atMost("rejected off by", rejectedOff, 2, " %"));
                    bounds.add(Bound.atMost("makespan off by", makespanOff, 2, " %"));
                }
                bench.scorecard()
                        .print(
                                "simulate: truth, " + strategy,
                                String.format(
                                        Locale.ROOT,
                                        "accepted %d simulated, %d real; rejected %d, %d (%.1f %% off); %.2f s, %.2f s (%.1f %% off)",
                                        simulated.accepted(),
                                        real.accepted(),
                                        simulated.rejected(),
                                        real.rejected(),
                                        rejectedOff,
                                        simulated.makespanSeconds(),
                                        real.makespanSeconds(),
                                        makespanOff),
                                bounds.toArray(Bound[]::new));
            }
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("a play over sockets failed: " + e, e);
        } finally {
            threads.shutdownNow();
        }
    }

    private static RealPlay.Counts played(Bench bench, Scenario scenario, String strategy)
            throws IOException, InterruptedException {
        try (EmulatorProcess emulator = EmulatorProcess.start(
                        bench.root(), bench.log(), "--rpm", "1200", "--shape", "bucket:5s", "--latency", "900ms");
                RealPlay real = new RealPlay(emulator.baseUrl(), Strategies.of(strategy, scenario))) {
            return real.play(scenario);
        }
    }

    private static double off(double simulated, double real) {
        return simulated == real ? 0 : 100 * Math.abs(simulated - real) / Math.max(1e-9, Math.max(simulated, real));
    }
}
