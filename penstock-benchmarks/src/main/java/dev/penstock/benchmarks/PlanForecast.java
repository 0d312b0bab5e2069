package dev.penstock.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.penstock.benchmarks.Scorecard.Bound;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** How long a plan of a million rows takes, and how near its times are to those of runs. */
final class PlanForecast {
    private static final int MANY = 1_000_000;
    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final List<String> WORDS = List.of(
            "the",
            "river",
            "of",
            "and",
            "turbine",
            "to",
            "water",
            "in",
            "is",
            "that",
            "gate",
            "with",
            "pressure",
            "was",
            "carries",
            "as",
            "much",
            "it",
            "can",
            "take",
            "over",
            "limit",
            "request",
            "quota",
            "because",
            "minute",
            "hundred",
            "which",
            "would",
            "answer",
            "between",
            "question");

    private PlanForecast() {}

    static void run(Bench bench) throws IOException, InterruptedException {
        million(bench);
        forecast(bench, "plan against run, requests set the pace", "gpt-4o-mini", 2_000, 200, 600, 100);
        forecast(bench, "plan against run, tokens set the pace", "gpt-4o", 260, 200, 1_600, 200);
    }

    private static void million(Bench bench) throws IOException, InterruptedException {
        Path input = bench.folder().resolve("plan.jsonl");
        write(input);
        long began = System.nanoTime();
        JsonNode plan = plan(bench, Map.of("PENSTOCK_JAVA_OPTS", "-Xmx256m"), input.toString());
        double seconds = (System.nanoTime() - began) / 1e9;
        double megabytes = Files.size(input) / 1e6;
        Files.delete(input);
        bench.scorecard()
                .print(
                        "plan of 1,000,000 rows, tokens counted exactly",
                        String.format(
                                Locale.ROOT,
                                "%.1f s for %,.0f MB and %,d tokens, in a heap of 256 MB",
                                seconds,
                                megabytes,
                                plan.path("input_tokens").asLong()),
                        Bound.atMost("time", seconds, 60, " s"),
                        Bound.exactly("rows", plan.path("rows").asLong(), MANY),
                        Bound.exactly(
                                "rows that repeat others",
                                plan.path("repeats").path("rows").asLong(),
                                MANY / 100));
    }

    /** Rows of 20 to 60 words; one in a hundred asks what the one before it asked. */
    private static void write(Path file) throws IOException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(31);
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            String body = "";
            for (int i = 0; i < MANY; i++) {
                if (i % 100 != 1) {
                    StringBuilder text = new StringBuilder(400).append(i);
                    for (int words = 20 + random.nextInt(41); words > 0; words--) {
                        text.append(' ').append(WORDS.get(random.nextInt(WORDS.size())));
                    }
                    body = "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"system\",\"content\":\"Answer in one"
                            + " sentence.\"},{\"role\":\"user\",\"content\":\"" + text
                            + "\"}],\"max_completion_tokens\":300}";
                }
                out.append("{\"custom_id\":\"row-")
                        .append(Integer.toString(i))
                        .append("\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":")
                        .append(body)
                        .append("}\n");
            }
        }
    }

    private static void forecast(Bench bench, String name, String model, int rows, int fewest, int most, int maxOutput)
            throws IOException, InterruptedException {
        Path input =
                Rows.write(bench.folder().resolve("forecast.jsonl"), rows, fewest, most, maxOutput, 37, List.of(model));
        Path output = Files.createTempFile(bench.folder(), "forecast", ".out.jsonl");
        Files.delete(output);
        JsonNode tier = plan(bench, Map.of(), input.toString(), "--tier", "1", "--latency", "1s")
                .path("tiers")
                .path(0);
        double foreseen = tier.path("live_seconds").asDouble();
        JsonNode report;
        try (Program program = Program.start(
                bench.root(),
                bench.log(),
                Map.of(),
                "run",
                input.toString(),
                "-o",
                output.toString(),
                "--emulate",
                "tier-1",
                "--json",
                "--no-progress")) {
            report = JSON.readTree(program.output());
            program.waitFor(LONGEST);
        }
        double took = report.path("seconds").asDouble();
        bench.scorecard()
                .print(
                        name,
                        String.format(
                                Locale.ROOT,
                                "foreseen %.1f s by %s, took %.1f s: %+.1f %%; %d 429s",
                                foreseen,
                                tier.path("set_by").asText(),
                                took,
                                100 * (foreseen / took - 1),
                                report.path("refused_429").asLong()),
                        Bound.atMost("distance", Math.abs(100 * (foreseen / took - 1)), 3, " %"),
                        Bound.exactly("answered", report.path("answered").asLong(), rows));
    }

    private static JsonNode plan(Bench bench, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("plan", "--json"));
        line.addAll(List.of(arguments));
        try (Program program = Program.start(bench.root(), bench.log(), environment, line.toArray(String[]::new))) {
            JsonNode plan = JSON.readTree(program.output());
            int exit = program.waitFor(LONGEST);
            if (exit != 0) {
                throw new IllegalStateException("penstock plan ended with " + exit);
            }
            return plan;
        }
    }
}
