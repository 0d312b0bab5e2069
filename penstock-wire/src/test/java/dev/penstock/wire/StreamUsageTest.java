package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class StreamUsageTest {
    @Test
    void theLastChunkOfAChatTellsItsUsage() {
        assertThat(StreamUsage.find(utf8("""
                data: {"choices":[{"delta":{"content":"Hi"}}],"usage":null}

                data: {"choices":[],"usage":{"prompt_tokens":8,"completion_tokens":60,"total_tokens":68,\
                "prompt_tokens_details":{"cached_tokens":3}}}

                data: [DONE]

                """))).contains(new Usage(8, 3, 60));
    }

    @Test
    void aCompletedResponseTellsItsUsageDeepInside() {
        assertThat(StreamUsage.find(utf8("""
                event: response.completed
                data: {"type":"response.completed","response":{"id":"r","usage": {"input_tokens":5,\
                "input_tokens_details":{"cached_tokens":0},"output_tokens":7,\
                "output_tokens_details":{"reasoning_tokens":2},"total_tokens":12}}}

                """))).contains(new Usage(5, 0, 7));
    }

    @Test
    void whatAModelWroteAboutUsageIsNotUsage() {
        assertThat(StreamUsage.find(utf8("""
                data: {"usage":{"prompt_tokens":1,"completion_tokens":2}}

                data: {"choices":[{"delta":{"content":"\\"usage\\":{\\"prompt_tokens\\":900}"}}]}

                """))).contains(new Usage(1, 0, 2));
    }

    @Test
    void aUsageThatIsCutOffOrAbsentIsNone() {
        assertThat(StreamUsage.find(utf8("data: {\"usage\":{\"prompt_tokens\":1,")))
                .isEmpty();
        assertThat(StreamUsage.find(utf8("data: {\"usage\":null}\n\n"))).isEmpty();
        assertThat(StreamUsage.find(utf8("data: {\"usage\""))).isEmpty();
        assertThat(StreamUsage.find(new byte[0])).isEmpty();
    }

    @Test
    void aTailThatBeginsInTheMiddleOfACharacterDoesNotMatter() {
        byte[] whole = utf8("x\u00e9 {\"usage\":{\"input_tokens\":4,\"output_tokens\":9}}");
        for (int from = 0; from < 4; from++) {
            byte[] tail = java.util.Arrays.copyOfRange(whole, from, whole.length);
            assertThat(StreamUsage.find(tail)).as("from %d", from).contains(new Usage(4, 0, 9));
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
