package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Cost;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CostEstimatorTest {
    private static final String CONRAD =
            "{\"model\":\"gpt-4\",\"messages\":[{\"role\":\"user\",\"content\":\"Who is Joseph Conrad?\"}],\"max_tokens\":512}";

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static RequestFacts facts(Endpoint endpoint, String body) {
        return RequestFacts.read(endpoint, bytes(body));
    }

    @Test
    void inputAndMaximumOutputAreAddedUp() {
        RequestFacts conrad = facts(Endpoint.CHAT_COMPLETIONS, CONRAD);
        // 21 characters are 6 tokens, 4 for the message and 3 for the answer's opening.
        assertThat(CostEstimator.estimatedInputTokens(conrad)).isEqualTo(13);
        assertThat(CostEstimator.reservedOutputTokens(conrad)).isEqualTo(512);
        // 13 and a twentieth for safety, rounded up.
        assertThat(new CostEstimator(new CostCalibration()).cost(conrad)).isEqualTo(Cost.ofTokens(14 + 512));
    }

    @Test
    void calibrationMeetsWhatTheServerCharged() {
        RequestFacts conrad = facts(Endpoint.CHAT_COMPLETIONS, CONRAD);
        CostCalibration calibration = new CostCalibration();
        // Seen in headers: limit 10000, remaining 9481.
        calibration.observeRequested(conrad, 519);
        // 512 and 7, and a twentieth of the 7 for safety, rounded up.
        assertThat(new CostEstimator(calibration).cost(conrad)).isEqualTo(Cost.ofTokens(520));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CHAT_COMPLETIONS | {\"messages\":[]}                                   | 16",
                "CHAT_COMPLETIONS | {\"messages\":[],\"max_tokens\":5000,\"n\":100}     | 500000",
                "CHAT_COMPLETIONS | {\"messages\":[],\"max_tokens\":0}                  | 0",
                "COMPLETIONS      | {\"prompt\":[\"a\",\"b\"],\"max_tokens\":10,\"best_of\":3} | 60",
                "COMPLETIONS      | {}                                                  | 16",
                "RESPONSES        | {\"input\":\"a\",\"max_output_tokens\":7}           | 7",
                "EMBEDDINGS       | {\"input\":\"a\"}                                   | 0",
                "MODERATIONS      | {\"input\":\"a\"}                                   | 0"
            })
    void everyAnswerIsReservedAtItsMaximum(Endpoint endpoint, String body, long reserved) {
        assertThat(CostEstimator.reservedOutputTokens(facts(endpoint, body))).isEqualTo(reserved);
    }

    @Test
    void absurdMaximaDoNotOverflow() {
        RequestFacts absurd = facts(
                Endpoint.COMPLETIONS, "{\"prompt\":[\"a\",\"b\",\"c\"],\"max_tokens\":9223372036854775,\"n\":1000}");
        assertThat(new CostEstimator(new CostCalibration()).cost(absurd).tokens())
                .isGreaterThan(Integer.MAX_VALUE);
    }

    @Test
    void otherScriptsAreDenser() {
        assertThat(TextSize.of("hello world!").estimatedTokens()).isEqualTo(3);
        assertThat(TextSize.of("\u4f60\u597d\u4e16\u754c").estimatedTokens()).isEqualTo(4);
        assertThat(TextSize.of("\u043c\u0438\u0440!").estimatedTokens()).isEqualTo(2);
    }

    @Test
    void imagesCountAsTheLargestOfThem() {
        RequestFacts image = facts(
                Endpoint.CHAT_COMPLETIONS,
                "{\"messages\":[{\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/y\"}}]}]}");
        assertThat(CostEstimator.estimatedInputTokens(image)).isEqualTo(1_105 + 7);
    }

    @Test
    void nearALimitTheInputIsCountedExactly() {
        CostEstimator estimator = new CostEstimator(new CostCalibration());
        String body = "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"" + "a b c d ".repeat(500)
                + "\"}],\"max_tokens\":0}";
        RequestFacts facts = facts(Endpoint.CHAT_COMPLETIONS, body);
        // 2,000 letters with a space each: a token per letter, twice the characters' guess of 1,000.
        assertThat(estimator.cost(facts).tokens()).isBetween(1_000L, 1_200L);
        assertThat(estimator.cost(facts, bytes(body), 1_500).tokens()).isBetween(2_000L, 2_010L);
        assertThat(estimator.cost(facts, bytes(body), 100_000)).isEqualTo(estimator.cost(facts));
        assertThat(estimator.cost(facts, bytes(body), 500)).isEqualTo(estimator.cost(facts));
    }
}
