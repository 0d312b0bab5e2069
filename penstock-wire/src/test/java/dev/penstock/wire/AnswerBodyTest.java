package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerBodyTest {
    private static final String CHAT = """
            {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o-mini-2024-07-18",
             "choices":[{"index":0,"message":{"role":"assistant","content":"Joseph \\u00e9 Conrad","refusal":null},
               "logprobs":null,"finish_reason":"stop"},
              {"index":1,"message":{"role":"assistant","content":"another"},"finish_reason":"length"}],
             "usage":{"prompt_tokens":12,"completion_tokens":175,"total_tokens":187,
               "prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},
               "completion_tokens_details":{"reasoning_tokens":0}},
             "service_tier":"default"}
            """;
    private static final String RESPONSE = """
            {"id":"resp_1","object":"response","status":"completed","error":null,"output":[
              {"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]},
              {"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello, ","annotations":[]},
                {"type":"refusal","refusal":"no"},{"text":"world","type":"output_text"}]}],
             "usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":2},"output_tokens":5,"total_tokens":14}}
            """;

    private static Optional<AnswerBody> read(Endpoint endpoint, String body) {
        return AnswerBody.read(endpoint, body.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aChatAnswerIsReadInFull() {
        assertThat(read(Endpoint.CHAT_COMPLETIONS, CHAT))
                .contains(new AnswerBody(
                        Optional.of("Joseph \u00e9 Conrad"), Optional.of("stop"), Optional.of(new Usage(12, 4, 175))));
    }

    @Test
    void whatIsBilledIsTheSameWhetherOrNotTheTextIsWanted() {
        assertThat(usage(Endpoint.CHAT_COMPLETIONS, CHAT)).contains(new Usage(12, 4, 175));
        assertThat(usage(Endpoint.RESPONSES, RESPONSE)).contains(new Usage(9, 2, 5));
        assertThat(usage(Endpoint.CHAT_COMPLETIONS, CHAT.replace("choices", "chances")))
                .isEmpty();
        assertThat(usage(Endpoint.CHAT_COMPLETIONS, CHAT.substring(0, CHAT.length() - 3)))
                .isEmpty();
        assertThat(usage(
                        Endpoint.CHAT_COMPLETIONS,
                        "{\"choices\":[{\"usage\":{\"prompt_tokens\":3}}],\"usage\":{\"prompt_tokens\":4}}"))
                .contains(new Usage(4, 0, 0));
    }

    private static Optional<Usage> usage(Endpoint endpoint, String body) {
        return AnswerBody.usage(endpoint, body.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aResponsesTextIsAllOfItsOutputText() {
        assertThat(read(Endpoint.RESPONSES, RESPONSE))
                .contains(new AnswerBody(
                        Optional.of("Hello, world"), Optional.of("completed"), Optional.of(new Usage(9, 2, 5))));
    }

    @Test
    void aCompletionsTextIsItsFirstChoice() {
        assertThat(
                        read(
                                Endpoint.COMPLETIONS,
                                "{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"length\"},{\"text\":\"b\"}],\"usage\":null}"))
                .contains(new AnswerBody(Optional.of("a"), Optional.of("length"), Optional.empty()));
    }

    @Test
    void embeddingsAndModerationsHaveNoText() {
        assertThat(read(
                        Endpoint.EMBEDDINGS,
                        "{\"object\":\"list\",\"data\":[{\"embedding\":[0.1,0.2],\"index\":0}],"
                                + "\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}"))
                .contains(new AnswerBody(Optional.empty(), Optional.empty(), Optional.of(new Usage(8, 0, 0))));
        assertThat(read(Endpoint.MODERATIONS, "{\"results\":[{\"flagged\":false}]}"))
                .contains(new AnswerBody(Optional.empty(), Optional.empty(), Optional.empty()));
    }

    @Test
    void aToolCallHasNoText() {
        assertThat(read(
                        Endpoint.CHAT_COMPLETIONS,
                        "{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]},"
                                + "\"finish_reason\":\"tool_calls\"}]}"))
                .contains(new AnswerBody(Optional.empty(), Optional.of("tool_calls"), Optional.empty()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CHAT_COMPLETIONS | ''",
                "CHAT_COMPLETIONS | []",
                "CHAT_COMPLETIONS | null",
                "CHAT_COMPLETIONS | <html>Bad gateway</html>",
                "CHAT_COMPLETIONS | {}",
                "CHAT_COMPLETIONS | {\"error\":{\"message\":\"x\"}}",
                "CHAT_COMPLETIONS | {\"choices\":[],\"error\":{\"message\":\"x\"}}",
                "CHAT_COMPLETIONS | {\"choices\":{}}",
                "CHAT_COMPLETIONS | {\"choices\":[]} more",
                "RESPONSES        | {\"status\":\"failed\",\"output\":[],\"error\":{\"code\":\"server_error\"}}",
                "EMBEDDINGS       | {\"choices\":[]}"
            })
    void whatIsNoAnswerIsFound(Endpoint endpoint, String body) {
        assertThat(read(endpoint, body)).isEmpty();
    }

    @Test
    void everyCutOffAnswerIsFound() {
        byte[] chat = CHAT.strip().getBytes(StandardCharsets.UTF_8);
        for (int length = 0; length < chat.length; length++) {
            assertThat(AnswerBody.read(Endpoint.CHAT_COMPLETIONS, Arrays.copyOf(chat, length)))
                    .as("cut at byte %d", length)
                    .isEmpty();
        }
        byte[] response = RESPONSE.strip().getBytes(StandardCharsets.UTF_8);
        for (int length = 0; length < response.length; length++) {
            assertThat(AnswerBody.read(Endpoint.RESPONSES, Arrays.copyOf(response, length)))
                    .as("cut at byte %d", length)
                    .isEmpty();
        }
    }

    @Test
    void partsOfAnUnexpectedFormAreReadOver() {
        assertThat(
                        read(
                                Endpoint.CHAT_COMPLETIONS,
                                "{\"choices\":[{\"text\":{\"a\":1},\"message\":{\"content\":[{\"text\":\"x\"}]},\"finish_reason\":{}},5],"
                                        + "\"usage\":{\"prompt_tokens\":\"many\",\"prompt_tokens_details\":{\"cached_tokens\":7}}}"))
                .contains(new AnswerBody(Optional.empty(), Optional.empty(), Optional.of(new Usage(0, 0, 0))));
    }
}
