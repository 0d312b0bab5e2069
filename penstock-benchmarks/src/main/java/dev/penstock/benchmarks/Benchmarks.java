package dev.penstock.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import dev.penstock.benchmarks.Scorecard.Bound;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Penstock claims, measured on the real command in real processes. Each figure is printed beside what is required
 * of it, as a ratio where time is involved; exit status 1 if any is missed. Started by {@code ./bench}.
 */
final class Benchmarks {
    private static final Duration LONGEST = Duration.ofMinutes(15);

    private final Path root;
    private final Path folder;
    private final Path log;
    private final Scorecard scorecard = new Scorecard();

    private Benchmarks(Path root) throws IOException {
        this.root = root;
        this.folder = Files.createTempDirectory("penstock-bench");
        this.log = folder.resolve("log.txt");
    }

    private static final List<String> NAMES = List.of(
            "start",
            "socket",
            "shapes",
            "shared",
            "faults",
            "kill",
            "speed",
            "memory",
            "budget",
            "batch-rows",
            "batch-kills",
            "batch-memory",
            "gateway-burst",
            "gateway-overload",
            "gateway-cost",
            "gateway-waiting",
            "gateway-refusals",
            "gateway-outage",
            "diagnose",
            "simulate",
            "ui",
            "retries",
            "jmh",
            "openai",
            "plan");

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path root = Path.of(arguments[0]);
        List<String> wanted = arguments.length > 1 ? Arrays.asList(arguments).subList(1, arguments.length) : NAMES;
        System.out.println("Java " + System.getProperty("java.vm.version") + " on "
                + Runtime.getRuntime().availableProcessors() + " cores, " + System.getProperty("os.name"));
        var benchmarks = new Benchmarks(root);
        for (String name : wanted) {
            try {
                benchmarks.run(name);
            } catch (IOException | IllegalStateException e) {
                benchmarks.scorecard.broke(name, e.getMessage() + "; what the processes said is in " + benchmarks.log);
            }
        }
        if (benchmarks.scorecard.anyMissed()) {
            System.exit(1);
        }
    }

    private void run(String name) throws IOException, InterruptedException {
        switch (name) {
            case "start" -> start();
            case "socket" ->
                socket("closeness over a socket", List.of("--shape", "bucket"), 1.0, List.of(), new Required(1.05, 0));
            case "shapes" -> {
                for (String shape : List.of("sliding", "fixed", "quantized")) {
                    socket(
                            shape + ", unknown to the client",
                            List.of("--shape", shape),
                            shape.equals("quantized") ? 1 / 60.0 : 1.0,
                            List.of(),
                            new Required(1.10, 0.5));
                }
            }
            case "shared" ->
                socket(
                        "another client takes half, 20 s on, 20 s off",
                        List.of("--other", "50%:20s/20s"),
                        1.0,
                        List.of(),
                        new Required(1.03, 0.5));
            case "faults" ->
                socket(
                        "faults",
                        List.of("--fault", "500=5%,reset=2%,hang=1%,cut=1%"),
                        1.0,
                        List.of("--timeout", "5s"),
                        Required.COMPLETENESS);
            case "kill" -> kill(50);
            case "speed" -> speed(150_000);
            case "memory" -> memory(2_000_000);
            case "budget" -> Budget.run(bench());
            case "batch-rows" -> BatchRows.run(bench());
            case "batch-kills" -> BatchKills.run(bench());
            case "batch-memory" -> BatchMemory.run(bench());
            case "gateway-burst" -> GatewayBurst.run(bench());
            case "gateway-overload" -> GatewayOverload.run(bench());
            case "gateway-cost" -> GatewayCost.run(bench());
            case "gateway-waiting" -> GatewayWaiting.run(bench());
            case "gateway-refusals" -> GatewayWaiting.refusals(bench());
            case "gateway-outage" -> GatewayOutage.run(bench());
            case "openai" -> OpenAiClients.run(bench());
            case "diagnose" -> DiagnoseLog.run(bench());
            case "simulate" -> Simulate.run(bench());
            case "ui" -> UiPage.run(bench());
            case "retries" -> Retries.run(bench());
            case "jmh" -> Overheads.run(bench());
            case "plan" -> PlanForecast.run(bench());
            default ->
                throw new IllegalArgumentException(
                        "there is no benchmark '" + name + "'; there are virtual, " + String.join(", ", NAMES));
        }
    }

    private Bench bench() {
        return new Bench(root, folder, log, scorecard);
    }

    /**
     * What a run over a socket must keep, besides that each row is in the output once.
     *
     * @param refusedPercent most 429s, in percent of the rows
     */
    private record Required(double ratio, double refusedPercent) {
        /** Neither time nor refusals are judged. */
        static final Required COMPLETENESS = new Required(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
    }

    /** A run of a little over a minute at 3,000 requests a minute. */
    private void socket(
            String name, List<String> emulatorOptions, double burstShare, List<String> runOptions, Required required)
            throws IOException, InterruptedException {
        int rpm = 3_000;
        int tpm = 2_000_000;
        // Two whole minutes' worth where the provider may count windows: five hundred rows more could not be sent
        // before a
        // third window, whoever sends them, and the formula of the ideal knows only a steady rate.
        int count = name.contains("unknown") ? 2 * rpm : 6_500;
        Path input = Rows.write(folder.resolve("socket.jsonl"), count, 200, 600, 100, 11);
        Path output = folder.resolve("socket.out.jsonl");
        deleteJob(output);
        List<String> options = new ArrayList<>(List.of(
                "--rpm", Integer.toString(rpm), "--tpm", Integer.toString(tpm), "--latency", "lognormal:1s,0.4"));
        options.addAll(emulatorOptions);
        try (EmulatorProcess emulator = EmulatorProcess.start(root, log, options.toArray(String[]::new))) {
            int exit = run(emulator, input, output, runOptions);
            JsonNode ledger = emulator.ledger();
            Rows.requireWhole(output, count);
            double seconds = (ledger.path("last_answer_ms").asLong()
                            - ledger.path("first_arrival_ms").asLong())
                    / 1e3;
            double requests = ledger.path("admitted").asLong()
                    + ledger.path("other_client").path("requests").asLong();
            double tokens = ledger.path("tokens_charged").asLong()
                    + ledger.path("other_client").path("tokens").asLong();
            double ideal = ledger.path("last_latency_ms").asLong() / 1e3
                    + Math.max(
                            (requests - burstShare * rpm) / (rpm / 60.0), (tokens - burstShare * tpm) / (tpm / 60.0));
            long refused = ledger.path("refused_total").asLong();
            double refusedPercent = 100.0 * refused / count;
            List<Bound> bounds = new ArrayList<>();
            if (required != Required.COMPLETENESS) {
                bounds.add(Bound.atMost("ratio", seconds / ideal, required.ratio(), ""));
                bounds.add(Bound.atMost("429s", refusedPercent, required.refusedPercent(), " %"));
            }
            // That each row is there once was checked above, or this line would not be reached.
            bounds.add(new Bound("every row once in the output", true));
            bounds.add(Bound.exactly("exit", exit, 0));
            scorecard.print(
                    name,
                    "%.3f of the ideal %.1f s, %d 429s (%.2f %%), %d repeated after an answer, exit %d"
                            .formatted(
                                    seconds / ideal,
                                    ideal,
                                    refused,
                                    refusedPercent,
                                    ledger.path("repeated_after_answer").asLong(),
                                    exit),
                    bounds.toArray(Bound[]::new));
        }
    }

    private int run(EmulatorProcess emulator, Path input, Path output, List<String> more)
            throws IOException, InterruptedException {
        try (Program run = startRun(emulator, input, output, more, Map.of())) {
            return run.waitFor(LONGEST);
        }
    }

    private Program startRun(
            EmulatorProcess emulator, Path input, Path output, List<String> more, Map<String, String> environment)
            throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "run", input.toString(), "-o", output.toString(), "--base-url", emulator.baseUrl(), "--no-progress"));
        arguments.addAll(more);
        return Program.start(root, log, environment, arguments.toArray(String[]::new));
    }

    /** kill -9 at random moments until the job is done; what was stored must stay, and little may be paid again. */
    private void kill(int kills) throws IOException, InterruptedException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(17);
        // A burst of 12,000 goes first, the rest at 200 a second: meant to outlast all the kills.
        int count = 30_000;
        Path input = Rows.write(folder.resolve("kill.jsonl"), count, 100, 300, 50, 13);
        Path output = folder.resolve("kill.out.jsonl");
        deleteJob(output);
        int killed = 0;
        try (EmulatorProcess emulator =
                EmulatorProcess.start(root, log, "--rpm", "12000", "--tpm", "100000000", "--latency", "50ms..400ms")) {
            while (killed < kills) {
                try (Program run = startRun(emulator, input, output, List.of(), Map.of())) {
                    long deadline = System.nanoTime()
                            + Duration.ofMillis(700 + random.nextInt(1_800)).toNanos();
                    while (run.alive() && System.nanoTime() - deadline < 0) {
                        Thread.sleep(5);
                    }
                    if (!run.alive()) {
                        break;
                    }
                    run.kill();
                    killed++;
                }
            }
            int exit = run(emulator, input, output, List.of());
            JsonNode ledger = emulator.ledger();
            Rows.requireWhole(output, count);
            long again = ledger.path("admitted").asLong() - count;
            long cutOff = ledger.path("hang_ups").asLong();
            // A row is in flight until it is on disk. What was in flight at each kill cannot be seen from outside; the
            // most that the provider ever had in work at a time bounds it.
            long inFlight = killed * ledger.path("peak_concurrency").asLong();
            scorecard.print(
                    "kill -9 and resume",
                    "%d of %d kills, 0 lost, 0 double in the output; paid again: %d of %d rows = %d that the provider was"
                                    .formatted(killed, kills, again, count, cutOff)
                            + " working on + %d answered and not yet on disk (%.1f a kill), exit %d"
                                    .formatted(again - cutOff, (double) (again - cutOff) / Math.max(1, killed), exit),
                    Bound.exactly("kills", killed, kills),
                    new Bound("every row once in the output", true),
                    Bound.atMost("paid again", again, inFlight, " (kills × peak in flight)"),
                    Bound.exactly("exit", exit, 0));
        }
    }

    private void speed(int count) throws IOException, InterruptedException {
        Path input = Rows.write(folder.resolve("speed.jsonl"), count, 200, 400, 50, 19);
        Path output = folder.resolve("speed.out.jsonl");
        try (EmulatorProcess emulator = EmulatorProcess.start(root, log, "--tier", "unlimited", "--latency", "0s")) {
            for (int round = 1; round <= 2; round++) {
                deleteJob(output);
                long admittedBefore = emulator.ledger().path("admitted").asLong();
                Duration cpu = Duration.ZERO;
                long started = System.nanoTime();
                long firstAnswer = 0;
                long lastAnswer = 0;
                int exit;
                try (Program run = startRun(emulator, input, output, List.of(), Map.of())) {
                    while (run.alive()) {
                        Duration used = run.cpu();
                        cpu = used.compareTo(cpu) > 0 ? used : cpu;
                        Thread.sleep(20);
                        long answered = emulator.ledger().path("admitted").asLong() - admittedBefore;
                        if (answered > 0 && firstAnswer == 0) {
                            firstAnswer = System.nanoTime();
                        }
                        if (answered < count) {
                            lastAnswer = System.nanoTime();
                        }
                    }
                    exit = run.waitFor(LONGEST);
                }
                double whole = (System.nanoTime() - started) / 1e9;
                double sending = (lastAnswer - firstAnswer) / 1e9;
                Rows.requireWhole(output, count);
                scorecard.print(
                        "speed, round " + round,
                        "%,.0f rows/s while sending, %,.0f rows/s from start to exit, %.0f us CPU a row (whole process)"
                                .formatted(count / sending, count / whole, cpu.toNanos() / 1e3 / count),
                        Bound.atLeast("while sending", count / sending, 5_000, " rows/s"),
                        Bound.exactly("exit", exit, 0));
            }
        }
    }

    private void memory(int count) throws IOException, InterruptedException {
        Path input = Rows.write(folder.resolve("memory.jsonl"), count, 100, 200, 10, 23);
        Path output = folder.resolve("memory.out.jsonl");
        deleteJob(output);
        Path gc = folder.resolve("gc.log");
        try (EmulatorProcess emulator = EmulatorProcess.start(root, log, "--tier", "unlimited", "--latency", "0s")) {
            int exit;
            try (Program run = startRun(
                    emulator, input, output, List.of(), Map.of("PENSTOCK_JAVA_OPTS", "-Xmx256m -Xlog:gc:file=" + gc))) {
                long deadline = System.nanoTime() + Duration.ofMinutes(40).toNanos();
                while (run.alive() && System.nanoTime() - deadline < 0) {
                    Thread.sleep(4_000);
                    run.collectGarbage();
                }
                exit = run.waitFor(Duration.ofMinutes(1));
            }
            Rows.requireWhole(output, count);
            List<Integer> after = heapAfterCollections(gc);
            int size = after.size();
            if (size < 4) {
                throw new IllegalStateException("the run collected garbage only " + size + " times");
            }
            int second = Collections.min(after.subList(size / 4, size / 2));
            int last = Collections.min(after.subList(3 * size / 4, size));
            scorecard.print(
                    "memory",
                    "%,d rows within -Xmx256m, exit %d; live heap after collections, MB: first quarter %d, second %d, third %d, last %d"
                            .formatted(
                                    count,
                                    exit,
                                    Collections.min(after.subList(0, size / 4)),
                                    second,
                                    Collections.min(after.subList(size / 2, 3 * size / 4)),
                                    last),
                    // The JVM itself keeps the heap below 256 MB, or the run does not end with 0.
                    Bound.exactly("within 256 MB: exit", exit, 0),
                    Bound.atMost("flat: last quarter", last, Math.rint(1.1 * second + 8), " MB (second + 10 % + 8)"));
        }
    }

    private static List<Integer> heapAfterCollections(Path gc) throws IOException {
        Pattern line = Pattern.compile("->(\\d+)M\\(");
        List<Integer> sizes = new ArrayList<>();
        for (String text : Files.readAllLines(gc)) {
            Matcher matcher = line.matcher(text);
            if (text.contains("Pause Full") && matcher.find()) {
                sizes.add(Integer.parseInt(matcher.group(1)));
            }
        }
        return sizes;
    }

    private void start() throws IOException, InterruptedException {
        List<Double> seconds = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            long started = System.nanoTime();
            try (Program version = Program.start(root, log, Map.of(), "--version")) {
                version.output();
                version.waitFor(Duration.ofSeconds(30));
            }
            if (i >= 2) {
                seconds.add((System.nanoTime() - started) / 1e9);
            }
        }
        Collections.sort(seconds);
        double median = seconds.get(seconds.size() / 2);
        scorecard.print(
                "start (./penstock --version)",
                "median %.2f s, worst of %d %.2f s".formatted(median, seconds.size(), seconds.getLast()),
                Bound.atMost("median", median, 0.5, " s"));
    }

    private static void deleteJob(Path output) throws IOException {
        for (String suffix : List.of("", ".job", ".job-wal", ".job-shm", ".job.lock", ".errors.jsonl")) {
            Files.deleteIfExists(Path.of(output + suffix));
        }
    }
}
