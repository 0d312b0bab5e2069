package dev.penstock.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of the twin in virtual time. */
final class FilesTest {
    private static final BatchBounds SMALL = new BatchBounds(100, 200, 10, 10, 3, 4, 10);

    private final BatchClient client = new BatchClient(BatchSettings.standard());

    @AfterEach
    void close() {
        client.close();
    }

    @Test
    void aFileIsShownAsItWasUploadedAndStaysThirtyDays() {
        JsonNode file =
                BatchClient.json(BatchClient.served(client.upload("in.jsonl", "one\ntwo", Map.of("purpose", "batch"))));
        assertThat(file.at("/object").asText()).isEqualTo("file");
        assertThat(file.at("/id").asText()).startsWith("file-");
        assertThat(file.at("/filename").asText()).isEqualTo("in.jsonl");
        assertThat(file.at("/bytes").asLong()).isEqualTo(7);
        assertThat(file.at("/status").asText()).isEqualTo("processed");
        assertThat(file.at("/expires_at").asLong() - file.at("/created_at").asLong())
                .isEqualTo(2_592_000);
        String id = file.at("/id").asText();
        assertThat(client.get("/v1/files/" + id)).isEqualTo(file);
        assertThat(client.content(id)).isEqualTo("one\ntwo");
        client.pass(Duration.ofDays(30).minusSeconds(1));
        assertThat(client.content(id)).isEqualTo("one\ntwo");
        client.pass(Duration.ofSeconds(1));
        JsonNode gone = client.refused(404, client.call("GET", "/v1/files/" + id, ""));
        assertThat(gone.at("/message").asText()).isEqualTo("No such File object: " + id);
    }

    @Test
    void anUploadSaysHowLongItsFileStays() {
        Map<String, String> anHour =
                Map.of("purpose", "batch", "expires_after[anchor]", "created_at", "expires_after[seconds]", "3600");
        JsonNode file = BatchClient.json(BatchClient.served(client.upload("in.jsonl", "x", anHour)));
        assertThat(file.at("/expires_at").asLong() - file.at("/created_at").asLong())
                .isEqualTo(3_600);
        Map<String, String> tooShort =
                Map.of("purpose", "batch", "expires_after[anchor]", "created_at", "expires_after[seconds]", "3599");
        JsonNode refusal = client.refused(400, client.upload("in.jsonl", "x", tooShort));
        assertThat(refusal.at("/param").asText()).isEqualTo("expires_after");
    }

    @Test
    void filesOfOtherPurposesHaveAnyNameAndStay() {
        JsonNode file =
                BatchClient.json(BatchClient.served(client.upload("a.txt", "x", Map.of("purpose", "user_data"))));
        assertThat(file.at("/expires_at").isNull()).isTrue();
        client.pass(Duration.ofDays(400));
        assertThat(client.content(file.at("/id").asText())).isEqualTo("x");
    }

    @Test
    void theInputOfABatchMustBeNamedJsonl() {
        JsonNode refusal = client.refused(400, client.upload("in.json", "x", Map.of("purpose", "batch")));
        assertThat(refusal.at("/message").asText()).isEqualTo("Invalid file format for Batch API. Must be .jsonl");
        assertThat(refusal.at("/type").asText()).isEqualTo("invalid_request_error");
        assertThat(refusal.at("/code").isNull()).isTrue();
        assertThat(client.ledger().filesUploaded()).isZero();
    }

    @Test
    void whatAnUploadLacksIsNamed() {
        assertThat(client.refused(400, client.upload("in.jsonl", "x", Map.of()))
                        .at("/param")
                        .asText())
                .isEqualTo("purpose");
        assertThat(client.refused(400, client.upload("in.jsonl", "x", Map.of("purpose", "nonsense")))
                        .at("/param")
                        .asText())
                .isEqualTo("purpose");
        byte[] noFile =
                BatchClient.bytes("--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b--\r\n");
        assertThat(client.refused(400, client.call("POST", "/v1/files", "multipart/form-data; boundary=b", noFile))
                        .at("/param")
                        .asText())
                .isEqualTo("file");
        assertThat(client.refused(400, client.call("POST", "/v1/files", "{}"))
                        .at("/message")
                        .asText())
                .contains("multipart/form-data");
    }

    @Test
    void aLargeFileIsRefused() {
        try (BatchClient small = new BatchClient(TwinSettings.builder(), SMALL)) {
            assertThat(small.upload("in.jsonl", "x".repeat(100), Map.of("purpose", "batch")))
                    .isInstanceOf(Arrival.Served.class);
            JsonNode refusal =
                    small.refused(413, small.upload("in.jsonl", "x".repeat(101), Map.of("purpose", "batch")));
            assertThat(refusal.at("/message").asText()).contains("100 bytes");
        }
    }

    @Test
    void uploadsAreLimitedPerMinute() {
        try (BatchClient small = new BatchClient(TwinSettings.builder(), SMALL)) {
            for (int i = 0; i < 4; i++) {
                assertThat(small.upload("x")).startsWith("file-");
            }
            Arrival fifth = small.upload("in.jsonl", "x", Map.of("purpose", "batch"));
            small.refused(429, fifth);
            assertThat(((Arrival.Refused) fifth).headers()).containsEntry("retry-after", "15");
            small.pass(Duration.ofSeconds(15));
            assertThat(small.upload("x")).startsWith("file-");
        }
    }

    /** Pieces of one byte put every boundary of the form between two of them. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 64, 100_000})
    void aFormIsReadTheSameInPiecesOfAnySize(int pieceBytes) throws IOException {
        String content = "\r\n--b\r\r\n-\r\n--bound\nline\r\n\r\n--boundar\r\n";
        byte[] form = BatchClient.bytes("preamble\r\n--boundary\r\n"
                + "Content-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".jsonl\"\r\n\r\n" + content
                + "\r\n--boundary \t\r\nX-Other: 1\r\ncontent-disposition: form-data; name=purpose\r\n\r\nbatch"
                + "\r\n--boundary\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n"
                + "\r\n--boundary--\r\nepilogue\r\n--boundary\r\n");
        StringBuilder file = new StringBuilder();
        FormReader reader = new FormReader(
                FormReader.boundary("multipart/form-data; charset=x; boundary=\"boundary\"")
                        .orElseThrow(),
                (bytes, offset, length) -> file.append(new String(bytes, offset, length, StandardCharsets.UTF_8)));
        for (int at = 0; at < form.length; at += pieceBytes) {
            reader.read(Arrays.copyOfRange(form, at, Math.min(form.length, at + pieceBytes)));
        }
        reader.end();
        assertThat(file).hasToString(content);
        assertThat(reader.fileName()).isEqualTo("a \"b\".jsonl");
        assertThat(reader.field("purpose")).contains("batch");
        assertThat(reader.field("empty")).contains("");
    }

    @Test
    void aBoundaryWhoseLineDoesNotEndIsNotWaitedForInMemory() throws IOException {
        FormReader reader = new FormReader(BatchClient.bytes("b"), (bytes, offset, length) -> {});
        reader.read(BatchClient.bytes("--b"));
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 100; i++) {
                        reader.read(BatchClient.bytes(" ".repeat(1_000)));
                    }
                })
                .isInstanceOf(FormReader.BadFormException.class)
                .hasMessageContaining("8192 bytes");
    }

    @Test
    void aFormThatBreaksOffIsNoFile() {
        byte[] cut = BatchClient.bytes(
                "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\nhalf a li");
        JsonNode refusal =
                client.refused(400, client.call("POST", "/v1/files", "multipart/form-data; boundary=b", cut));
        assertThat(refusal.at("/message").asText()).contains("must end with its boundary");
        assertThat(client.get("/v1/files").at("/data")).isEmpty();
    }

    @Test
    void aListHasPagesOrdersAndPurposes() {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.add(client.upload("x"));
        }
        BatchClient.served(client.upload("a.txt", "x", Map.of("purpose", "evals")));
        JsonNode first = client.get("/v1/files?purpose=batch&limit=2");
        assertThat(first.at("/data").findValuesAsText("id")).containsExactly(ids.get(4), ids.get(3));
        assertThat(first.at("/first_id").asText()).isEqualTo(ids.get(4));
        assertThat(first.at("/last_id").asText()).isEqualTo(ids.get(3));
        assertThat(first.at("/has_more").asBoolean()).isTrue();
        JsonNode rest = client.get("/v1/files?purpose=batch&after=" + ids.get(3));
        assertThat(rest.at("/data").findValuesAsText("id")).containsExactly(ids.get(2), ids.get(1), ids.get(0));
        assertThat(rest.at("/has_more").asBoolean()).isFalse();
        JsonNode ascending = client.get("/v1/files?order=asc&limit=1");
        assertThat(ascending.at("/data").findValuesAsText("id")).containsExactly(ids.getFirst());
        client.refused(400, client.call("GET", "/v1/files?limit=0", ""));
        client.refused(400, client.call("GET", "/v1/files?limit=10001", ""));
        client.refused(400, client.call("GET", "/v1/files?order=random", ""));
        client.refused(404, client.call("GET", "/v1/files?after=file-none", ""));
    }

    @Test
    void aDeletedFileIsGone() {
        String id = client.upload("x");
        JsonNode deleted = client.ok("DELETE", "/v1/files/" + id, "");
        assertThat(deleted).hasToString("{\"id\":\"" + id + "\",\"object\":\"file\",\"deleted\":true}");
        client.refused(404, client.call("GET", "/v1/files/" + id + "/content", ""));
        client.refused(404, client.call("DELETE", "/v1/files/" + id, ""));
        assertThat(client.get("/v1/files").at("/data")).isEmpty();
        assertThat(client.ledger().filesDeleted()).isEqualTo(1);
        assertThat(client.ledger().filesUploaded()).isEqualTo(1);
        assertThat(client.ledger().bytesUploaded()).isEqualTo(1);
    }

    @Test
    void nothingIsLeftOnTheDiskAfterTheClose() {
        String id = client.upload("x");
        Path file = Objects.requireNonNull(
                        client.twin().contentOf("GET", FileCalls.contentPath(id), name -> null, client.nowNanos()))
                .path();
        Path directory = file.getParent();
        assertThat(directory).isDirectoryContaining(path -> path.equals(file));
        client.close();
        assertThat(Files.exists(directory)).isFalse();
        assertThat(client.upload("in.jsonl", "x", Map.of("purpose", "batch")))
                .isInstanceOfSatisfying(
                        Arrival.Refused.class,
                        refused -> assertThat(refused.status()).isEqualTo(500));
    }

    @Test
    void aKeyIsDemandedHereToo() {
        try (BatchClient locked = new BatchClient(TwinSettings.builder().apiKey("sk-right"), BatchBounds.DOCUMENTED)) {
            locked.refused(401, locked.call("GET", "/v1/files", ""));
            locked.refused(401, locked.upload("in.jsonl", "x", Map.of("purpose", "batch")));
            locked.refused(401, locked.call("POST", "/v1/batches", "{}"));
            assertThat(locked.twin().upload(name -> null, locked.nowNanos())).isNull();
        }
    }
}
