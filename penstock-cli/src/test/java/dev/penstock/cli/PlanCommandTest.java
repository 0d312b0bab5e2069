package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class PlanCommandTest {
    private final Console console = Console.bare();

    @TempDir
    private Path folder;

    @Test
    void aTableIsPlannedWithoutAKeyAndEndsWithTheNextCommand() throws IOException {
        Path input = table(700);
        assertThat(plan(input)).isZero();
        assertThat(console.out())
                .contains("in.csv   700 rows   gpt-4o-mini", "tokens, counted", "500 requests/min", "$5 paid")
                .contains("gpt-4.1-nano")
                .contains(
                        "Next, with your own text for the dots:",
                        "  ./penstock run " + input + " -o in.answers.csv --model gpt-4o-mini --prompt ...");
        assertThat(console.err()).isEmpty();
    }

    @Test
    void thePromptIsNotRepeated() throws IOException {
        assertThat(plan(table(3))).isZero();
        assertThat(console.out()).doesNotContain("Answer with care", "apples");
        assertThat(plan(table(3), "--json")).isZero();
        assertThat(console.out()).doesNotContain("Answer with care", "apples");
    }

    @Test
    void aPlanForProgramsIsOneObject() throws IOException {
        assertThat(plan(table(700), "--json", "--tier", "tier-1", "--latency", "1s"))
                .isZero();
        JsonNode plan = new ObjectMapper().readTree(console.out());
        assertThat(plan.path("rows").asLong()).isEqualTo(700);
        assertThat(plan.path("tiers")).hasSize(1);
        assertThat(plan.path("tiers").path(0).path("tier").asText()).isEqualTo("1");
        assertThat(plan.path("tiers").path(0).path("live_seconds").asDouble()).isEqualTo(27.3);
        assertThat(plan.path("tiers").path(0).path("set_by").asText()).isEqualTo("500 requests per minute");
        assertThat(plan.path("answer_tokens_assumed").asBoolean()).isTrue();
        assertThat(plan.path("next").asText()).startsWith("./penstock run ");
    }

    @Test
    void aMaximumThatCostsTimeIsToldWithOneThatDoesNot() throws IOException {
        assertThat(plan(table(1_500), "--max-output", "4000", "--tier", "1")).isZero();
        assertThat(console.out()).containsPattern("On tier 1 it takes 29m \\d\\ds; with a maximum of 512");
    }

    @Test
    void badRowsAreToldWithTheirPlaceAndDoNotStopThePlan() throws IOException {
        Path input = folder.resolve("in.jsonl");
        Files.write(input, List.of(row("a", "one"), "{\"custom_id\":7}", row("b", "two")));
        assertThat(console.run("plan", input.toString())).isEqualTo(1);
        assertThat(console.out())
                .contains("2 rows", "1 row cannot be sent and is left out", "in.jsonl:2:14: custom_id must be a string")
                .contains("--skip-bad");
    }

    @Test
    void rowsThatATierCanNeverSendAreNamed() throws IOException {
        Path input = folder.resolve("in.jsonl");
        Files.write(input, List.of(row("a", "one"), row("b", "word ".repeat(40_000))));
        assertThat(console.run("plan", input.toString(), "--tier", "1")).isEqualTo(1);
        assertThat(console.out().replaceAll("\\s+", " "))
                .contains("1 row of gpt-4o can never be sent live", "tier 1 (30,000)", "line 2.");
        assertThat(console.run("plan", input.toString())).isZero();
        assertThat(console.out().replaceAll("\\s+", " ")).contains("tier free (40,000), 1 (30,000). Input");
    }

    @Test
    void repeatsAreTold() throws IOException {
        Path input = folder.resolve("in.jsonl");
        Files.write(input, List.of(row("a", "one"), row("b", "two"), row("c", "one")));
        assertThat(console.run("plan", input.toString())).isZero();
        assertThat(console.out()).contains("1 row asks the same", "line 3\n            repeats line 1");
    }

    @Test
    void aDeadlineIsAnsweredWithTheWayThatKeepsItAtTheLeastCost() throws IOException {
        assertThat(plan(table(700), "--deadline", "6h")).isZero();
        assertThat(console.out())
                .contains("in 6h", "sure", "--via auto --deadline 6h --tier 1")
                .contains("it holds whatever batches do");
    }

    @Test
    void whatNobodyKnowsIsSaid() throws IOException {
        Path input = table(5);
        assertThat(console.run(
                        "plan", input.toString(), "--model", "my-model", "--prompt", "Answer with care: {{question}}"))
                .isZero();
        assertThat(console.out())
                .contains("no price is known for my-model", "--prices FILE")
                .contains("No source states limits for my-model", "--rpm and --tpm");
    }

    @Test
    void lengthsOfEarlierAnswersAreUsed() throws IOException {
        Path answers = folder.resolve("answers.jsonl");
        Files.writeString(
                answers,
                "{\"id\":\"x\",\"custom_id\":\"a\",\"response\":{\"status_code\":200,\"body\":{\"choices\":[],"
                        + "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":40}}},\"error\":null}\n");
        assertThat(plan(table(10), "--answers", answers.toString(), "--json")).isZero();
        assertThat(new ObjectMapper()
                        .readTree(console.out())
                        .path("expected_output_tokens")
                        .asLong())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({
        "--tier,9,--tier is '9'; it must be free or 1 to 5",
        "--latency,fast,--latency is 'fast'; it must be a duration",
        "--deadline,0s,--deadline is '0s'; it must be a duration above 0",
        "--answer-tokens,-4,--answer-tokens is -4; it must be 0 to",
        "--rpm,0,--rpm is 0; it must be 1 or more",
        "--concurrency,0,--concurrency is 0; it must be 1 or more",
    })
    void whatMakesNoSenseIsRefusedInASentence(String option, String value, String sentence) throws IOException {
        assertThat(plan(table(1), option + "=" + value)).isEqualTo(2);
        assertThat(console.err()).contains(sentence);
    }

    @Test
    void everyLineFitsAnOrdinaryScreenButCommands() throws IOException {
        assertThat(plan(table(700), "--max-output", "4000", "--deadline", "6h")).isZero();
        assertThat(console.out().lines().filter(line -> !line.startsWith("  ./penstock ")))
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
    }

    private int plan(Path input, String... more) {
        List<String> line = new ArrayList<>(List.of(
                "plan",
                input.toString(),
                "--model",
                "gpt-4o-mini",
                "--prompt",
                "Answer with care: {{question}} apples"));
        line.addAll(List.of(more));
        return console.run(line.toArray(String[]::new));
    }

    private Path table(int rows) throws IOException {
        List<String> lines = new ArrayList<>(List.of("question"));
        for (int i = 0; i < rows; i++) {
            lines.add("What is " + i + " times " + i + "?");
        }
        return Files.write(folder.resolve("in.csv"), lines);
    }

    private static String row(String id, String content) {
        return "{\"custom_id\":\"" + id + "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":"
                + "\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"" + content + "\"}]}}";
    }
}
