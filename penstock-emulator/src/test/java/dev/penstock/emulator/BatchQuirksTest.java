package dev.penstock.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The oddities that users of the real API reported, and how they are asked for. */
final class BatchQuirksTest {
    private static final List<String> TEN =
            IntStream.range(0, 10).mapToObj(i -> "r" + i).toList();

    private final Collection<BatchClient> clients = new ArrayList<>();

    @AfterEach
    void close() {
        clients.forEach(BatchClient::close);
    }

    private BatchClient client(BatchSettings settings) {
        BatchClient client = new BatchClient(settings);
        clients.add(client);
        return client;
    }

    private BatchClient with(BatchQuirk quirk) {
        return client(BatchSettings.standard().withQuirks(BatchQuirks.always(quirk)));
    }

    private static String counts(BatchClient client, String id) {
        JsonNode counts = client.batch(id).at("/request_counts");
        return counts.at("/total").asInt() + " " + counts.at("/completed").asInt() + " "
                + counts.at("/failed").asInt();
    }

    @Test
    void aCompletedBatchMayHaveNothingButFailures() {
        BatchClient client = with(BatchQuirk.ALL_FAILED);
        String id = client.create(BatchClient.chats(10));
        assertThat(client.status(id)).isEqualTo("completed");
        assertThat(counts(client, id)).isEqualTo("10 0 10");
        assertThat(client.batch(id).at("/output_file_id").isNull()).isTrue();
        assertThat(client.batch(id).at("/errors").isNull()).isTrue();
        assertThat(client.customIds(id, "error_file_id")).isEqualTo(TEN);
        assertThat(client.ledger().rowsAnswered()).isZero();
    }

    @Test
    void theOutputMayBeMissing() {
        BatchClient client = with(BatchQuirk.NULL_OUTPUT);
        String id = client.create(BatchClient.chats(10));
        assertThat(client.status(id)).isEqualTo("completed");
        assertThat(counts(client, id)).isEqualTo("10 10 0");
        assertThat(client.batch(id).at("/output_file_id").isNull()).isTrue();
        assertThat(client.batch(id).at("/error_file_id").isNull()).isTrue();
    }

    @Test
    void aCompletedRowMayHaveTheStatus0() {
        BatchClient client = with(BatchQuirk.STATUS_0);
        String id = client.create(BatchClient.chats(20));
        assertThat(counts(client, id)).isEqualTo("20 20 0");
        List<JsonNode> lines = client.lines(id, "output_file_id");
        assertThat(lines)
                .extracting(line -> line.at("/response/status_code").asInt())
                .containsOnly(0, 200);
        assertThat(lines.get(10).at("/custom_id").asText()).isEqualTo("r10");
        assertThat(lines.get(10).at("/response/body").isNull()).isTrue();
        assertThat(client.ledger().rowsAnswered()).isEqualTo(18);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 10, 101})
    void theOutputMayHaveAnotherOrderThanTheInput(int rows) {
        BatchClient client = with(BatchQuirk.UNORDERED);
        List<String> input = IntStream.range(0, rows).mapToObj(i -> "r" + i).toList();
        String id = client.create(BatchClient.chats(rows));
        assertThat(client.customIds(id, "output_file_id"))
                .containsExactlyInAnyOrderElementsOf(input)
                .isNotEqualTo(input);
    }

    @Test
    void theOutputMayHaveEmptyLines() {
        BatchClient client = with(BatchQuirk.BLANK_LINES);
        String id = client.create(BatchClient.chats(10));
        String output = client.content(client.batch(id).at("/output_file_id").asText());
        assertThat(output.lines().filter(String::isEmpty)).hasSize(2);
        assertThat(client.customIds(id, "output_file_id")).isEqualTo(TEN);
    }

    @Test
    void aRowMayBeMissingOrTwiceInTheOutput() {
        BatchClient client =
                client(BatchSettings.standard().withQuirks(BatchQuirks.parse(List.of("missing-line", "doubled-line"))));
        String id = client.create(BatchClient.chats(10));
        assertThat(counts(client, id)).isEqualTo("10 10 0");
        List<String> lines = client.customIds(id, "output_file_id");
        assertThat(lines).hasSize(10).doesNotContain("r5");
        assertThat(lines.stream().filter("r3"::equals)).hasSize(2);
    }

    @Test
    void rowsThatACancelledBatchDidNotRunMayBeListed() {
        BatchClient client = client(BatchSettings.standard()
                .withPace(BatchPace.parse("100s"))
                .withQuirks(BatchQuirks.always(BatchQuirk.CANCELLED_LINES)));
        String id = client.create(BatchClient.chats(10));
        client.pass(Duration.ofSeconds(52));
        assertThat(client.post("/v1/batches/" + id + "/cancel", "")
                        .at("/status")
                        .asText())
                .isEqualTo("cancelling");
        client.pass(Duration.ofSeconds(10));
        assertThat(client.status(id)).isEqualTo("cancelled");
        List<String> all = new ArrayList<>(client.customIds(id, "output_file_id"));
        List<JsonNode> left = client.lines(id, "error_file_id");
        assertThat(left.getFirst().at("/error/code").asText()).isEqualTo("batch_cancelled");
        assertThat(left.getFirst().at("/response").isNull()).isTrue();
        all.addAll(client.customIds(id, "error_file_id"));
        assertThat(all).isEqualTo(TEN);
    }

    @Test
    void aBatchMayBeThereAlthoughItsCreationFailed() {
        BatchClient client = client(BatchSettings.standard().withQuirks(BatchQuirks.parse(List.of("lost-answer:1"))));
        String order = BatchClient.order(client.upload(BatchClient.chats(2)));
        assertThat(client.refused(502, client.call("POST", "/v1/batches", order))
                        .at("/type")
                        .asText())
                .isEqualTo("server_error");
        assertThat(client.get("/v1/batches").at("/data")).hasSize(1);
        assertThat(client.post("/v1/batches", order).at("/status").asText()).isEqualTo("validating");
        assertThat(client.get("/v1/batches").at("/data")).hasSize(2);
        assertThat(client.ledger().created()).isEqualTo(2);
        assertThat(client.ledger().createsRefused()).isZero();
        assertThat(client.ledger().rowsPaidTwice()).isEqualTo(2);
    }

    @Test
    void anOddityCanBefallOneBatchAlone() {
        BatchClient client =
                client(BatchSettings.standard().withQuirks(BatchQuirks.parse(List.of("all-failed:2,unordered:3"))));
        assertThat(counts(client, client.create(BatchClient.chats(2)))).isEqualTo("2 2 0");
        assertThat(counts(client, client.create(BatchClient.chats(2)))).isEqualTo("2 0 2");
        assertThat(client.customIds(client.create(BatchClient.chats(2)), "output_file_id"))
                .containsExactly("r1", "r0");
    }

    @Test
    void rowsFailForAPassingReasonAsOftenAsAskedAndSucceedLater() {
        BatchClient client = client(BatchSettings.standard().withRowErrorShare(0.3));
        String id = client.create(BatchClient.chats(1_000));
        List<JsonNode> failed = client.lines(id, "error_file_id");
        assertThat(failed).hasSizeBetween(240, 360);
        Set<Integer> statuses = new HashSet<>();
        failed.forEach(line -> {
            statuses.add(line.at("/response/status_code").asInt());
            assertThat(line.at("/error").isNull()).isTrue();
            assertThat(line.at("/response/body/error/message").asText()).isNotBlank();
        });
        assertThat(statuses).containsExactlyInAnyOrder(429, 500);
        assertThat(client.lines(id, "output_file_id")).hasSize(1_000 - failed.size());
        String again = client.create(BatchClient.chats(1_000));
        List<String> failedAgain = client.customIds(again, "error_file_id");
        assertThat(failedAgain).hasSizeBetween(240, 360).isNotEqualTo(client.customIds(id, "error_file_id"));
    }

    @Test
    void theSameSeedGivesTheSameFiles() {
        BatchSettings settings = BatchSettings.standard().withRowErrorShare(0.2);
        BatchClient one = client(settings);
        BatchClient other = client(settings);
        String id = one.create(BatchClient.chats(100));
        assertThat(other.create(BatchClient.chats(100))).isEqualTo(id);
        for (String file : List.of("output_file_id", "error_file_id")) {
            assertThat(one.lines(id, file)).isEqualTo(other.lines(id, file));
        }
    }

    @Test
    void whatIsNotUnderstoodIsRefusedWithWhatIs() {
        assertThatThrownBy(() -> BatchQuirks.parse(List.of("odd")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'odd'")
                .hasMessageContaining("all-failed, null-output, status-0, unordered, blank-lines, missing-line");
        assertThatThrownBy(() -> BatchQuirks.parse(List.of("all-failed:0"))).hasMessageContaining("'all-failed:0'");
        assertThatThrownBy(() -> BatchPace.parse("2m+fast")).hasMessageContaining("for example 2m+500/s");
        assertThatThrownBy(() -> BatchPace.parse("2m+0/s")).hasMessageContaining("for example 2m+500/s");
        assertThatThrownBy(() -> BatchPace.parse("soon")).hasMessageContaining("latency is 'soon'");
        assertThatThrownBy(() -> BatchSettings.parseRowErrorShare("3")).hasMessageContaining("'3'");
        assertThatThrownBy(() -> BatchSettings.parseExpiring(List.of("1,no"))).hasMessageContaining("'1,no'");
        assertThatThrownBy(() -> BatchSettings.standard().withTimeScale(0)).hasMessageContaining("time scale is 0");
        assertThatThrownBy(() -> BatchSettings.standard().withExpiring(Set.of(0)))
                .hasMessageContaining("counted from 1");
        assertThatThrownBy(() -> BatchSettings.standard().withQueueTokens(0)).hasMessageContaining("1 or more");
    }

    @Test
    void whichBatchesExpireIsReadAsItIsTyped() {
        assertThat(BatchSettings.parseExpiring(List.of())).isEmpty();
        assertThat(BatchSettings.parseExpiring(List.of("2, 5", "7"))).containsExactlyInAnyOrder(2, 5, 7);
    }

    @Test
    void aPaceIsReadAsItIsTyped() {
        assertThat(BatchPace.parse("2m")).isEqualTo(new BatchPace(Latency.parse("2m"), Double.POSITIVE_INFINITY));
        assertThat(BatchPace.parse(" 1m..10m + 500/s ")).isEqualTo(new BatchPace(Latency.parse("1m..10m"), 500));
        assertThat(BatchPace.parse("lognormal:2m,0.5+0.5/s"))
                .isEqualTo(new BatchPace(Latency.parse("lognormal:2m,0.5"), 0.5));
    }
}
