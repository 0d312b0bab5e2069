package dev.penstock.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordReaderTest {
    @Test
    void linesAreCountedThroughBlankOnesAndTheLastNeedsNoLineEnd() throws IOException {
        List<String> lines = lines("\uFEFF{a}\r\n\n  \t\n{b}\n\r\n{c}", 8, 100);

        assertThat(lines).containsExactly("1@3:{a}", "4@13:{b}", "6@19:{c}");
    }

    @Test
    void aFileOfNothingButABlankLineHasNoRecord() throws IOException {
        assertThat(lines("", 8, 100)).isEmpty();
        assertThat(lines("\n", 8, 100)).isEmpty();
        assertThat(lines("\uFEFF", 8, 100)).isEmpty();
    }

    @Test
    void aLineOverTheLimitIsSkippedAndTheNextOneRead() throws IOException {
        List<String> lines = lines("{a}\n" + "x".repeat(1_000) + "\n{b}\n" + "y".repeat(1_000), 16, 50);

        assertThat(lines).containsExactly("1@0:{a}", "2: too long", "3@1005:{b}", "4: too long");
    }

    @Test
    void aQuoteLeftOpenIsReportedWithItsLine() throws IOException {
        RecordReader records = RecordReader.ofDelimited(
                new ByteArrayInputStream("a,b\n1,\"two\n2,3\n".getBytes(UTF_8)),
                JobIdentity.newSha256(),
                (byte) ',',
                8,
                100);

        assertThat(records.next()).isEqualTo(RecordReader.Found.RECORD);
        assertThat(records.openQuote()).isFalse();
        records.next();
        assertThat(records.openQuote()).isTrue();
        assertThat(records.quoteLine()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14})
    void linesAreThoseOfTheTextWhateverTheBuffer(long seed) throws IOException {
        RandomGenerator random = Seeds.random(seed);
        for (int i = 0; i < 2_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int piece = random.nextInt(12); piece > 0; piece--) {
                text.append(
                        random.nextInt(3) == 0
                                ? "\n"
                                : random.nextInt(3) == 0 ? "\r\n" : "é".repeat(random.nextInt(9)));
            }
            List<String> expected = new ArrayList<>();
            int offset = 0;
            String[] all = text.toString().split("\n", -1);
            for (int line = 0; line < all.length; line++) {
                String content = all[line].endsWith("\r") ? all[line].substring(0, all[line].length() - 1) : all[line];
                if (!content.isEmpty()) {
                    expected.add((line + 1) + "@" + offset + ":" + content);
                }
                offset += all[line].getBytes(UTF_8).length + 1;
            }

            assertThat(lines(text.toString(), 3 + random.nextInt(30), 1_000))
                    .as("seed %d, try %d", seed, i)
                    .isEqualTo(expected);
        }
    }

    private static List<String> lines(String text, int buffer, int longest) throws IOException {
        RecordReader records = RecordReader.ofLines(
                new ByteArrayInputStream(text.getBytes(UTF_8)), JobIdentity.newSha256(), buffer, longest);
        List<String> lines = new ArrayList<>();
        RecordReader.Found found;
        while ((found = records.next()) != RecordReader.Found.END) {
            lines.add(
                    found == RecordReader.Found.TOO_LONG
                            ? records.line() + ": too long"
                            : records.line() + "@" + records.offset() + ":"
                                    + new String(records.bytes(), records.start(), records.length(), UTF_8));
        }
        return lines;
    }
}
