package dev.penstock.jobs.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.penstock.jobs.InputException;
import dev.penstock.jobs.InputOptions;
import dev.penstock.jobs.JobInput;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.TierTable;
import dev.penstock.wire.TokenCounter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class WorkloadSurveyTest {
    @TempDir
    Path folder;

    @Test
    void inputIsCountedToTheToken() throws IOException {
        String body = body("gpt-4o-mini", "How many apples are left? Zürich 日本", 50);
        Workload workload = survey(List.of(line("a", body)), List.of(), 10, 2);

        long exact = TokenCounter.forModel("gpt-4o-mini")
                .countInput(Endpoint.CHAT_COMPLETIONS, body.getBytes(StandardCharsets.UTF_8));
        assertThat(workload.families()).singleElement().satisfies(load -> {
            assertThat(load.inputTokens()).isEqualTo(exact);
            assertThat(load.reserved()).isEqualTo(50);
            assertThat(load.expectedOutput()).isEqualTo(10);
            assertThat(load.chargedInput()).isEqualTo(Math.ceilDiv(36, 4) + 1);
        });
    }

    @Test
    void theNumberOfThreadsChangesNothing() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            String model = i % 3 == 0 ? "gpt-4o" : "gpt-4o-mini";
            lines.add(line("row-" + i, body(model, "word ".repeat(1 + i % 97) + i % 1_000, 20 + i % 30)));
        }

        Workload one = survey(lines, List.of(), 25, 1);
        Workload four = survey(lines, List.of(), 25, 4);

        assertThat(four).isEqualTo(one);
        assertThat(one.rows()).isEqualTo(5_000);
        assertThat(one.families()).extracting(FamilyLoad::family).containsExactly("gpt-4o", "gpt-4o-mini");
    }

    @Test
    void badRowsAreToldAndLeftOut() throws IOException {
        Workload workload = survey(
                List.of(line("a", body("gpt-4o", "one", 5)), "{\"custom_id\":", line("b", body("gpt-4o", "two", 5))),
                List.of(),
                10,
                2);

        assertThat(workload.rows()).isEqualTo(2);
        assertThat(workload.badRows()).isEqualTo(1);
        assertThat(workload.firstBadRows())
                .singleElement()
                .satisfies(bad -> assertThat(bad.line()).isEqualTo(2));
    }

    @Test
    void requestsThatAreTheSameAreFoundWhateverTheirNames() throws IOException {
        String same = body("gpt-4o", "What is a penstock?", 5);
        Workload workload = survey(
                List.of(
                        line("a", same),
                        line("b", body("gpt-4o", "What is a sluice?", 5)),
                        line("c", same),
                        line("d", body("gpt-4o", "What is a penstock?", 6))),
                List.of(),
                10,
                2);

        assertThat(workload.repeats().rows()).isEqualTo(1);
        assertThat(workload.repeats().counted()).isTrue();
        assertThat(workload.repeats().examples()).containsExactly(new Repeats.Example(3, 1));
    }

    @Test
    void rowsThatNoLimitCanAdmitAreNamedByLine() throws IOException {
        Workload workload = survey(
                List.of(
                        line("a", body("made-up", "short", 10)),
                        line("b", body("made-up", "short", 995)),
                        line("c", body("made-up", "word ".repeat(2_000), 10))),
                List.of(new Limit(Dimension.TOKENS_PER_MINUTE, 1_000)),
                10,
                2);

        TooLarge tooLarge = workload.families().getFirst().beyond(1_000);
        assertThat(tooLarge.rows()).isEqualTo(2);
        assertThat(tooLarge.firstLines()).containsExactly(2L, 3L);
        assertThat(workload.families().getFirst().beyond(100_000).rows()).isZero();
    }

    @Test
    void anAnswerIsNotExpectedToExceedItsMaximum() throws IOException {
        Workload workload = survey(
                List.of(line("a", body("gpt-4o", "one", 5)), line("b", body("gpt-4o", "two", 500))), List.of(), 100, 1);

        assertThat(workload.expectedOutput()).isEqualTo(105);
        assertThat(workload.families().getFirst().leastMaximum()).isEqualTo(5);
        assertThat(workload.families().getFirst().mostMaximum()).isEqualTo(500);
    }

    @Test
    void aFileThatCannotBeTrustedEndsTheSurvey() throws IOException {
        Path file = folder.resolve("in.csv");
        Files.writeString(file, "q\n\"never closed\n");
        try (JobInput input = JobInput.open(file, InputOptions.prompt("gpt-4o", "{{q}}"))) {
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> WorkloadSurvey.of(input, TierTable.builtIn(), List.of(), 10, 2, bytes -> {}))
                    .withMessageContaining("in.csv:2");
        }
    }

    @Test
    void manyModelsAreAddedUpBeyondABound() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            lines.add(line("row-" + i, body("model-" + i, "one", 5)));
        }

        Workload workload = survey(lines, List.of(), 10, 2);

        assertThat(workload.families()).hasSize(65);
        assertThat(workload.families().stream().mapToLong(FamilyLoad::rows).sum())
                .isEqualTo(300);
    }

    private Workload survey(List<String> lines, List<Limit> caps, double answerTokens, int threads) throws IOException {
        Path file = folder.resolve("in.jsonl");
        Files.write(file, lines);
        try (JobInput input = JobInput.open(file, InputOptions.none())) {
            return WorkloadSurvey.of(input, TierTable.builtIn(), caps, answerTokens, threads, bytes -> {});
        }
    }

    static String line(String id, String body) {
        return "{\"custom_id\":\"" + id + "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":" + body
                + "}";
    }

    static String body(String model, String content, int maxOutput) {
        return "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + content
                + "\"}],\"max_completion_tokens\":" + maxOutput + "}";
    }
}
