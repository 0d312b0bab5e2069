package dev.penstock.benchmarks;

import dev.penstock.benchmarks.ProviderSide.Sendings;
import dev.penstock.benchmarks.Scorecard.Bound;
import dev.penstock.jobs.BatchJournal;
import dev.penstock.jobs.JobFileException;
import dev.penstock.jobs.batch.Part;
import dev.penstock.jobs.batch.PartPhase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** kill -9 of a run through batches at random moments, resumed each time by the same command. */
final class BatchKills {
    private static final int KILLS = 40;
    private static final long SEED = 31;
    private static final int ROWS = 24_000;
    private static final List<String> MODELS = List.of("gpt-4o-mini", "gpt-4.1-mini");
    private static final long QUEUE_TOKENS = 20_000;
    /** Each way. Steps that take a millisecond on one machine would never be hit. */
    private static final long LINE_MILLIS = 150;

    private static final Duration LONGEST = Duration.ofMinutes(15);
    /** Longer than a run waits before it believes that a batch did not come to be. */
    private static final Duration SETTLED = Duration.ofSeconds(23);

    private BatchKills() {}

    /** What a kill interrupted, as the job's file told afterwards. */
    private enum Step {
        READING("reading or dealing"),
        UPLOADING("uploading"),
        CREATING("creating"),
        FETCHING("fetching"),
        DELETING("deleting"),
        WAITING("waiting");

        final String word;

        Step(String word) {
            this.word = word;
        }
    }

    static void run(Bench bench) throws IOException, InterruptedException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        Path input = Rows.write(bench.folder().resolve("batch-kills.jsonl"), ROWS, 120, 200, 50, 37, MODELS);
        Path output = bench.folder().resolve("batch-kills.out.jsonl");
        // A batch takes about a second and a day 24 s: the one that expires is waited for.
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
                        "9",
                        "--batch-pace",
                        "20m..100m",
                        "--batch-time-scale",
                        "3600");
                SlowLine line = new SlowLine(emulator.port(), LINE_MILLIS)) {
            Map<Step, Integer> hit = new TreeMap<>();
            int killed = 0;
            int unsettled = 0;
            while (killed < KILLS) {
                // Every third life that ends with a creation of unknown outcome is long enough to find out.
                Duration life = unsettled >= 3
                        ? SETTLED.plusMillis(random.nextInt(2_000))
                        : Duration.ofMillis(400 + random.nextInt(3_400));
                try (Program run = start(bench, line, input, output)) {
                    long deadline = System.nanoTime() + life.toNanos();
                    while (run.alive() && System.nanoTime() - deadline < 0) {
                        Thread.sleep(5);
                    }
                    if (!run.alive()) {
                        break;
                    }
                    run.kill();
                }
                killed++;
                Step step = interrupted(output);
                unsettled = step == Step.CREATING && unsettled < 3 ? unsettled + 1 : 0;
                hit.merge(step, 1, Integer::sum);
            }
            int exit;
            try (Program run = start(bench, line, input, output)) {
                exit = run.waitFor(LONGEST);
            }
            print(bench, emulator, output, killed, hit, exit);
        } finally {
            Files.deleteIfExists(input);
        }
    }

    private static void print(
            Bench bench, EmulatorProcess emulator, Path output, int killed, Map<Step, Integer> hit, int exit)
            throws IOException, InterruptedException {
        Rows.requireWhole(output, ROWS);
        ProviderSide provider = ProviderSide.of(emulator);
        Sendings sendings = provider.sendings(ROWS);
        // One refusal of each model tells its limit.
        long least = MODELS.size() + sendings.leastBatches(QUEUE_TOKENS, MODELS.size());
        long left = provider.inputFiles();
        StringBuilder where = new StringBuilder();
        hit.forEach((step, times) -> where.append(where.isEmpty() ? "" : ", ")
                .append(step.word)
                .append(' ')
                .append(times));
        bench.scorecard()
                .print(
                        "batches: kill -9 and resume",
                        ("%d of %d kills (seed %d; while %s); %d batches created, %d at least needed, %d refused,"
                                        + " %d expired; %d files uploaded, %d left, exit %d")
                                .formatted(
                                        killed,
                                        KILLS,
                                        SEED,
                                        where,
                                        provider.figure("created"),
                                        least,
                                        provider.ended("failed"),
                                        provider.ended("expired"),
                                        provider.figure("files_uploaded"),
                                        left,
                                        exit),
                        Bound.exactly("kills", killed, KILLS),
                        Bound.exactly("kinds of steps hit", hit.size(), Step.values().length),
                        Bound.exactly("exit", exit, 0),
                        new Bound("every row once in the output, in order", true),
                        Bound.exactly("batches created twice", provider.createdTwice(), 0),
                        Bound.exactly("rows answered once", sendings.rowsAnsweredOnce(), ROWS),
                        Bound.exactly("rows paid twice", provider.figure("rows_paid_twice"), 0),
                        Bound.exactly("files left", left, 0),
                        Bound.exactly("batches that the job does not know", orphans(output, provider), 0),
                        Bound.exactly("batches that still run", provider.running(), 0));
    }

    private static Program start(Bench bench, SlowLine line, Path input, Path output) throws IOException {
        return Program.start(
                bench.root(),
                bench.log(),
                Map.of(),
                "run",
                input.toString(),
                "-o",
                output.toString(),
                "--base-url",
                line.baseUrl(),
                "--via",
                "batch",
                "--no-progress");
    }

    private static Step interrupted(Path output) {
        if (!Files.exists(Path.of(output + ".job"))) {
            return Step.READING;
        }
        List<Part> parts;
        try {
            parts = BatchJournal.read(output).parts();
        } catch (JobFileException e) {
            // Killed before the file was laid out.
            return Step.READING;
        }
        if (any(parts, PartPhase.UPLOADING)) {
            return Step.UPLOADING;
        }
        if (any(parts, PartPhase.CREATING)) {
            return Step.CREATING;
        }
        if (any(parts, PartPhase.ENDED)) {
            return Step.FETCHING;
        }
        if (parts.stream()
                .anyMatch(part -> part.phase().isOver() && !part.fileId().isEmpty())) {
            return Step.DELETING;
        }
        return any(parts, PartPhase.SUBMITTED) ? Step.WAITING : Step.READING;
    }

    private static boolean any(List<Part> parts, PartPhase phase) {
        return parts.stream().anyMatch(part -> part.phase() == phase);
    }

    /** Batches at the provider that are in no step of the job. */
    private static long orphans(Path output, ProviderSide provider) {
        Set<String> known = new HashSet<>();
        BatchJournal.read(output).events().forEach(event -> known.add(event.batchId()));
        return provider.batchIds().stream().filter(id -> !known.contains(id)).count();
    }
}
