package dev.penstock.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random files; rows read again in random order are what the scan saw, and what was written. */
class JobInputLaws {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String[] PIECES = {
        "word ", "\"", "\\", "\n", "\r\n", ",", "\t", "é", "日本", "👩‍🚀", "{{x}}", "\u0001", "x".repeat(1_000)
    };

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23})
    void csv(long seed) throws IOException {
        check(seed, "in.csv");
    }

    @ParameterizedTest
    @ValueSource(longs = {31, 32, 33})
    void tsv(long seed) throws IOException {
        check(seed, "in.tsv");
    }

    @ParameterizedTest
    @ValueSource(longs = {41, 42, 43})
    void jsonRows(long seed) throws IOException {
        check(seed, "in.jsonl");
    }

    @ParameterizedTest
    @ValueSource(longs = {51, 52, 53})
    void batchRows(long seed) throws IOException {
        check(seed, "batch.jsonl");
    }

    private void check(long seed, String name) throws IOException {
        RandomGenerator random = Seeds.random(seed);
        boolean batch = name.startsWith("batch");
        List<String> texts = new ArrayList<>();
        ByteText file = new ByteText(1 << 20);
        if (random.nextBoolean()) {
            file.append("\uFEFF");
        }
        if (!name.endsWith("l")) {
            file.append(name.endsWith("csv") ? "id,text\n" : "id\ttext\n");
        }
        // Rows around the size of the scan's buffer as well as many small ones.
        for (int row = 0; row < 1_500; row++) {
            String text = text(random, row % 300 == 7 ? 400 : 8);
            texts.add(text);
            if (batch) {
                file.append(batchRow(row, text));
            } else if (name.endsWith("jsonl")) {
                file.append(JSON.writeValueAsString(
                        JSON.createObjectNode().put("id", row).put("text", text)));
            } else {
                byte delimiter = (byte) (name.endsWith("csv") ? ',' : '\t');
                file.append(row).append(delimiter);
                DelimitedRecord.append(file, text, delimiter);
            }
            file.append(random.nextBoolean() ? "\n" : "\r\n");
            if (random.nextInt(10) == 0) {
                file.append("\r\n");
            }
        }
        Path path = Files.write(folder.resolve(name), file.toBytes());

        InputOptions options = batch ? InputOptions.none() : InputOptions.prompt("m", "{{text}}");
        try (JobInput input = JobInput.open(path, options)) {
            JobInputTest.Scan scan = JobInputTest.Scan.of(input);
            assertThat(scan.report.firstBadRows()).as("seed %d", seed).isEmpty();
            assertThat(scan.places).as("seed %d", seed).hasSize(texts.size());
            for (int i = 0; i < 3_000; i++) {
                int row = random.nextInt(texts.size());
                PreparedRequest again = input.read(scan.places.get(row));

                assertThat(again.body())
                        .as("seed %d, row %d", seed, row)
                        .isEqualTo(scan.requests.get(row).body());
                assertThat(again.customId()).isEqualTo(scan.requests.get(row).customId());
                assertThat(again.facts()).isEqualTo(scan.requests.get(row).facts());
                JsonNode content = JSON.readTree(again.body()).at("/messages/0/content");
                assertThat(content.textValue()).as("seed %d, row %d", seed, row).isEqualTo(texts.get(row));
            }
        }
    }

    private static String batchRow(int row, String text) throws IOException {
        ObjectNode request = JSON.createObjectNode();
        request.put("custom_id", "id " + row).put("method", "POST").put("url", "/v1/chat/completions");
        request.putObject("body")
                .put("model", "m")
                .putArray("messages")
                .addObject()
                .put("role", "user")
                .put("content", text);
        return JSON.writeValueAsString(request);
    }

    private static String text(RandomGenerator random, int most) {
        StringBuilder text = new StringBuilder("t");
        for (int piece = random.nextInt(most); piece > 0; piece--) {
            text.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return new String(text.toString().getBytes(UTF_8), UTF_8);
    }
}
