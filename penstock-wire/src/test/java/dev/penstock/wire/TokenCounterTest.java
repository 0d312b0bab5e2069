package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenCounterTest {
    @ParameterizedTest
    @CsvSource({
        "gpt-4, cl100k",
        "gpt-4-turbo-2024-04-09, cl100k",
        "gpt-3.5-turbo, cl100k",
        "text-embedding-3-small, cl100k",
        "gpt-4o-mini, o200k",
        "gpt-4.1, o200k",
        "gpt-5, o200k",
        "o3, o200k",
        "ft:gpt-4o-mini:acme::abc, o200k",
        "something-new, o200k"
    })
    void everyModelHasItsEncoding(String model, String encoding) {
        // A text of which the two encodings make a different number of tokens.
        String telugu = "\u0c28\u0c2e\u0c38\u0c4d\u0c15\u0c3e\u0c30\u0c02";
        long tokens = TokenCounter.forModel(model).count(telugu);
        long cl100k = TokenCounter.forModel("gpt-4").count(telugu);
        long o200k = TokenCounter.forModel("gpt-4o").count(telugu);
        assertThat(o200k).isLessThan(cl100k);
        assertThat(tokens).isEqualTo(encoding.equals("cl100k") ? cl100k : o200k);
    }

    @Test
    void tokensAreThoseOfThePublishedEncoding() {
        assertThat(TokenCounter.forModel("gpt-4o").count("hello world")).isEqualTo(2);
        assertThat(TokenCounter.forModel("gpt-4").count("tiktoken is great!")).isEqualTo(6);
    }

    @Test
    void controlSequencesAreText() {
        assertThat(TokenCounter.forModel("gpt-4o").count("<|endoftext|>")).isGreaterThan(1);
    }

    @Test
    void aRequestsInputIncludesItsFrame() {
        String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"hello world\"}]}";
        assertThat(TokenCounter.forModel("gpt-4o")
                        .countInput(Endpoint.CHAT_COMPLETIONS, body.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(2 + 4 + 3);
    }
}
