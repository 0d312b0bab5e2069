package dev.penstock.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import dev.penstock.benchmarks.LoadClient.Answer;
import dev.penstock.benchmarks.Scorecard.Bound;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Sixty requests at once against 20 per 5 s in fixed windows, of which the gateway knows nothing. */
final class GatewayBurst {
    private static final int REQUESTS = 60;
    private static final int PER_WINDOW = 20;
    private static final long WINDOW_MILLIS = 5_000;
    private static final long WINDOW_NANOS = WINDOW_MILLIS * 1_000_000;
    private static final long LATENCY_MILLIS = 50;

    private static final double WORST_RATIO = 1.05;

    /** How far into a window the sixty come; the first at its beginning, as where a window begins with its first request. */
    private static final List<Long> PHASES_MILLIS = List.of(50L, 300L, 1_500L, 2_700L, 3_900L);

    private GatewayBurst() {}

    static void run(Bench bench) throws IOException, InterruptedException {
        rounds(bench, "gateway: 60 at once, limit not told", List.of("--no-limit-headers"), true);
        rounds(bench, "gateway: 60 at once, with limit headers", List.of(), false);
    }

    /**
     * @param ideal by the provider's windows
     * @param obedient the least for who comes back no sooner than it is told to, in whole seconds; shown, not judged
     */
    private record Round(
            long phaseMillis,
            long clientRefused,
            long refusedFirst,
            long refusedLater,
            double tookMillis,
            double ideal,
            double obedient) {
        double ratio() {
            return tookMillis / ideal;
        }

        double toObedient() {
            return tookMillis / obedient;
        }
    }

    /** @param wholeSeconds whether waits are told in whole seconds only */
    private static void rounds(Bench bench, String name, List<String> emulatorOptions, boolean wholeSeconds)
            throws IOException, InterruptedException {
        List<Round> rounds = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        for (long phase : PHASES_MILLIS) {
            Round round = round(bench, emulatorOptions, phase);
            rounds.add(round);
            texts.add("%.2f s into a window: %.3f of the ideal%s, 429s %d + %d"
                    .formatted(
                            round.phaseMillis / 1e3,
                            round.ratio(),
                            wholeSeconds ? " (%.3f)".formatted(round.toObedient()) : "",
                            round.refusedFirst,
                            round.refusedLater));
        }
        List<Bound> bounds = new ArrayList<>();
        bounds.add(Bound.exactly(
                "not answered 200",
                rounds.stream().mapToLong(Round::clientRefused).sum(),
                0));
        bounds.add(
                Bound.atMost("ratio at a window's beginning", rounds.getFirst().ratio(), WORST_RATIO, ""));
        bounds.add(Bound.atMost(
                "worst ratio", rounds.stream().mapToDouble(Round::ratio).max().orElse(Double.NaN), WORST_RATIO, ""));
        bounds.add(Bound.atMost(
                "429s after the first window, worst round",
                rounds.stream().mapToLong(Round::refusedLater).max().orElse(Long.MAX_VALUE),
                1,
                ""));
        bench.scorecard()
                .print(
                        name,
                        String.join("; ", texts) + (wholeSeconds ? " (of the least for who keeps Retry-After; " : " (")
                                + "429s in the first window + later)",
                        bounds.toArray(Bound[]::new));
    }

    private static Round round(Bench bench, List<String> emulatorOptions, long phaseMillis)
            throws IOException, InterruptedException {
        List<String> options = new ArrayList<>(List.of(
                "--limit",
                PER_WINDOW + "req/" + WINDOW_MILLIS / 1_000 + "s",
                "--shape",
                "fixed",
                "--latency",
                LATENCY_MILLIS + "ms"));
        options.addAll(emulatorOptions);
        try (EmulatorProcess emulator =
                        EmulatorProcess.start(bench.root(), bench.log(), options.toArray(String[]::new));
                GatewayProcess gateway = GatewayProcess.start(bench, emulator.baseUrl());
                LoadClient load = new LoadClient(gateway.port())) {
            // The first window begins with the emulator.
            long epoch = emulator.epochNanos();
            // A gateway that serves, and knows nothing of this model.
            List<Answer> unused = load.atOnce(PER_WINDOW, i -> LoadClient.chatOf("gpt-4.1-nano", "warm up " + i, 20))
                    .await(Duration.ofSeconds(60));
            load.open(REQUESTS - PER_WINDOW, Duration.ofSeconds(20));
            long window = (System.nanoTime() - epoch) / WINDOW_NANOS + 1;
            long due = window * WINDOW_NANOS + Duration.ofMillis(phaseMillis).toNanos();
            while (System.nanoTime() - epoch < due) {
                Thread.sleep(1);
            }
            double first = (System.nanoTime() - epoch) / 1e6;
            List<Answer> answers = load.atOnce(REQUESTS, i -> LoadClient.chat("question " + i, 20, Map.of()))
                    .await(Duration.ofSeconds(60));
            JsonNode ledger = emulator.ledger();
            // The last twenty cannot be let in before the third window, and then take the latency.
            double ideal = (window + Math.ceilDiv(REQUESTS, PER_WINDOW) - 1) * WINDOW_MILLIS + LATENCY_MILLIS - first;
            long refusedFirst = 0;
            long refusedLater = 0;
            for (JsonNode second : ledger.path("seconds")) {
                if (second.path("second").asLong() * 1_000 < (window + 1) * WINDOW_MILLIS) {
                    refusedFirst += second.path("refused").asLong();
                } else {
                    refusedLater += second.path("refused").asLong();
                }
            }
            double took = ledger.path("last_answer_ms").asLong() - first;
            // A wait of whole seconds, told at once, ends as far into a second of the next window as the sixty came
            // into
            // one.
            double late = phaseMillis % 1_000;
            return new Round(
                    phaseMillis,
                    answers.stream().filter(answer -> answer.status() != 200).count(),
                    refusedFirst,
                    refusedLater,
                    took,
                    ideal,
                    ideal + late);
        }
    }
}
