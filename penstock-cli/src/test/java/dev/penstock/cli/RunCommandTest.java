package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FaultPlan;
import dev.penstock.emulator.TwinSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs of the command against the emulator. */
class RunCommandTest {
    private static final String PROMPT_TEXT = "Zanzibar, in a word";

    @TempDir
    private Path folder;

    private Path input;
    private Path output;

    @BeforeEach
    void writeInput() throws IOException {
        input = folder.resolve("rows.csv");
        output = folder.resolve("answers.csv");
        Files.writeString(input, "id,question\n1,How deep?\n2,How wide?\n3,How old?\n");
    }

    @Test
    void everyRowIsAnsweredAndTheSummarySaysSo() throws IOException {
        Console console = Console.bare();
        assertThat(emulated(console, "tier-1")).isZero();
        assertThat(Files.readAllLines(output)).hasSize(4).first().isEqualTo("id,question,answer");
        assertThat(console.out()).isEmpty();
        assertThat(console.err())
                .contains("rows.csv", "3 rows", "gpt-4o-mini", "emulated tier 1")
                .contains("Answered all 3 rows in", output.toString(), "429s", "none", "3 sent", "tokens", "cost");
    }

    @Test
    void withoutAnOutputTheAnswersGoToStandardOutput() {
        Console console = Console.bare();
        assertThat(run(console, "--emulate", "free", "--emulate-latency", "0s")).isZero();
        assertThat(console.out().lines()).hasSize(4).first().isEqualTo("id,question,answer");
    }

    @Test
    void theSameCommandAgainSendsNothing() {
        Console console = Console.bare();
        assertThat(emulated(console, "1")).isZero();
        assertThat(emulated(console, "tier-1")).isZero();
        assertThat(console.err()).contains("All 3 rows were answered before; nothing was sent.");
    }

    @Test
    void changedOptionsAreExplainedAndNothingIsSent() {
        Console console = Console.bare();
        assertThat(emulated(console, "1")).isZero();
        assertThat(run(
                        console,
                        "-o",
                        output.toString(),
                        "--emulate",
                        "1",
                        "--emulate-latency",
                        "0s",
                        "--max-output",
                        "9"))
                .isEqualTo(2);
        assertThat(console.err())
                .startsWith("penstock: ")
                .contains("--max-output", "was added", "--restart")
                .doesNotContain(PROMPT_TEXT);
    }

    @Test
    void badRowsAreNamedWithTheirPlaceBeforeAnythingIsSent() throws IOException {
        Files.writeString(input, "id,question\n1,How deep?\n2\n");
        Console console = Console.bare();
        try (Emulator emulator = start(TwinSettings.builder())) {
            assertThat(against(console, emulator)).isEqualTo(2);
            assertThat(console.err()).contains("3:", "--skip-bad");
            assertThat(emulator.ledger().arrived()).isZero();
            assertThat(against(console, emulator, "--skip-bad")).isZero();
            assertThat(console.err()).contains("1 row cannot be sent and will be skipped", ":3:", "skipped");
            assertThat(emulator.ledger().answered()).isOne();
        }
    }

    @Test
    void rowsThatFailForGoodEndWithCode1AndAreListed() throws IOException {
        Console console = Console.bare();
        try (Emulator emulator = start(TwinSettings.builder().faults(FaultPlan.parse("500=100%")))) {
            assertThat(against(console, emulator, "--max-attempts", "1")).isEqualTo(1);
        }
        assertThat(console.err()).contains("Answered 0 of 3 rows", "3 failed for good", "line 2", "errors.jsonl");
        assertThat(folder.resolve("answers.csv.errors.jsonl")).exists();
        try (Emulator emulator = start(TwinSettings.builder())) {
            // The twin has another port now, so it is another upstream for the job.
            assertThat(against(console, emulator, "--restart")).isZero();
        }
        assertThat(folder.resolve("answers.csv.errors.jsonl")).doesNotExist();
    }

    @Test
    void aBadKeyStopsTheRunWithCode3() {
        Console console = Console.withKey();
        try (Emulator emulator = start(TwinSettings.builder().apiKey("another"))) {
            assertThat(against(console, emulator)).isEqualTo(3);
        }
        assertThat(console.err())
                .contains("Stopped by the provider", "0 of 3 rows answered", "run the same command again")
                .doesNotContain("—");
    }

    @Test
    void aBudgetStopsTheRunWithCode4() {
        Console console = Console.bare();
        assertThat(emulated(console, "1", "--budget", "0.000001")).isEqualTo(4);
        assertThat(console.err()).contains("Stopped at the budget", "higher --budget");
    }

    @Test
    void anInputThatIsNotThereIsNamed() {
        Console console = Console.bare();
        assertThat(console.run("run", folder.resolve("none.jsonl").toString(), "--emulate", "1"))
                .isEqualTo(2);
        assertThat(console.err()).startsWith("penstock: ").contains("none.jsonl does not exist");
    }

    @Test
    void theJsonSummaryIsOneObjectOnStandardOutput() {
        Console console = Console.bare();
        assertThat(emulated(console, "1", "--json")).isZero();
        assertThat(console.out().lines())
                .singleElement()
                .asString()
                .startsWith("{\"end\":\"complete\",\"exit_code\":0,\"rows\":3,\"answered\":3,\"failed\":0")
                .contains("\"refused_429\":0", "\"input_tokens\":", "\"job\":\"" + output + ".job\"")
                .endsWith("}");
    }

    @Test
    void quietMeansOnlyTheSummary() {
        Console console = Console.bare();
        assertThat(emulated(console, "1", "--no-progress")).isZero();
        assertThat(console.err()).startsWith("Answered all 3 rows");
    }

    @Test
    void aKeyIsSentButNeverShownNorStored() throws IOException {
        List<Console> consoles = new ArrayList<>();
        StringBuilder shown = new StringBuilder();
        for (String faults : List.of("", "500=50%", "reset=50%", "cut=50%")) {
            for (String accepted : List.of(Console.KEY, "another")) {
                Console console = new Console(Map.of("OPENAI_API_KEY", Console.KEY, "PENSTOCK_DEBUG", "1"));
                try (Emulator emulator =
                        start(TwinSettings.builder().apiKey(accepted).faults(FaultPlan.parse(faults)))) {
                    int code = against(console, emulator, "--restart", "--max-attempts", "1");
                    assertThat(code).isIn(accepted.equals(Console.KEY) ? List.of(0, 1) : List.of(3));
                }
                consoles.add(console);
                shown.append(console.out()).append(console.err());
            }
        }
        Console unreachable = Console.withKey();
        assertThat(run(unreachable, "-o", output.toString(), "--base-url", "http://user:" + Console.KEY + "@x/v1"))
                .isEqualTo(2);
        shown.append(unreachable.out()).append(unreachable.err());
        assertThat(shown).doesNotContain(Console.KEY).contains("Stopped by the provider");
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                assertThat(new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain(Console.KEY);
            }
        }
    }

    private int emulated(Console console, String tier, String... more) {
        return run(
                console,
                concat(new String[] {"-o", output.toString(), "--emulate", tier, "--emulate-latency", "0s"}, more));
    }

    private int against(Console console, Emulator emulator, String... more) {
        return run(
                console,
                concat(
                        new String[] {
                            "-o",
                            output.toString(),
                            "--base-url",
                            emulator.baseUri().toString()
                        },
                        more));
    }

    private int run(Console console, String... more) {
        return console.run(concat(
                new String[] {
                    "run", input.toString(), "--model", "gpt-4o-mini", "--prompt", PROMPT_TEXT + ": {{question}}"
                },
                more));
    }

    private static Emulator start(TwinSettings.Builder twin) {
        return Emulator.start(EmulatorSettings.of(twin.build()));
    }

    private static String[] concat(String[] first, String[] second) {
        return Stream.concat(Arrays.stream(first), Arrays.stream(second)).toArray(String[]::new);
    }
}
