package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswerLengthsTest {
    @TempDir
    Path folder;

    @Test
    void theUsageOfEachLineIsTaken() throws IOException {
        List<String> lines = IntStream.rangeClosed(1, 100)
                .mapToObj(AnswerLengthsTest::answer)
                .toList();
        AnswerLengths lengths = AnswerLengths.read(Files.write(folder.resolve("out.jsonl"), lines));

        assertThat(lengths).isEqualTo(new AnswerLengths(100, 50.5, 99, 100));
    }

    @Test
    void failuresAndOtherLinesArePassedOver() throws IOException {
        Path file = Files.write(
                folder.resolve("out.jsonl"),
                List.of(
                        "",
                        "not json",
                        "{\"custom_id\":\"a\",\"response\":null,\"error\":{\"code\":\"batch_expired\"}}",
                        answer(12)));

        assertThat(AnswerLengths.read(file)).isEqualTo(new AnswerLengths(1, 12, 12, 12));
    }

    @Test
    void aFileThatTellsNothingIsRefused() throws IOException {
        Path file = Files.write(folder.resolve("out.csv"), List.of("question,answer", "a,b"));

        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> AnswerLengths.read(file))
                .withMessageContaining("--answer-tokens N");
    }

    private static String answer(int tokens) {
        return "{\"id\":\"x\",\"custom_id\":\"row-" + tokens + "\",\"response\":{\"status_code\":200,\"body\":{"
                + "\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                + "\"content\":\"a\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":"
                + tokens + ",\"total_tokens\":99}}},\"error\":null}";
    }
}
