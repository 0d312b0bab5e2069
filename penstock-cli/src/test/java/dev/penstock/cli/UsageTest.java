package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {
    private final Console console = Console.bare();

    @TempDir
    private Path folder;

    @Test
    void withoutACommandTheHelpIsShownAsAnError() {
        assertThat(console.run()).isEqualTo(2);
        assertThat(console.err()).contains("penstock COMMAND", "run", "emulator", "tiers");
        assertThat(console.out()).isEmpty();
    }

    @Test
    void helpGoesToStandardOutput() {
        for (String command :
                new String[] {"run", "emulator", "simulate", "plan", "doctor", "diagnose", "tiers", "ui"}) {
            assertThat(console.run(command, "--help")).as(command).isZero();
            assertThat(console.out()).contains("Usage: penstock " + command);
            assertThat(console.err()).isEmpty();
        }
    }

    @Test
    void helpNamesOnlyWhatWorks() {
        assertThat(console.run("--help")).isZero();
        assertThat(console.out()).doesNotContain("batch submit");
        assertThat(console.run("run", "--help")).isZero();
        assertThat(console.out()).doesNotContain("--priority", "Parquet");
    }

    @Test
    void theVersionIsTold() {
        assertThat(console.run("--version")).isZero();
        assertThat(console.out().strip()).matches("penstock \\d+\\.\\d+\\.\\d+.*");
    }

    @ParameterizedTest
    @CsvSource({
        "run,--modle,--model",
        "run,--promt,--prompt",
        "run,--tmp,--tpm",
        "run,--retry-faild,--retry-failed",
        "emulator,--latncy,--latency",
        "emulator,--fualt,--fault",
        "tiers,--tier,--tiers",
        "diagnose,--jsn,--json",
        "simulate,--stategy,--strategy",
    })
    void theNearestOptionIsSuggested(String command, String typed, String meant) {
        String[] line =
                command.equals("run") ? new String[] {command, "in.jsonl", typed} : new String[] {command, typed};
        assertThat(console.run(line)).isEqualTo(2);
        assertThat(console.err())
                .startsWith("penstock: unknown option " + typed + "; did you mean " + meant + "?")
                .contains("See penstock " + command + " --help.");
    }

    @Test
    void theNearestCommandIsSuggested() {
        assertThat(console.run("emulate")).isEqualTo(2);
        assertThat(console.err()).startsWith("penstock: unknown command emulate; did you mean emulator?");
    }

    @Test
    void aCommandThatIsLikeNoneIsAnsweredWithAllOfThem() {
        assertThat(console.run("quux")).isEqualTo(2);
        assertThat(console.err())
                .startsWith(
                        "penstock: unknown command quux; commands are run, batch, gateway, emulator, simulate, plan, doctor, diagnose, tiers, ui");
    }

    @Test
    void aMissingInputIsNamed() {
        assertThat(console.run("run")).isEqualTo(2);
        assertThat(console.err()).startsWith("penstock: INPUT is missing");
    }

    @ParameterizedTest
    @CsvSource({
        "--rpm,many,a whole number",
        "--budget,lots,an amount such as 5.00",
        "--max-attempts,1.5,a whole number",
        "--param,temperature,NAME=VALUE",
    })
    void aValueOfTheWrongKindIsNamedWithWhatItMustBe(String option, String value, String kind) {
        assertThat(console.run("run", "in.jsonl", option, value)).isEqualTo(2);
        assertThat(console.err()).contains(option + " is '" + value + "'", kind);
    }

    @Test
    void aWayThatIsNotThereIsRefusedInASentence() {
        assertThat(console.run("run", "in.jsonl", "--via", "auto")).isEqualTo(2);
        assertThat(console.err()).contains("--via auto chooses by a deadline", "add --deadline 6h");
        assertThat(console.run("run", "in.jsonl", "--deadline", "6h")).isEqualTo(2);
        assertThat(console.err())
                .contains("--deadline chooses between batches and live calls, which only --via auto does");
        assertThat(console.run("run", "in.jsonl", "--via", "auto", "--deadline", "soon", "--emulate", "tier-1"))
                .isEqualTo(2);
        assertThat(console.err())
                .contains("--deadline is 'soon'; it must be a duration above 0 in s, m, h or d, such as 90s");
        assertThat(console.run("run", "in.jsonl", "--via", "pigeon")).isEqualTo(2);
        assertThat(console.err()).contains("--via is 'pigeon'; it must be live, batch or auto");
    }

    @ParameterizedTest
    @ValueSource(strings = {"wait", "fetch", "cancel"})
    void aStepOfAJobThatIsNotThereBeginsNone(String verb, @TempDir Path folder) {
        Path output = folder.resolve("typo.jsonl");
        assertThat(console.run("batch", verb, "in.jsonl", "-o", output.toString()))
                .isEqualTo(2);
        assertThat(console.err()).contains("there is no job for " + output, "penstock batch submit");
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource({
        "--rpm=5,are for live calls",
        "--tier=9,--tier is '9'",
        "--queue-limit=0,--queue-limit is 0",
    })
    void whatDoesNotGoWithBatchesIsRefused(String option, String sentence) {
        assertThat(console.run(
                        "run",
                        "in.jsonl",
                        "-o",
                        "out.jsonl",
                        "--via",
                        "batch",
                        "--base-url",
                        "http://127.0.0.1:9/v1",
                        option))
                .isEqualTo(2);
        assertThat(console.err()).contains(sentence);
    }

    @Test
    void whatIsAboutBatchesIsRefusedForLiveCalls() {
        assertThat(console.run("run", "in.jsonl", "--emulate", "1", "--keep-remote"))
                .isEqualTo(2);
        assertThat(console.err()).contains("--keep-remote", "--via batch");
    }

    @Test
    void aStepCannotUseAnEmulatorThatEndsWithIt() {
        assertThat(console.run("batch", "submit", "in.jsonl", "--emulate", "1")).isEqualTo(2);
        assertThat(console.err()).contains("penstock emulator", "--base-url");
    }

    @Test
    void eachBatchCommandHasItsOwnHelp() {
        for (String verb : new String[] {"submit", "status", "wait", "fetch", "cancel", "list"}) {
            assertThat(console.run("batch", verb, "--help")).as(verb).isZero();
            assertThat(console.out()).contains("Usage: penstock batch " + verb);
        }
    }

    @Test
    void statusOfWhatIsNoJobSaysWhatToGive() {
        assertThat(console.run("batch", "status", folder.resolve("none.jsonl").toString()))
                .isEqualTo(2);
        assertThat(console.err()).contains("there is no job for", "Give the OUTPUT");
    }

    @Test
    void jsonNeedsAFileForTheAnswers() {
        assertThat(console.run("run", "in.jsonl", "--json", "--emulate", "1")).isEqualTo(2);
        assertThat(console.err()).contains("--json", "-o");
    }

    @Test
    void anEmulatorHasNoAddressAndNoKey() {
        assertThat(console.run("run", "in.jsonl", "--emulate", "1", "--base-url", "https://api.example.com/v1"))
                .isEqualTo(2);
        assertThat(console.err()).contains("--emulate", "--base-url", "one or the other");
    }

    @Test
    void anUnknownTierIsRefusedWithTheKnownOnes() {
        assertThat(console.run("run", "in.jsonl", "--emulate", "tier-9")).isEqualTo(2);
        assertThat(console.err()).contains("--emulate is 'tier-9'", "free, 1 to 5", "unlimited");
    }

    @ParameterizedTest
    @CsvSource({
        "http://192.0.2.1/v1, true",
        "HTTP://api.example.com/v1, true",
        "https://api.example.com/v1, false",
        "http://127.0.0.1:1/v1, false",
        "http://[::1]:1/v1, false",
    })
    void aKeyOverPlainHttpToAnotherMachineIsWarnedOf(String baseUrl, boolean warned) {
        Console keyed = Console.withKey();
        assertThat(keyed.run("run", "no-such-file.jsonl", "--base-url", baseUrl))
                .isEqualTo(2);
        assertThat(keyed.err().contains("over plain http")).isEqualTo(warned);
        assertThat(keyed.err()).contains("no-such-file.jsonl does not exist").doesNotContain(Console.KEY);
    }

    @Test
    void aMissingKeyIsExplainedBeforeAnythingIsRead() {
        assertThat(console.run("run", "no-such-file.jsonl")).isEqualTo(2);
        assertThat(console.err())
                .contains("OPENAI_API_KEY is not set", "--api-key-env", "--emulate tier-1")
                .doesNotContain("no-such-file");
    }

    @Test
    void theVariableOfTheKeyIsNamedAsGiven() {
        assertThat(console.run("run", "in.jsonl", "--api-key-env", "TEAM_KEY")).isEqualTo(2);
        assertThat(console.err()).contains("TEAM_KEY is not set");
    }

    @Test
    void aBaseUrlThatIsNoneIsRefusedWithoutRepeatingIt() {
        Console secretive =
                new Console(Map.of("OPENAI_BASE_URL", "https://user:hunter2@host/v1", "OPENAI_API_KEY", "k"));
        assertThat(secretive.run("run", "in.jsonl")).isEqualTo(2);
        assertThat(secretive.err()).contains("base URL").doesNotContain("hunter2");
    }

    @Test
    void anUnknownFormatIsRefusedWithTheKnownOnes() {
        assertThat(console.run("run", "in.xml", "--format", "xml", "--emulate", "1"))
                .isEqualTo(2);
        assertThat(console.err()).contains("--format is 'xml'", "batch, csv, tsv or jsonl");
    }

    @Test
    void emulatorOptionsAreRefusedInTheirOwnWords() {
        assertThat(console.run("emulator", "--fault", "500=200%")).isEqualTo(2);
        assertThat(console.err()).contains("--fault", "500=200%", "NAME=SHARE");
        assertThat(console.run("emulator", "--shape", "round")).isEqualTo(2);
        assertThat(console.err()).contains("--shape", "'round'", "sliding");
        assertThat(console.run("emulator", "--tier", "1", "--rpm", "5")).isEqualTo(2);
        assertThat(console.err()).contains("either a tier or the limits");
        assertThat(console.run("emulator", "--tier", "1", "--limit", "20req/5s"))
                .isEqualTo(2);
        assertThat(console.err()).contains("either a tier or the limits");
        assertThat(console.run("emulator", "--limit", "20 per 5s")).isEqualTo(2);
        assertThat(console.err()).contains("--limit: limit is '20 per 5s'", "for example 20req/5s");
        assertThat(console.run("emulator", "--rpm", "60", "--limit", "20req/1m"))
                .isEqualTo(2);
        assertThat(console.err()).contains("requests per minute is given twice");
        assertThat(console.run("emulator", "--batch-pace", "2m+fast")).isEqualTo(2);
        assertThat(console.err()).contains("--batch-pace: the pace of batches is '2m+fast'", "for example 2m+500/s");
        assertThat(console.run("emulator", "--batch-time-scale", "0")).isEqualTo(2);
        assertThat(console.err()).contains("--batch-time-scale: the time scale is 0", "1 to 1000000");
        assertThat(console.run("emulator", "--batch-queue", "0")).isEqualTo(2);
        assertThat(console.err()).contains("--batch-queue: the batch queue holds 0 tokens");
        assertThat(console.run("emulator", "--batch-row-errors", "3")).isEqualTo(2);
        assertThat(console.err()).contains("--batch-row-errors: the share of rows that fail is '3'", "3%");
        assertThat(console.run("emulator", "--batch-expire", "second")).isEqualTo(2);
        assertThat(console.err()).contains("--batch-expire: the batches that expire are 'second'");
        assertThat(console.run("emulator", "--batch-quirk", "slow")).isEqualTo(2);
        assertThat(console.err()).contains("--batch-quirk: batch quirk is 'slow'", "all-failed");
        assertThat(console.run("emulator", "--port", "70000")).isEqualTo(2);
        assertThat(console.err()).contains("port is 70000", "65535");
        assertThat(console.run("emulator", "--require-key", "NOT_SET")).isEqualTo(2);
        assertThat(console.err()).contains("NOT_SET", "is not set");
    }

    @Test
    void tiersShowsAModelsLimitsAndMarksWhatAnotherSourceOverrules() {
        assertThat(console.run("tiers", "gpt-4o-2024-08-06")).isZero();
        assertThat(console.out()).contains("30,000", "model-pages").containsPattern("200,000 .* \\*");
    }

    @Test
    void tiersSuggestsTheModelThatWasMeant() {
        assertThat(console.run("tiers", "gpt-4o-mimi")).isEqualTo(2);
        assertThat(console.err()).contains("no limits are known for gpt-4o-mimi; did you mean gpt-4o-mini?");
    }

    @Test
    void aTableOfLimitsOfOnesOwnComesFirst() throws IOException {
        Path own = folder.resolve("own.csv");
        Files.writeString(own, "family,tier,rpm,tpm\ngpt-4o-mini,1,77,7777\n");
        assertThat(console.run("tiers", "gpt-4o-mini", "--tiers", own.toString()))
                .isZero();
        assertThat(console.out().lines().skip(1).findFirst().orElseThrow()).contains("77", "7,777");
    }

    @Test
    void aTableThatIsWrongIsNamedWithItsLine() throws IOException {
        Path own = folder.resolve("own.csv");
        Files.writeString(own, "family,tier,rpm\ngpt-4o-mini,1,many\n");
        assertThat(console.run("tiers", "--tiers", own.toString())).isEqualTo(2);
        assertThat(console.err()).startsWith("penstock: ").contains("own.csv, line 2", "many");
    }
}
