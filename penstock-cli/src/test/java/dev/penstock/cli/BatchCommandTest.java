package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.BatchLedger;
import dev.penstock.emulator.BatchPace;
import dev.penstock.emulator.BatchSettings;
import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.TwinSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jobs in batches, from the command line. */
@Timeout(400)
class BatchCommandTest {
    private static final int KILLS = 40;
    private static final int AUTO_KILLS = 10;
    private static final int ROWS = 3_000;

    @TempDir
    private Path folder;

    @Test
    void aRunInBatchesShowsItsPartsAndEndsLikeAnyRun() throws IOException {
        Path in = input(100);
        Console console = Console.bare();
        try (Emulator emulator = start(BatchSettings.standard())) {
            assertThat(console.run(line("run", in, emulator, "--via", "batch"))).isZero();
        }
        assertThat(console.err()).contains("Answered all 100 rows in", "batches", "100 rows sent", "cost");
        assertThat(Files.readAllLines(folder.resolve("out.jsonl"))).hasSize(100);
    }

    @Test
    void anEmulatorOfItsOwnNeedsNoKey() throws IOException {
        Console console = Console.bare();
        assertThat(console.run(
                        "run",
                        input(20).toString(),
                        "-o",
                        folder.resolve("out.jsonl").toString(),
                        "--via",
                        "batch",
                        "--emulate",
                        "1"))
                .isZero();
        assertThat(console.err()).contains("Answered all 20 rows");
    }

    @Test
    void aBudgetStopsBatchesWithCode4AndAHigherOneResumes() throws IOException {
        Path in = input(100);
        Console console = Console.bare();
        try (Emulator emulator = start(BatchSettings.standard())) {
            // A row can cost 0.0000145 dollars: 103 bytes of input as tokens, 20 tokens of output, at half the price.
            assertThat(console.run(line("run", in, emulator, "--via", "batch", "--budget", "0.0003")))
                    .isEqualTo(4);
            assertThat(console.err())
                    .contains(
                            "Stopped at the budget",
                            "The next request might cost more than is left of the budget.",
                            "run the command with a higher --budget to resume");
            assertThat(emulator.ledger().batches().rowsRun()).isBetween(15L, 99L);
            assertThat(console.run(line("run", in, emulator, "--via", "batch", "--budget", "1")))
                    .isZero();
            assertThat(console.err()).contains("Answered the remaining", "of 100 rows");
            assertThat(emulator.ledger().batches().rowsRun()).isEqualTo(100);
        }
    }

    @Test
    void whatTheBudgetDoesNotCoverAtItsWorstIsNotSubmittedYet() throws IOException {
        Path in = input(100);
        Console console = Console.bare();
        try (Emulator emulator =
                start(BatchSettings.standard().withPace(BatchPace.parse("1h")).withTimeScale(600))) {
            assertThat(console.run(line("submit", in, emulator, "--budget", "0.001")))
                    .isZero();
            assertThat(console.err()).contains("1 batch runs", "does not cover the other rows at their worst");
            assertThat(emulator.ledger().batches().created()).isOne();
            assertThat(console.run(line("wait", in, emulator, "--budget", "0.01")))
                    .isZero();
            assertThat(emulator.ledger().batches().rowsRun()).isEqualTo(100);
        }
    }

    @Test
    void theStepsOfAJobAreTakenOneByOne() throws IOException {
        Path in = input(100);
        Console console = Console.bare();
        String out = folder.resolve("out.jsonl").toString();
        try (Emulator emulator =
                start(BatchSettings.standard().withPace(BatchPace.parse("1h")).withTimeScale(600))) {
            String url = emulator.baseUri().toString();
            assertThat(console.run(line("submit", in, emulator))).isZero();
            assertThat(console.err()).contains("0 of 100 rows answered", "1 batch runs", "penstock batch wait");

            assertThat(console.run("batch", "status", out)).isZero();
            assertThat(console.out())
                    .contains(
                            "0 of 100 rows answered; 1 batch runs.", "in progress", "gpt-4o-mini", "batch_", "ends by");
            assertThat(Path.of(out + ".job-shm"))
                    .as("what reading alone leaves")
                    .doesNotExist();
            assertThat(Path.of(out + ".job-wal")).doesNotExist();
            assertThat(console.run("batch", "status", out + ".job", "--events")).isZero();
            assertThat(console.out()).contains("planned", "upload begins", "creation 1 begins", "created as batch_");
            assertThat(console.run("batch", "list", "--base-url", url)).isZero();
            assertThat(console.out()).contains("batch_", "in progress", ", part 1");

            assertThat(console.run(line("fetch", in, emulator))).isEqualTo(5);
            assertThat(console.run(line("run", in, emulator))).isEqualTo(2);
            assertThat(console.err()).contains("would be paid for twice");
            assertThat(console.run(line("wait", in, emulator))).isZero();
            assertThat(console.err()).contains("Answered all 100 rows");
            assertThat(emulator.ledger().batches().created()).isOne();
            assertThat(console.run("batch", "status", out)).isZero();
            assertThat(console.out()).contains("100 of 100 rows answered.", "over (completed)");
        }
    }

    @Test
    void anInterruptedRunLeavesItsBatchesAndSaysHowToGoOn() throws IOException, InterruptedException {
        Path in = input(100);
        try (Emulator emulator =
                start(BatchSettings.standard().withPace(BatchPace.parse("1h")).withTimeScale(200))) {
            try (Command command = Command.start(folder, line("run", in, emulator, "--via", "batch"))) {
                command.until("a batch runs", () -> emulator.ledger().batches().created() == 1);
                command.signal("INT");
                assertThat(command.exitCode()).isEqualTo(130);
                assertThat(command.err()).contains("batches go on at the provider", "penstock batch cancel");
            }
            Console console = Console.bare();
            assertThat(console.run(line("cancel", in, emulator))).isZero();
            assertThat(console.err()).contains("No batch of this job runs any more");
            assertThat(emulator.ledger().batches().ended().get("cancelled")).isOne();
        }
    }

    @Test
    void killedAtRandomMomentsItCreatesNoBatchTwicePaysNoRowTwiceAndLosesNone()
            throws IOException, InterruptedException {
        long seed = 20_261_124;
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        int kills = 0;
        for (int job = 1; kills < KILLS; job++) {
            // Each job with a provider of its own: the same rows would count as paid before.
            try (Emulator emulator = start(BatchSettings.standard()
                    .withPace(BatchPace.parse("36m"))
                    .withTimeScale(7_200)
                    .withRowErrorShare(0.03)
                    .withExpiring(Set.of(3))
                    .withQueueTokens(6_000))) {
                for (String file : List.of("out.jsonl", "out.jsonl.job")) {
                    Files.deleteIfExists(folder.resolve(file));
                }
                String[] line = line(
                        "run", input(ROWS), emulator, "--via", "batch", "--queue-limit", "6000", "--settling", "500ms");
                boolean done = false;
                while (kills < KILLS && !done) {
                    try (Command command = Command.start(folder, line)) {
                        done = command.endsWithin(400 + random.nextInt(1_600));
                        kills += done ? 0 : 1;
                    }
                }
                Console console = Console.bare();
                assertThat(console.run(line)).as(console.err()).isZero();
                requireNothingTwiceAndNothingLost(emulator.ledger().batches());
                System.out.println("seed " + seed + ", job " + job + ", kills so far " + kills + ": "
                        + emulator.ledger().batches().ended() + ", paid twice "
                        + emulator.ledger().batches().rowsPaidTwice());
            }
        }
    }

    @Test
    void killedBetweenBatchesAndLiveCallsItPaysNoRowTwiceInBatchesAndLosesNone()
            throws IOException, InterruptedException {
        long seed = 20_261_125;
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        try (Emulator emulator = start(BatchSettings.standard()
                .withPace(BatchPace.parse("20h"))
                .withTimeScale(7_200)
                .withRowErrorShare(0.03))) {
            String[] line = line(
                    "run",
                    input(ROWS),
                    emulator,
                    "--via",
                    "auto",
                    "--deadline",
                    "60s",
                    "--cancelling",
                    "1s",
                    "--tier",
                    "1",
                    "--settling",
                    "500ms");
            int kills = 0;
            boolean done = false;
            while (kills < AUTO_KILLS && !done) {
                try (Command command = Command.start(folder, line)) {
                    done = command.endsWithin(600 + random.nextInt(2_400));
                    kills += done ? 0 : 1;
                }
            }
            Console console = Console.bare();
            assertThat(console.run(line)).as(console.err()).isZero();
            requireNothingTwiceAndNothingLost(emulator.ledger().batches());
            System.out.println("seed " + seed + ", --via auto, kills " + kills + ": "
                    + emulator.ledger().batches().rowsRun() + " rows run in batches, "
                    + emulator.ledger().answered() + " answered live, of " + ROWS);
        }
    }

    private void requireNothingTwiceAndNothingLost(BatchLedger ledger) throws IOException {
        Map<String, Integer> byPart = new HashMap<>();
        ledger.batches().forEach(batch -> byPart.merge(batch.metadata().get("penstock_part"), 1, Integer::sum));
        assertThat(byPart.values()).as("batches of each part").allMatch(count -> count == 1);
        assertThat(ledger.rowsPaidTwice()).isZero();
        assertThat(Files.readAllLines(folder.resolve("out.jsonl"))).hasSize(ROWS);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(Path::toString).filter(file -> file.contains(".part-")))
                    .isEmpty();
        }
    }

    private static Emulator start(BatchSettings batches) {
        return Emulator.start(EmulatorSettings.of(TwinSettings.builder()
                .limits(FamilyLimits.none())
                .batches(batches)
                .build()));
    }

    private String[] line(String verb, Path in, Emulator emulator, String... more) {
        List<String> command = verb.equals("run") ? List.of("run") : List.of("batch", verb);
        Stream<String> all = Stream.of(
                        command.stream(),
                        Stream.of(
                                in.toString(),
                                "-o",
                                folder.resolve("out.jsonl").toString(),
                                "--base-url",
                                emulator.baseUri().toString()),
                        Arrays.stream(more))
                .flatMap(part -> part);
        return all.toArray(String[]::new);
    }

    private Path input(int rows) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rows; i++) {
            text.append("{\"custom_id\":\"id-" + i + "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
                    + "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Row " + i
                    + "\"}],\"max_tokens\":20}}\n");
        }
        return Files.writeString(folder.resolve("in.jsonl"), text);
    }
}
