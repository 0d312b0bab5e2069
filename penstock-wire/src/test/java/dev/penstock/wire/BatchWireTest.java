package dev.penstock.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the Files and Batch API say. */
class BatchWireTest {
    @Test
    void aBatchIsReadWithItsCountsErrorsUsageAndMetadata() {
        BatchObject batch = BatchObject.read("""
                {"id":"batch_1","object":"batch","status":"in_progress","errors":{"object":"list","data":[
                  {"code":"invalid_json_line","message":"No JSON.","param":null,"line":7}]},
                 "input_file_id":"file-1","output_file_id":null,"error_file_id":"file-3","created_at":1700000000,
                 "expires_at":1700086400,"request_counts":{"total":9,"completed":3,"failed":2},
                 "usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":5},
                 "metadata":{"penstock_part":"3"}}""".getBytes(UTF_8)).orElseThrow();
        assertThat(batch.status()).isEqualTo(BatchStatus.IN_PROGRESS);
        assertThat(batch.outputFileId()).isEmpty();
        assertThat(batch.errorFileId()).contains("file-3");
        assertThat(batch.errors().getFirst().line()).hasValue(7);
        assertThat(batch.total() + batch.completed() + batch.failed()).isEqualTo(14);
        assertThat(batch.usage()).contains(new Usage(10, 4, 5));
        assertThat(batch.metadata()).isEqualTo(Map.of("penstock_part", "3"));
        assertThat(batch.expiresAtSeconds()).hasValue(1_700_086_400);
    }

    @Test
    void nullsAndUnknownWordsBreakNothing() {
        BatchObject batch = BatchObject.read(
                        "{\"id\":\"b\",\"status\":\"pausing\",\"errors\":null,\"request_counts\":null,\"metadata\":null}"
                                .getBytes(UTF_8))
                .orElseThrow();
        assertThat(batch.status()).isEqualTo(BatchStatus.UNKNOWN);
        assertThat(batch.status().isLast()).isFalse();
        assertThat(batch.errors()).isEmpty();
        assertThat(batch.usage()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(BatchStatus.class)
    void everyStatusIsReadByItsWord(BatchStatus status) {
        assertThat(BatchStatus.of(status.word())).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "{\"id\":\"b\"}", "<html>", "null"})
    void whatIsNoBatchIsTold(String body) {
        assertThat(BatchObject.read(body.getBytes(UTF_8))).isEmpty();
        assertThat(BatchObject.readPage(body.getBytes(UTF_8))).isEmpty();
        assertThat(FileObject.readPage(body.getBytes(UTF_8))).isEmpty();
    }

    @Test
    void listsTellWhatToAskBehind() {
        BatchObject.Page page = BatchObject.readPage(
                        "{\"data\":[{\"id\":\"b1\",\"status\":\"completed\"},{\"id\":\"b2\",\"status\":\"failed\"}],\"has_more\":true}"
                                .getBytes(UTF_8))
                .orElseThrow();
        assertThat(page.batches()).hasSize(2);
        assertThat(page.lastId()).contains("b2");
        assertThat(page.hasMore()).isTrue();
        FileObject.Page files = FileObject.readPage(
                        "{\"data\":[{\"id\":\"f1\",\"filename\":\"a.jsonl\",\"bytes\":12}],\"last_id\":\"f1\",\"has_more\":false}"
                                .getBytes(UTF_8))
                .orElseThrow();
        assertThat(files.files()).containsExactly(new FileObject("f1", "a.jsonl", 12));
    }

    @Test
    void aLineIsReadWithItsBodyByteByByte() {
        BatchLine line =
                line("{\"id\":\"r\",\"custom_id\":\"é-1\",\"response\":{\"status_code\":200,\"request_id\":\"req_1\","
                                + "\"body\":{\"a\": [1,  2], \"é\":\"x\"}},\"error\":null}")
                        .orElseThrow();
        assertThat(line.customId()).isEqualTo("é-1");
        assertThat(line.status()).hasValue(200);
        assertThat(line.requestId()).contains("req_1");
        assertThat(new String(line.body(), UTF_8)).isEqualTo("{\"a\": [1,  2], \"é\":\"x\"}");
        assertThat(line.errorCode()).isEmpty();
    }

    @Test
    void bothFormsOfAnErrorAreRead() {
        BatchLine answered = line("{\"custom_id\":\"a\",\"response\":{\"status_code\":400,\"request_id\":\"\",\"body\":"
                        + "{\"error\":{\"message\":\"m\"}}},\"error\":null}")
                .orElseThrow();
        assertThat(answered.status()).hasValue(400);
        assertThat(answered.requestId()).isEmpty();
        BatchLine never =
                line("{\"custom_id\":\"b\",\"response\":null,\"error\":{\"code\":\"batch_expired\",\"message\":\"m\"}}")
                        .orElseThrow();
        assertThat(never.status()).isEmpty();
        assertThat(never.errorCode()).isEqualTo("batch_expired");
        assertThat(never.errorMessage()).isEqualTo("m");
        assertThat(
                        line("{\"custom_id\":\"c\",\"response\":{\"status_code\":0,\"request_id\":\"\",\"body\":null},\"error\":null}")
                                .orElseThrow()
                                .body())
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{}", "{\"custom_id\":\"a\",\"respo", "[1]", "{\"custom_id\":null}"})
    void whatNamesNoRowIsPassedOver(String text) {
        assertThat(line(text)).isEmpty();
    }

    @Test
    void aRefusalByTheQueueTellsTheLimit() {
        BatchObject batch = BatchObject.read(("{\"id\":\"b\",\"status\":\"failed\",\"errors\":{\"data\":[{\"code\":"
                                + "\"token_limit_exceeded\",\"message\":\"Enqueued token limit reached for gpt-4o-mini in"
                                + " organization org-X. Limit: 2,000,000 enqueued tokens. Please try again once some"
                                + " in_progress batches have been completed.\",\"line\":null}]}}")
                        .getBytes(UTF_8))
                .orElseThrow();
        assertThat(QueueRefusal.of(batch).orElseThrow().limitTokens()).hasValue(2_000_000);
        assertThat(batch.errors().getFirst().line()).isEmpty();
    }

    private static Optional<BatchLine> line(String text) {
        byte[] bytes = ("xx" + text).getBytes(UTF_8);
        return BatchLine.read(bytes, 2, bytes.length - 2);
    }
}
