package dev.penstock.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8Test {
    @ParameterizedTest
    @ValueSource(strings = {"", "plain ASCII text longer than a word", "Zürich", "日本語", "👩‍🚀 in space", "a\u0000b"})
    void wellFormedTextIsAccepted(String text) {
        byte[] bytes = text.getBytes(UTF_8);

        assertThat(Utf8.firstMalformed(bytes, 0, bytes.length)).isEqualTo(-1);
        assertThat(Utf8.characters(bytes, 0, bytes.length)).isEqualTo(text.codePointCount(0, text.length()));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void itAgreesWithTheDecoderOfTheJdkOnRandomBytes(long seed) {
        RandomGenerator random = Seeds.random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = "0123456789abcdefé日👩x".getBytes(UTF_8);
            for (int change = random.nextInt(3); change > 0; change--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            int from = random.nextInt(4);

            int malformed = Utf8.firstMalformed(bytes, from, bytes.length);

            assertThat(malformed < 0).as("seed %d, try %d", seed, i).isEqualTo(decodes(bytes, from, bytes.length));
            if (malformed >= 0) {
                assertThat(decodes(bytes, from, malformed))
                        .as("seed %d, try %d", seed, i)
                        .isTrue();
            }
        }
    }

    private static boolean decodes(byte[] bytes, int from, int to) {
        try {
            UTF_8.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes, from, to - from));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
