package dev.penstock.jobs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.penstock.wire.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobInputTest {
    private static final String GOOD =
            "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}}";

    @TempDir
    Path folder;

    @Test
    void aBatchRowKeepsTheVeryBytesOfItsBody() throws IOException {
        String body = "{ \"model\" : \"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"Z\\u00fcrich é 日\"}],"
                + "\"temperature\":0.10 ,\"x\":{\"y\":[1, 2]}}";
        Path file = write(
                "in.jsonl",
                "{\"body\": " + body + " ,\"url\":\"/v1/chat/completions\",\"other\":[{}],"
                        + "\"custom_id\":\"ä-1\",\"method\":\"POST\"}");

        try (JobInput input = JobInput.open(file, InputOptions.none())) {
            Scan scan = Scan.of(input);

            assertThat(scan.report.badRows()).isZero();
            assertThat(scan.requests).singleElement().satisfies(request -> {
                assertThat(request.endpoint()).isEqualTo(Endpoint.CHAT_COMPLETIONS);
                assertThat(request.customId()).isEqualTo("ä-1");
                assertThat(new String(request.body(), UTF_8)).isEqualTo(body);
                assertThat(request.facts().model()).isEqualTo("gpt-4o");
            });
        }
    }

    @Test
    void rowsAreFoundAgainByTheirPlaceThroughMarksAndBlankLines() throws IOException {
        Path file = write(
                "in.jsonl",
                "\uFEFF" + GOOD.formatted("a") + "\r\n\r\n" + GOOD.formatted("b") + "\n\n" + GOOD.formatted("c"));

        try (JobInput input = JobInput.open(file, InputOptions.none())) {
            Scan scan = Scan.of(input);

            assertThat(scan.places).extracting(RowPlace::line).containsExactly(1L, 3L, 5L);
            assertThat(scan.places).extracting(RowPlace::number).containsExactly(0L, 1L, 2L);
            assertThat(scan.places.reversed())
                    .extracting(place -> input.read(place).customId())
                    .containsExactly("c", "b", "a");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            hello                                                    | 1  | expected a JSON object
            ["custom_id"]                                            | 1  | expected a JSON object
            {"custom_id":"a","method":"POST"                         | 33 | the line ends too early
            {"custom_id":"a" "method":"POST"}                        | 18 | not JSON
            {"custom_id":"a","method":POST}                          | 27 | expected a value
            {"custom_id":"a"} {"custom_id":"b"}                      | 19 | a second value follows
            {"method":"POST","url":"/v1/completions","body":{}}      | 1  | custom_id is missing
            {"custom_id":7,"method":"POST"}                          | 14 | custom_id must be a string, but it is a number
            {"custom_id":"","method":"POST","url":"/v1/embeddings","body":{}} | 1 | custom_id is empty
            {"custom_id":"a","method":"GET"}                         | 27 | method must be "POST"
            {"custom_id":"é","method":"GET"}                         | 27 | method must be "POST"
            {"custom_id":"a","url":"/v1/completions","body":{}}      | 1  | method is missing
            {"custom_id":"a","method":"POST","url":"/v1/files"}      | 40 | url must be one of /v1/chat/completions
            {"custom_id":"a","method":"POST","url":"/v1/images/generations"} | 40 | /v1/embeddings, /v1/moderations
            {"custom_id":"a","method":"POST","body":{}}              | 1  | url is missing
            {"custom_id":"a","method":"POST","url":"/v1/embeddings"} | 1  | body is missing
            {"custom_id":"a","body":"{}"}                            | 25 | body must be an object, but it is a string
            {"custom_id":"a","custom_id":"b"}                        | 18 | custom_id is there twice
            {"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"input":"x"}} | 64 | names no model
            {"custom_id":"a","method":"POST","url":"/v1/completions","body":{"model":"m","stream":true}} | 65 | asks for a stream
            {"custom_id":"a","method":"POST","url":"/v1/completions","body":{"model":"m","n":"2"}} | 82 | in the body, n must be
            """)
    void aBadBatchRowIsNamedWithItsPlace(String row, int column, String problem) throws IOException {
        Path file = write("in.jsonl", GOOD.formatted("first") + "\n\n" + row + "\n" + GOOD.formatted("last") + "\n");

        try (JobInput input = JobInput.open(file, InputOptions.none())) {
            Scan scan = Scan.of(input);

            assertThat(scan.report.goodRows()).isEqualTo(2);
            assertThat(scan.report.badRows()).isEqualTo(1);
            assertThat(scan.report.firstBadRows()).singleElement().satisfies(bad -> {
                assertThat(bad.problem()).contains(problem);
                assertThat(bad.line()).isEqualTo(3);
                assertThat(bad.column()).isEqualTo(column);
                assertThat(bad.number()).isEqualTo(1);
            });
            assertThat(scan.places).extracting(RowPlace::number).containsExactly(0L, 2L);
        }
    }

    @Test
    void aModerationNeedsNoModel() throws IOException {
        Path file = write(
                "in.jsonl",
                "{\"custom_id\":\"a\",\"method\":\"POST\",\"url\":\"/v1/moderations\",\"body\":{\"input\":\"x\"}}");

        try (JobInput input = JobInput.open(file, InputOptions.none())) {
            assertThat(Scan.of(input).report.badRows()).isZero();
        }
    }

    @Test
    void aRepeatedIdIsNamedWithTheLineThatHadItFirst() throws IOException {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 30_000; i++) {
            rows.append(GOOD.formatted("id-" + i)).append('\n');
        }
        Path file = write("in.jsonl", rows + GOOD.formatted("id-4711") + "\n");

        try (JobInput input = JobInput.open(file, InputOptions.none())) {
            ScanReport report = Scan.of(input).report;

            assertThat(report.goodRows()).isEqualTo(30_000);
            assertThat(report.firstBadRows()).singleElement().satisfies(bad -> {
                assertThat(bad.line()).isEqualTo(30_001);
                assertThat(bad.problem()).contains("already used on line 4712");
            });
        }
    }

    @Test
    void aByteThatIsNotUtf8IsNamedWithItsPlace() throws IOException {
        Path file = folder.resolve("in.jsonl");
        Files.write(file, (GOOD.formatted("a") + "\n" + GOOD.formatted("Zürich")).getBytes(ISO_8859_1));

        try (JobInput input = JobInput.open(file, InputOptions.none())) {
            assertThat(Scan.of(input).report.firstBadRows())
                    .extracting(BadRow::toString)
                    .containsExactly("2:16: byte 0xFC is not UTF-8; save the file as UTF-8");
        }
    }

    @Test
    void amongAMillionBadRowsOnlyTheFirstAreKept() throws IOException {
        Path file = write("in.jsonl", GOOD.formatted("a") + "\n" + "x\n".repeat(1_000));

        try (JobInput input = JobInput.open(file, InputOptions.none())) {
            ScanReport report = Scan.of(input).report;

            assertThat(report.badRows()).isEqualTo(1_000);
            assertThat(report.firstBadRows()).hasSize(JobInput.BAD_ROWS_KEPT);
        }
    }

    @Test
    void theMessageOfABadRowNeverRepeatsItsText() throws IOException {
        Path file = write(
                "in.jsonl", "{\"custom_id\":\"a\",\"body\":secretprompt}\n{\"custom_id\":\"a\",\"x\":\"secretprompt");

        try (JobInput input = JobInput.open(file, InputOptions.none())) {
            assertThat(Scan.of(input).report.firstBadRows())
                    .hasSize(2)
                    .noneMatch(bad -> bad.problem().contains("secret"));
        }
    }

    @Test
    void aCsvRowBecomesARequestWithValuesThatSpanLines() throws IOException {
        Path file = write("in.csv", "id,question\r\n1,\"What is\r\n\"\"1,5\"\" + 2?\"\r\n\r\n2,Plain");

        try (JobInput input = JobInput.open(file, InputOptions.prompt("gpt-4o", "Solve: {{question}}"))) {
            Scan scan = Scan.of(input);

            assertThat(scan.report.columns()).containsExactly("id", "question");
            assertThat(scan.requests).extracting(PreparedRequest::customId).containsExactly("row-0", "row-1");
            assertThat(new String(scan.requests.getFirst().body(), UTF_8))
                    .contains("\"Solve: What is\\r\\n\\\"1,5\\\" + 2?\"");
            assertThat(scan.places).extracting(RowPlace::line).containsExactly(2L, 5L);
        }
    }

    @Test
    void tabsSeparateTheValuesOfATsv() throws IOException {
        Path file = write("in.tsv", "a\tb\n1,5\t\"x\ty\"\n\t\n");

        try (JobInput input = JobInput.open(file, InputOptions.prompt("m", "{{a}}|{{b}}"))) {
            assertThat(Scan.of(input).requests)
                    .extracting(request -> new String(request.body(), UTF_8))
                    .satisfiesExactly(
                            body -> assertThat(body).contains("\"1,5|x\\ty\""),
                            body -> assertThat(body).contains("\"|\""));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            1                 | 3 | 1 | the row has 1 columns, the header has 2
            1,2,3             | 3 | 1 | the row has 3 columns, the header has 2
            1,"two" three     | 3 | 8 | text follows a closing quote
            1,"two\\nlines"x  | 4 | 7 | text follows a closing quote
            1,a\\rb           | 3 | 4 | a carriage return stands alone
            """)
    void aBadCsvRowIsNamedWithItsPlace(String row, long line, int column, String problem) throws IOException {
        String text = row.replace("\\n", "\n").replace("\\r", "\r");
        Path file = write("in.csv", "a,b\n1,2\n" + text + "\n3,4\n");

        try (JobInput input = JobInput.open(file, InputOptions.prompt("m", "{{a}}"))) {
            ScanReport report = Scan.of(input).report;

            assertThat(report.goodRows()).isEqualTo(2);
            assertThat(report.firstBadRows()).singleElement().satisfies(bad -> {
                assertThat(bad.problem()).contains(problem);
                assertThat(bad.line()).isEqualTo(line);
                assertThat(bad.column()).isEqualTo(column);
            });
        }
    }

    @Test
    void aQuoteThatSwallowsTheRestOfTheFileEndsTheScan() throws IOException {
        Path file = write("in.csv", "a,b\n1,2\n3,\"four\n5,6\n");

        try (JobInput input = JobInput.open(file, InputOptions.prompt("m", "{{a}}"))) {
            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> Scan.of(input))
                    .withMessageContaining(":3: a quoted field opens here");
        }
    }

    @ParameterizedTest
    @CsvSource({"in.csv, 'id,question\n1,2\n'", "in.jsonl, '{\"id\":1,\"question\":\"x\"}\n'"})
    void aTemplateThatNamesAnUnknownColumnIsOneErrorAtOnce(String name, String content) throws IOException {
        Path file = write(name, content);

        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> JobInput.open(file, InputOptions.prompt("m", "{{Questoin}}")))
                .withMessageContaining("no column Questoin; did you mean question? The columns are: id, question");
    }

    @Test
    void jsonRowsGiveTheirValuesToThePrompt() throws IOException {
        Path file = write(
                "in.jsonl", "{\"s\":\"t\\u00e4xt \\\"q\\\"\",\"n\":1.50,\"b\":true,\"o\":{\"k\": [1]},\"z\":null}\n");

        try (JobInput input = JobInput.open(file, InputOptions.prompt("m", "{{s}}|{{n}}|{{b}}|{{o}}"))) {
            Scan scan = Scan.of(input);

            assertThat(new String(scan.requests.getFirst().body(), UTF_8))
                    .contains("\"täxt \\\"q\\\"|1.50|true|{\\\"k\\\": [1]}\"");
            assertThat(scan.report.columns()).containsExactly("s", "n", "b", "o", "z");
        }
    }

    @Test
    void aJsonRowWithoutTheColumnOrWithNullIsBad() throws IOException {
        Path file = write("in.jsonl", "{\"q\":\"x\"}\n{\"p\":\"x\"}\n{\"q\":null}\n");

        try (JobInput input = JobInput.open(file, InputOptions.prompt("m", "{{q}}"))) {
            assertThat(Scan.of(input).report.firstBadRows())
                    .extracting(BadRow::toString)
                    .satisfiesExactly(
                            bad -> assertThat(bad).startsWith("2:1: there is no column q; did you mean p?"),
                            bad -> assertThat(bad).startsWith("3:6: column q is null"));
        }
    }

    @Test
    void rowsOfATableWithoutAPromptAreExplained() throws IOException {
        Path file = write("in.jsonl", "{\"question\":\"x\",\"answer\":\"y\"}\n");

        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> JobInput.open(file, InputOptions.none()))
                .withMessageContaining("question, answer")
                .withMessageContaining("--prompt 'text with {{question}}'");
    }

    @Test
    void aPromptForBatchRowsIsRefusedUnlessTheFormatIsSaid() throws IOException {
        Path file = write("in.jsonl", GOOD.formatted("a"));
        InputOptions options = InputOptions.prompt("m", "{{custom_id}}");

        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> JobInput.open(file, options))
                .withMessageContaining("--format jsonl");
        try (JobInput input = JobInput.open(file, options.withFormat(RowFormat.JSONL))) {
            assertThat(Scan.of(input).report.goodRows()).isEqualTo(1);
        }
    }

    @Test
    void aModelForBatchRowsIsRefused() throws IOException {
        Path file = write("in.jsonl", GOOD.formatted("a"));
        InputOptions options = new InputOptions(
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of("gpt-4o"),
                OptionalInt.empty(),
                new LinkedHashMap<>());

        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> JobInput.open(file, options))
                .withMessageContaining("sent exactly as they are; --model is for tables");
    }

    @Test
    void foreignFormatsAreNamedWithAWayOut() throws IOException {
        Map<String, String> beginnings = new LinkedHashMap<>();
        beginnings.put("PAR1xxxx", "Parquet");
        beginnings.put("PK\u0003\u0004xx", "save the sheet as CSV");
        beginnings.put("\u001f\u008bxx", "compressed");
        beginnings.put("\u00ff\u00fe{\u0000", "iconv");
        beginnings.put(" [{\"a\":1}]", "jq -c '.[]'");
        for (Map.Entry<String, String> entry : beginnings.entrySet()) {
            Path file = folder.resolve("in.jsonl");
            Files.write(file, entry.getKey().getBytes(ISO_8859_1));

            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> JobInput.open(file, InputOptions.none()))
                    .withMessageContaining(entry.getValue());
        }
        Files.write(folder.resolve("in.csv"), "a,b\n1,2\n".getBytes(UTF_16));
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> JobInput.open(folder.resolve("in.csv"), InputOptions.prompt("m", "{{a}}")))
                .withMessageContaining("UTF-16");
    }

    @ParameterizedTest
    @ValueSource(strings = {"missing.jsonl", "."})
    void whatIsNoFileIsRefused(String name) {
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> JobInput.open(folder.resolve(name), InputOptions.none()))
                .withMessageContaining(folder.toString());
    }

    @Test
    void aFileWithoutAKnownEndingIsTakenForJsonByItsFirstCharacter() throws IOException {
        Path json = write("rows", "\n" + GOOD.formatted("a"));
        Path other = write("notes.txt", "a,b\n1,2\n");

        try (JobInput input = JobInput.open(json, InputOptions.none())) {
            assertThat(input.format()).isEqualTo(RowFormat.BATCH);
        }
        assertThatExceptionOfType(InputException.class)
                .isThrownBy(() -> JobInput.open(other, InputOptions.prompt("m", "{{a}}")))
                .withMessageContaining("--format");
        try (JobInput input =
                JobInput.open(other, InputOptions.prompt("m", "{{a}}").withFormat(RowFormat.CSV))) {
            assertThat(Scan.of(input).report.goodRows()).isEqualTo(1);
        }
    }

    @Test
    void aFileThatGrowsDuringTheScanIsNoticed() throws IOException {
        Path file = write("in.jsonl", GOOD.formatted("a") + "\n");

        try (JobInput input = JobInput.open(file, InputOptions.none())) {
            Files.writeString(file, GOOD.formatted("b") + "\n", StandardOpenOption.APPEND);

            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> Scan.of(input))
                    .withMessageContaining("changed while it was being used");
        }
    }

    @Test
    void aRowThatIsNotThereAnyMoreIsNoticed() throws IOException {
        Path file = write("in.jsonl", GOOD.formatted("a") + "\n");

        try (JobInput input = JobInput.open(file, InputOptions.none())) {
            RowPlace place = Scan.of(input).places.getFirst();
            Files.writeString(file, "{}\n");

            assertThatExceptionOfType(InputException.class)
                    .isThrownBy(() -> input.read(place))
                    .withMessageContaining("changed");
        }
    }

    @Test
    void theDigestIsThatOfTheBytesAndIsNotTakenAgainForAnUntouchedFile() throws IOException {
        Path file = write("in.jsonl", "\uFEFF" + GOOD.formatted("a") + "\r\n");

        try (JobInput input = JobInput.open(file, InputOptions.none())) {
            InputDigest scanned = Scan.of(input).report.digest();

            assertThat(input.digest(Optional.empty())).isEqualTo(scanned);
            InputDigest known = new InputDigest("known", scanned.bytes(), scanned.modified());
            assertThat(input.digest(Optional.of(known))).isSameAs(known);
            InputDigest older =
                    new InputDigest("known", scanned.bytes(), scanned.modified().minusSeconds(1));
            assertThat(input.digest(Optional.of(older))).isEqualTo(scanned);
        }
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    /** All that a scan hands out. */
    static final class Scan {
        final List<RowPlace> places = new ArrayList<>();
        final List<PreparedRequest> requests = new ArrayList<>();
        final ScanReport report;

        private Scan(JobInput input) {
            report = input.scan((place, request) -> {
                places.add(place);
                requests.add(request);
            });
        }

        static Scan of(JobInput input) {
            return new Scan(input);
        }
    }
}
