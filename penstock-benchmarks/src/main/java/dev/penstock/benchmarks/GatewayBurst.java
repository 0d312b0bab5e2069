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

    /** How far into a window the sixty come. */
    private static final List<Long> PHASES_MILLIS = List.of(300L, 1_500L, 2_700L, 3_900L);

    private GatewayBurst() {}

    static void run(Bench bench) throws IOException, InterruptedException {
        rounds(bench, "gateway: 60 at once, limit not told", List.of("--no-limit-headers"), true);
        rounds(bench, "gateway: 60 at once, with limit headers", List.of(), false);
    }

    private record Round(long clientRefused, long refusedFirst, long refusedLater, double ratio) {}

    private static void rounds(Bench bench, String name, List<String> emulatorOptions, boolean judged)
            throws IOException, InterruptedException {
        List<Round> rounds = new ArrayList<>();
        for (long phase : PHASES_MILLIS) {
            rounds.add(round(bench, emulatorOptions, phase));
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rounds.size(); i++) {
            Round round = rounds.get(i);
            text.append(i == 0 ? "" : "; ")
                    .append("%.1f s into a window: %.3f of the ideal, 429s %d + %d"
                            .formatted(
                                    PHASES_MILLIS.get(i) / 1e3, round.ratio, round.refusedFirst, round.refusedLater));
        }
        scoreRounds(bench, name, rounds, text.append(" (first window + later)").toString(), judged);
    }

    private static void scoreRounds(Bench bench, String name, List<Round> rounds, String text, boolean judged) {
        List<Bound> bounds = new ArrayList<>();
        bounds.add(Bound.exactly(
                "not answered 200",
                rounds.stream().mapToLong(Round::clientRefused).sum(),
                0));
        if (judged) {
            bounds.add(Bound.atMost(
                    "worst ratio",
                    rounds.stream().mapToDouble(Round::ratio).max().orElse(Double.NaN),
                    1.05,
                    ""));
            bounds.add(Bound.atMost(
                    "429s after the first window, worst round",
                    rounds.stream().mapToLong(Round::refusedLater).max().orElse(Long.MAX_VALUE),
                    1,
                    ""));
        }
        bench.scorecard().print(name, text, bounds.toArray(Bound[]::new));
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
            load.open(REQUESTS, Duration.ofSeconds(20));
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
            return new Round(
                    answers.stream().filter(answer -> answer.status() != 200).count(),
                    refusedFirst,
                    refusedLater,
                    took / ideal);
        }
    }
}
