package dev.penstock.benchmarks;

import dev.penstock.benchmarks.Scorecard.Bound;
import dev.penstock.jobs.BatchJournal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Ten million rows are read, stored and dealt to parts, of which the first is uploaded, within 256 MB of heap. */
final class BatchMemory {
    private static final int ROWS = 10_000_000;
    private static final int ROWS_PER_PART = 50_000;
    private static final int HEAP_MEGABYTES = 256;
    private static final Duration LONGEST = Duration.ofMinutes(30);
    private static final Pattern HEAP = Pattern.compile("Pause (Full|Young).* (\\d+)M->(\\d+)M\\(");

    private BatchMemory() {}

    static void run(Bench bench) throws IOException, InterruptedException {
        Path input = bench.folder().resolve("batch-memory.jsonl");
        Path output = bench.folder().resolve("batch-memory.out.jsonl");
        Path gc = bench.folder().resolve("batch-gc.log");
        // The batch takes an hour, so that nothing but the first part leaves this machine.
        try (EmulatorProcess emulator =
                EmulatorProcess.start(bench.root(), bench.log(), "--tier", "unlimited", "--batch-pace", "1h")) {
            Rows.write(input, ROWS, 10, 30, 10, 41);
            long megabytes = Files.size(input) >> 20;
            int exit;
            long started = System.nanoTime();
            try (Program submit = Program.start(
                    bench.root(),
                    bench.log(),
                    Map.of("PENSTOCK_JAVA_OPTS", "-Xmx" + HEAP_MEGABYTES + "m -Xlog:gc:file=" + gc),
                    "batch",
                    "submit",
                    input.toString(),
                    "-o",
                    output.toString(),
                    "--base-url",
                    emulator.baseUrl(),
                    "--queue-limit",
                    "2000000",
                    "--no-progress")) {
                long deadline = System.nanoTime() + LONGEST.toNanos();
                while (submit.alive() && System.nanoTime() - deadline < 0) {
                    Thread.sleep(4_000);
                    submit.collectGarbage();
                }
                exit = submit.waitFor(Duration.ofSeconds(1));
            }
            double seconds = (System.nanoTime() - started) / 1e9;
            int peak = 0;
            int live = 0;
            for (String line : Files.readAllLines(gc)) {
                Matcher heap = HEAP.matcher(line);
                if (heap.find()) {
                    peak = Math.max(peak, Integer.parseInt(heap.group(2)));
                    live = Math.max(live, heap.group(1).equals("Full") ? Integer.parseInt(heap.group(3)) : 0);
                }
            }
            BatchJournal job = BatchJournal.read(output);
            long dealt =
                    job.parts().stream().mapToLong(part -> part.size().rows()).sum();
            bench.scorecard()
                    .print(
                            "batches: memory",
                            ("%,d rows (%,d MB) dealt to %d parts, %d uploaded, in %.0f s; heap at most %d MB full,"
                                            + " %d MB alive after a full collection, exit %d")
                                    .formatted(
                                            dealt,
                                            megabytes,
                                            job.parts().size(),
                                            ProviderSide.of(emulator).figure("files_uploaded"),
                                            seconds,
                                            peak,
                                            live,
                                            exit),
                            // The JVM itself keeps the heap below 256 MB, or the command does not end with 0.
                            Bound.exactly("within 256 MB: exit", exit, 0),
                            Bound.atMost("heap", peak, HEAP_MEGABYTES, " MB"),
                            Bound.exactly("rows dealt", dealt, ROWS),
                            Bound.exactly("parts", job.parts().size(), ROWS / ROWS_PER_PART));
        } finally {
            for (Path file : List.of(
                    input,
                    output,
                    Path.of(output + ".job"),
                    Path.of(output + ".job-wal"),
                    Path.of(output + ".job-shm"))) {
                Files.deleteIfExists(file);
            }
        }
    }
}
