package dev.penstock.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.penstock.wire.Usage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputWriterTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String BATCH_ROW =
            "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{\"model\":\"m\",\"input\":\"x\"}}\n";

    @TempDir
    Path folder;

    @Test
    void batchRowsAreWrittenAsTheBatchApiDoes() throws IOException {
        Path in = write("in.jsonl", BATCH_ROW.formatted("a \\\"1\\\"") + "\n" + BATCH_ROW.formatted("b"));
        Path out = folder.resolve("out.jsonl");

        OutputSummary summary = run(
                in,
                InputOptions.none(),
                out,
                List.of(answered(1, "[ 1.50 ]"), answered(0, "{\r\n  \"x\": \"é\\n\",\n  \"y\":2\n}\n")));

        assertThat(summary).isEqualTo(new OutputSummary(2, 0, 0, Optional.empty()));
        String prefix = "batch_req_" + sha256(in).substring(0, 16);
        assertThat(out)
                .hasContent("{\"id\":\"" + prefix + "00000000\",\"custom_id\":\"a \\\"1\\\"\",\"response\":"
                        + "{\"status_code\":200,\"request_id\":\"req_0\",\"body\":{\"x\": \"é\\n\",\"y\":2}},\"error\":null}\n"
                        + "{\"id\":\"" + prefix + "00000001\",\"custom_id\":\"b\",\"response\":"
                        + "{\"status_code\":200,\"request_id\":\"req_1\",\"body\":[ 1.50 ]},\"error\":null}\n");
        assertThat(OutputWriter.errorsFile(out)).doesNotExist();
    }

    @Test
    void failuresOfBatchRowsGoToTheErrorsFileInTheSameShape() throws IOException {
        Path in = write("in.jsonl", BATCH_ROW.formatted("a") + BATCH_ROW.formatted("b") + BATCH_ROW.formatted("c"));
        Path out = folder.resolve("out.jsonl");

        OutputSummary summary = run(
                in,
                InputOptions.none(),
                out,
                List.of(
                        failed(0, OptionalInt.of(400), "{\n \"error\": {\"code\":\"bad\"}\n}"),
                        failed(1, OptionalInt.of(502), "<html>\nBad gateway"),
                        failed(2, OptionalInt.empty(), "")));

        assertThat(summary).isEqualTo(new OutputSummary(0, 3, 0, Optional.of(OutputWriter.errorsFile(out))));
        assertThat(out).isEmptyFile();
        List<JsonNode> errors = jsonLines(OutputWriter.errorsFile(out));
        assertThat(errors).extracting(line -> line.get("custom_id").textValue()).containsExactly("a", "b", "c");
        assertThat(errors.get(0).get("response"))
                .isEqualTo(JSON.readTree(
                        "{\"status_code\":400,\"request_id\":null,\"body\":{\"error\":{\"code\":\"bad\"}}}"));
        assertThat(errors.get(0).get("error").isNull()).isTrue();
        assertThat(errors.get(1).at("/response/body/error/message").textValue()).isEqualTo("It \"failed\".");
        assertThat(errors.get(2).get("response").isNull()).isTrue();
        assertThat(errors.get(2).get("error"))
                .isEqualTo(JSON.readTree("{\"code\":\"timeout\",\"message\":\"It \\\"failed\\\".\"}"));
    }

    @Test
    void theErrorsFileGoesWhenThereAreNoFailuresAnyMore() throws IOException {
        Path in = write("in.jsonl", BATCH_ROW.formatted("a"));
        Path out = folder.resolve("out.jsonl");

        run(in, InputOptions.none(), out, List.of(failed(0, OptionalInt.empty(), "")));
        assertThat(OutputWriter.errorsFile(out)).exists();
        run(in, InputOptions.none(), out, List.of(answered(0, "{}")));

        assertThat(OutputWriter.errorsFile(out)).doesNotExist();
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("in.jsonl", "out.jsonl", "out.jsonl.job");
    }

    @Test
    void aCsvKeepsItsRowsByteForByteAndGetsTheAnswer() throws IOException {
        Path in = write("in.csv", "id,\"the \"\"q\"\"\",answer\r\n1,\"a, b\nc\",x\r\n2,plain,\"y\"\r\n3,é,z");
        Path out = folder.resolve("out.csv");

        OutputSummary summary = run(
                in,
                InputOptions.prompt("m", "{{id}}"),
                out,
                List.of(chat(0, "It is \"7\",\nsurely"), failed(1, OptionalInt.of(400), "{}")));

        assertThat(summary).isEqualTo(new OutputSummary(1, 1, 1, Optional.of(OutputWriter.errorsFile(out))));
        assertThat(Files.readString(out))
                .isEqualTo("id,\"the \"\"q\"\"\",answer,answer_2\n"
                        + "1,\"a, b\nc\",x,\"It is \"\"7\"\",\nsurely\"\n"
                        + "2,plain,\"y\",\n"
                        + "3,é,z,\n");
        assertThat(OutputWriter.errorsFile(out))
                .hasContent("{\"row\":1,\"line\":4,\"status_code\":400,\"request_id\":null,\"code\":\"timeout\","
                        + "\"message\":\"It \\\"failed\\\".\"}\n");
    }

    @Test
    void jsonRowsKeepTheirBytesAndGetTheAnswer() throws IOException {
        Path in = write("in.jsonl", "{\"q\": 1.50, \"x\":{\"a\":[] } } \r\n{\"q\":2}\n{\"answer\":\"}\",\"q\":3}");
        Path out = folder.resolve("out.jsonl");

        run(
                in,
                InputOptions.prompt("m", "{{q}}"),
                out,
                List.of(chat(0, "é\n\"1\""), failed(1, OptionalInt.of(400), "{}"), chat(2, "3")));

        assertThat(Files.readString(out))
                .isEqualTo("{\"q\": 1.50, \"x\":{\"a\":[] },\"answer_2\":\"é\\n\\\"1\\\"\"}\n"
                        + "{\"q\":2,\"answer_2\":null}\n"
                        + "{\"answer\":\"}\",\"q\":3,\"answer_2\":\"3\"}\n");
    }

    @Test
    void aCsvCanBecomeJsonLines() throws IOException {
        Path in = write("in.csv", "q,n\n\"a \"\"b\"\"\",1\n");
        Path out = folder.resolve("out.jsonl");

        run(in, InputOptions.prompt("m", "{{q}}"), out, List.of(chat(0, "c")));

        assertThat(out).hasContent("{\"q\":\"a \\\"b\\\"\",\"n\":\"1\",\"answer\":\"c\"}\n");
    }

    @Test
    void jsonLinesCanBecomeACsvWithTheColumnsOfAllRows() throws IOException {
        Path in = write("in.jsonl", "{\"q\":\"a,b\",\"n\":1.50}\n{\"q\":\"c\",\"o\":{\"k\": [1,2]},\"n\":null}\n");
        Path out = folder.resolve("out.csv");

        run(in, InputOptions.prompt("m", "{{q}}"), out, List.of(chat(0, "x"), chat(1, "y")));

        assertThat(Files.readString(out)).isEqualTo("q,n,o,answer\n\"a,b\",1.50,,x\nc,,\"{\"\"k\"\": [1,2]}\",y\n");
    }

    @Test
    void aTsvCanBecomeACsv() throws IOException {
        Path in = write("in.tsv", "q\tn\na,b\t\"x\ty\"\n");
        Path out = folder.resolve("out.csv");

        run(in, InputOptions.prompt("m", "{{q}}"), out, List.of(chat(0, "c")));

        assertThat(out).hasContent("q,n,answer\n\"a,b\",x\ty,c\n");
    }

    @Test
    void aSkippedBadRowIsInNeitherFile() throws IOException {
        Path in = write("in.csv", "q,n\na,1\nbroken\nb,2\n");
        Path out = folder.resolve("out.csv");

        run(in, InputOptions.prompt("m", "{{q}}"), out, List.of(chat(0, "x"), chat(2, "y")));

        assertThat(out).hasContent("q,n,answer\na,1,x\nb,2,y\n");
    }

    @Test
    void aToolCallOrRefusalIsAnEmptyAnswer() throws IOException {
        Path in = write("in.csv", "q\na\n");
        Path out = folder.resolve("out.csv");

        run(
                in,
                InputOptions.prompt("m", "{{q}}"),
                out,
                List.of(answered(0, "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"no\"}}]}")));

        assertThat(Files.readString(out)).isEqualTo("q,answer\na,\n");
    }

    @Test
    void standardOutputGetsTheRowsInTheInputsFormat() throws IOException {
        Path in = write("in.csv", "q\na\n");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JobInput input = JobInput.open(in, InputOptions.prompt("m", "{{q}}"));
                JobStore store = JobStore.open(folder.resolve("x.job"))) {
            fill(store, input, List.of(chat(0, "x")));

            OutputWriter.toStream(store, input, out, folder.resolve("x.errors.jsonl"));
        }
        assertThat(out.toString(UTF_8)).isEqualTo("q,answer\na,x\n");
        assertThat(folder.resolve("x.errors.jsonl")).doesNotExist();
    }

    @Test
    void aFullDiskLeavesTheOldOutputAndTheJobAlone() throws IOException {
        Path in = write("in.csv", "q\na\n");
        try (JobInput input = JobInput.open(in, InputOptions.prompt("m", "{{q}}"));
                JobStore store = JobStore.open(folder.resolve("x.job"))) {
            fill(store, input, List.of(chat(0, "x")));

            assertThatExceptionOfType(StorageFullException.class)
                    .isThrownBy(
                            () -> OutputWriter.toStream(store, input, new FullDisk(), folder.resolve("x.errors.jsonl")))
                    .withMessageContaining("make room");
            assertThat(store.counts().answered()).isEqualTo(1);
        }
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("in.csv", "x.job");
    }

    @Test
    void aSymbolicLinkStaysOne() throws IOException {
        Path in = write("in.csv", "q\na\n");
        Path target = write("target.csv", "old");
        Path link = Files.createSymbolicLink(folder.resolve("out.csv"), target);

        run(in, InputOptions.prompt("m", "{{q}}"), link, List.of(chat(0, "x")));

        assertThat(link).isSymbolicLink();
        assertThat(target).hasContent("q,answer\na,x\n");
    }

    @ParameterizedTest
    @CsvSource({
        "BATCH, out.jsonl, BATCH",
        "BATCH, out.txt, BATCH",
        "CSV, out.jsonl, JSONL",
        "CSV, out.TSV, TSV",
        "JSONL, out.csv, CSV",
        "TSV, out.txt, TSV",
        "JSONL, out, JSONL"
    })
    void theFormatIsThatOfTheOutputsNameOrElseOfTheInput(RowFormat input, Path output, RowFormat expected) {
        assertThat(OutputWriter.format(input, Optional.of(output))).isEqualTo(expected);
        assertThat(OutputWriter.format(input, Optional.empty())).isEqualTo(input);
    }

    @Test
    void outputsThatCannotBeWrittenAreRefusedBeforeTheWork() throws IOException {
        Path batch = write("in.jsonl", BATCH_ROW.formatted("a"));
        try (JobInput input = JobInput.open(batch, InputOptions.none())) {
            assertRefused(input, folder.resolve("out.csv"), "Batch API's format");
            assertRefused(input, folder.resolve("missing/out.jsonl"), "folder does not exist");
            assertRefused(input, batch, "is the input");
            assertRefused(input, folder, "is not a regular file");
            OutputWriter.check(input, folder.resolve("out.jsonl"));
        }
    }

    private static void assertRefused(JobInput input, Path output, String message) {
        assertThatExceptionOfType(OutputException.class)
                .isThrownBy(() -> OutputWriter.check(input, output))
                .withMessageContaining(message);
    }

    private static OutputSummary run(Path in, InputOptions options, Path out, List<RowResult> results) {
        try (JobInput input = JobInput.open(in, options);
                JobStore store = JobStore.open(OutputWriter.jobFile(out))) {
            store.discard();
            fill(store, input, results);
            return OutputWriter.toFile(store, input, out);
        }
    }

    private static void fill(JobStore store, JobInput input, List<RowResult> results) {
        store.begin("0.1.0");
        List<RowEntry> entries = new ArrayList<>();
        ScanReport report = input.scan((place, request) -> entries.add(RowEntry.of(place, 10)));
        store.add(entries);
        store.scanFinished(JobIdentity.of(report.digest(), input.requestOptions(), Map.of()), report);
        assertThat(store.store(results)).isEqualTo(results.size());
    }

    private static RowResult chat(long number, String text) throws IOException {
        String content = JSON.writeValueAsString(text);
        return answered(
                number,
                "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":" + content
                        + "},\"finish_reason\":\"stop\"}],\"usage\":{}}");
    }

    private static RowResult answered(long number, String body) {
        return new RowResult.Answered(
                number,
                200,
                Optional.of("req_" + number),
                body.getBytes(UTF_8),
                "m",
                new Usage(1, 0, 1),
                1,
                Duration.ZERO);
    }

    private static RowResult failed(long number, OptionalInt status, String body) {
        return new RowResult.Failed(
                number,
                status,
                Optional.empty(),
                body.getBytes(UTF_8),
                "timeout",
                "It \"failed\".",
                "m",
                new Usage(0, 0, 0),
                1,
                Duration.ZERO);
    }

    private static List<JsonNode> jsonLines(Path file) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }

    private static String sha256(Path file) {
        try (JobInput input = JobInput.open(file, InputOptions.none())) {
            return input.digest(Optional.empty()).sha256();
        }
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    /** A stream on a disk without room. */
    private static final class FullDisk extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            throw new IOException("No space left on device");
        }
    }
}
