package dev.penstock.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DelimitedLaws {
    private static final String[] PIECES = {
        "", "a", "plain", "\"", "\"\"", ",", "\t", "\n", "\r\n", " ", "é", "👩", "{{x}}", "'"
    };

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void valuesComeBackAsTheyWereWrittenWhateverTheBuffer(long seed) throws Exception {
        RandomGenerator random = Seeds.random(seed);
        for (int i = 0; i < 300; i++) {
            byte delimiter = (byte) (random.nextBoolean() ? ',' : '\t');
            int columns = 2 + random.nextInt(4);
            List<List<String>> rows = new ArrayList<>();
            ByteText file = new ByteText(1024);
            if (random.nextBoolean()) {
                file.append("\uFEFF");
            }
            for (int row = random.nextInt(8); row >= 0; row--) {
                List<String> values = new ArrayList<>();
                for (int column = 0; column < columns; column++) {
                    String value = value(random);
                    values.add(value);
                    if (random.nextInt(4) == 0) {
                        file.append("\"" + value.replace("\"", "\"\"") + "\"");
                    } else {
                        DelimitedRecord.append(file, value, delimiter);
                    }
                    if (column + 1 < columns) {
                        file.append(delimiter);
                    }
                }
                rows.add(values);
                if (row > 0 || random.nextBoolean()) {
                    file.append(random.nextBoolean() ? "\n" : "\r\n");
                }
                if (row > 0 && random.nextInt(5) == 0) {
                    file.append("\n");
                }
            }

            byte[] bytes = file.toBytes();
            List<List<String>> read = read(bytes, delimiter, 3 + random.nextInt(40));

            assertThat(read).as("seed %d, try %d", seed, i).isEqualTo(rows);
            assertThat(read).as("seed %d, try %d", seed, i).isEqualTo(readByCommonsCsv(bytes, delimiter));
        }
    }

    private static String value(RandomGenerator random) {
        StringBuilder value = new StringBuilder();
        for (int piece = random.nextInt(5); piece > 0; piece--) {
            value.append(PIECES[random.nextInt(PIECES.length)]);
        }
        // Only the first column of an all-empty tab-separated row could make the row look blank.
        return value.isEmpty() || value.toString().isBlank() ? "x" + value : value.toString();
    }

    private static List<List<String>> read(byte[] bytes, byte delimiter, int buffer) throws Exception {
        List<List<String>> rows = new ArrayList<>();
        RecordReader records = RecordReader.ofDelimited(
                new ByteArrayInputStream(bytes), JobIdentity.newSha256(), delimiter, buffer, 1 << 20);
        DelimitedRecord record = new DelimitedRecord(delimiter);
        long line = 0;
        while (records.next() == RecordReader.Found.RECORD) {
            assertThat(records.line()).isGreaterThan(line);
            line = records.line();
            record.read(bytes, (int) records.offset(), records.length());
            rows.add(record.texts());
        }
        assertThat(records.bytesRead()).isEqualTo(bytes.length);
        return rows;
    }

    private static List<List<String>> readByCommonsCsv(byte[] bytes, byte delimiter) throws Exception {
        String text = new String(bytes, UTF_8);
        CSVFormat format = CSVFormat.RFC4180
                .builder()
                .setDelimiter((char) delimiter)
                .setIgnoreEmptyLines(true)
                .get();
        try (CSVParser parser =
                CSVParser.parse(new StringReader(text.startsWith("\uFEFF") ? text.substring(1) : text), format)) {
            return parser.stream().map(row -> row.toList()).toList();
        }
    }
}
