package dev.penstock.benchmarks;

import dev.penstock.benchmarks.Scorecard.Bound;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** How long a gigabyte of log takes, and whether every refusal in it is found, in a heap that does not grow. */
final class DiagnoseLog {
    private static final long LENGTH = 1L << 30;
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private DiagnoseLog() {}

    static void run(Bench bench) throws IOException, InterruptedException {
        Path log = bench.folder().resolve("diagnose.log");
        long refusals = write(log);
        long started = System.nanoTime();
        String found;
        int exit;
        try (Program program = Program.start(
                bench.root(),
                bench.log(),
                Map.of("PENSTOCK_JAVA_OPTS", "-Xmx64m"),
                "diagnose",
                "--json",
                log.toString())) {
            found = program.output();
            exit = program.waitFor(LONGEST);
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        Files.delete(log);
        long counted = 0;
        var counts = java.util.regex.Pattern.compile("\"count\":(\\d+)").matcher(found);
        while (counts.find()) {
            counted += Long.parseLong(counts.group(1));
        }
        bench.scorecard()
                .print(
                        "diagnose, 1 GB of log",
                        String.format(
                                Locale.ROOT,
                                "%.1f s in a heap of 64 MB, %,d of %,d refusals found, exit %d",
                                seconds,
                                counted,
                                refusals,
                                exit),
                        Bound.atMost("time", seconds, 20, " s"),
                        new Bound("every refusal once", counted == refusals),
                        Bound.exactly("exit", exit, 0));
    }

    /** One line in a hundred is a refusal, one in twenty a call that was answered. */
    private static long write(Path file) throws IOException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(29);
        List<String> words =
                List.of("request", "handled", "limit", "rate", "queue", "error", "429", "tokens", "user", "cache");
        long written = 0;
        long refusals = 0;
        try (BufferedWriter out = Files.newBufferedWriter(file)) {
            for (long i = 0; written < LENGTH; i++) {
                StringBuilder line = new StringBuilder(String.format(
                        Locale.ROOT,
                        "2026-11-24 %02d:%02d:%02d,%03d ",
                        i / 3_600_000 % 24,
                        i / 60_000 % 60,
                        i / 1_000 % 60,
                        i % 1_000));
                int kind = random.nextInt(100);
                if (kind == 0) {
                    line.append(
                                    "ERROR app: Error code: 429 - {'error': {'message': 'Rate limit reached for gpt-4o in organization"
                                            + " org-x on tokens per min (TPM): Limit 30000, Used ")
                            .append(20_000 + random.nextInt(10_000))
                            .append(
                                    ", Requested 12000. Please try again in 4.1s.', 'type': 'tokens', 'param': None, 'code':"
                                            + " 'rate_limit_exceeded'}}");
                    refusals++;
                } else if (kind < 6) {
                    line.append(
                            "INFO httpx: HTTP Request: POST https://api.openai.com/v1/chat/completions \"HTTP/1.1 200 OK\"");
                } else {
                    line.append("INFO app.worker:");
                    for (int w = 0; w < 12; w++) {
                        line.append(' ').append(words.get(random.nextInt(words.size())));
                    }
                }
                line.append('\n');
                out.append(line);
                written += line.length();
            }
        }
        return refusals;
    }
}
