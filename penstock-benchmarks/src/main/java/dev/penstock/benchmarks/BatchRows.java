package dev.penstock.benchmarks;

import dev.penstock.benchmarks.ProviderSide.Sendings;
import dev.penstock.benchmarks.Scorecard.Bound;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** A large job through batches, with everything that goes wrong. */
final class BatchRows {
    private static final int ROWS = 120_000;
    private static final long QUEUE_TOKENS = 2_000_000;
    private static final Duration LONGEST = Duration.ofMinutes(15);

    private BatchRows() {}

    static void run(Bench bench) throws IOException, InterruptedException {
        Path input = Rows.write(bench.folder().resolve("batch-rows.jsonl"), ROWS, 180, 260, 50, 29);
        Path output = bench.folder().resolve("batch-rows.out.jsonl");
        // A day takes 17 s, so that the batch that expires is waited for.
        try (EmulatorProcess emulator = EmulatorProcess.start(
                bench.root(),
                bench.log(),
                "--tier",
                "unlimited",
                "--batch-queue",
                Long.toString(QUEUE_TOKENS),
                "--batch-row-errors",
                "3%",
                "--batch-expire",
                "3",
                "--batch-time-scale",
                "5000")) {
            int exit;
            long started = System.nanoTime();
            try (Program run = Program.start(
                    bench.root(),
                    bench.log(),
                    Map.of(),
                    "run",
                    input.toString(),
                    "-o",
                    output.toString(),
                    "--base-url",
                    emulator.baseUrl(),
                    "--via",
                    "batch",
                    "--no-progress")) {
                exit = run.waitFor(LONGEST);
            }
            double seconds = (System.nanoTime() - started) / 1e9;
            Rows.requireWhole(output, ROWS);
            ProviderSide provider = ProviderSide.of(emulator);
            Sendings sendings = provider.sendings(ROWS);
            long created = provider.figure("created");
            long refused = provider.ended("failed");
            long least = 1 + sendings.leastBatches(QUEUE_TOKENS, 1);
            bench.scorecard()
                    .print(
                            "batches: 120,000 rows and everything goes wrong",
                            ("%d batches: %d refused, %d expired, %d completed; %,d rows sent again, one up to %d times;"
                                            + " at most %,d tokens enqueued; paid twice %d; %.0f s, exit %d")
                                    .formatted(
                                            created,
                                            refused,
                                            provider.ended("expired"),
                                            provider.ended("completed"),
                                            sendings.again(),
                                            sendings.rounds() - 1,
                                            provider.figure("peak_enqueued_tokens"),
                                            provider.figure("rows_paid_twice"),
                                            seconds,
                                            exit),
                            Bound.exactly("exit", exit, 0),
                            new Bound("every row once in the output, in order", true),
                            Bound.exactly("rows answered once", sendings.rowsAnsweredOnce(), ROWS),
                            Bound.exactly("rows paid twice", provider.figure("rows_paid_twice"), 0),
                            Bound.exactly("expired", provider.ended("expired"), 1),
                            Bound.exactly("refused to learn the limit", refused, 1),
                            Bound.exactly("batches = the least possible", created, least));
        } finally {
            Files.deleteIfExists(input);
        }
    }
}
