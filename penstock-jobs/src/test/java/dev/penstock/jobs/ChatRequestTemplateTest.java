package dev.penstock.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatRequestTemplateTest {
    @Test
    void aRowBecomesAChatCompletion() {
        ChatRequestTemplate template =
                ChatRequestTemplate.of(InputOptions.prompt("gpt-4o-mini", "Solve: {{ question }}!")
                        .withSystem("You are a {{role}}.")
                        .withMaxOutput(50)
                        .withParameter("temperature", "0.10")
                        .withParameter("reasoning_effort", "low")
                        .withParameter("stop", "[\"\\n\", \"END\"]"));

        assertThat(template.columns()).containsExactly("role", "question");
        assertThat(new String(template.body(new String[] {"\"poet\"", "1+1\n=?\t\u0001\\ 日👩"}), UTF_8))
                .isEqualTo("{\"model\":\"gpt-4o-mini\",\"messages\":["
                        + "{\"role\":\"system\",\"content\":\"You are a \\\"poet\\\".\"},"
                        + "{\"role\":\"user\",\"content\":\"Solve: 1+1\\n=?\\t\\u0001\\\\ 日👩!\"}],"
                        + "\"max_completion_tokens\":50,\"temperature\":0.10,\"reasoning_effort\":\"low\","
                        + "\"stop\":[\"\\n\", \"END\"]}");
    }

    @Test
    void aColumnUsedTwiceIsTakenOnce() {
        ChatRequestTemplate template = ChatRequestTemplate.of(InputOptions.prompt("m", "{{a}}{{b}}{{a}}"));

        assertThat(template.columns()).containsExactly("a", "b");
        assertThat(new String(template.body(new String[] {"1", "2"}), UTF_8)).contains("\"121\"");
    }

    @Test
    void halfASurrogatePairIsEscapedInsteadOfLost() {
        ChatRequestTemplate template = ChatRequestTemplate.of(InputOptions.prompt("m", "{{a}}"));

        assertThat(new String(template.body(new String[] {"x\uD83Dy"}), UTF_8)).contains("\"x\\ud83dy\"");
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', textBlock = """
            Solve {{question, --prompt opens {{ at character 7
            Solve {{ }} now,  --prompt has {{}} without a name at character 7
            """)
    void aBrokenTemplateIsRefusedWithItsPlace(String prompt, String message) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ChatRequestTemplate.of(InputOptions.prompt("m", prompt)))
                .withMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource({"model, --model", "messages, --prompt", "stream, whole answers", "max_tokens, --max-output"})
    void aParameterWithAnOptionOfItsOwnIsRefused(String name, String instead) {
        InputOptions options =
                InputOptions.prompt("m", "{{a}}").withMaxOutput(5).withParameter(name, "1");

        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> ChatRequestTemplate.of(options))
                .withMessageContaining("--param " + name)
                .withMessageContaining(instead);
    }
}
