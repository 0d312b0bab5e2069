package dev.penstock.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The ways that batches take, in virtual time. */
final class BatchesTest {
    private static final BatchSettings OBSERVED = BatchSettings.standard().withPace(BatchPace.parse("128s"));

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

    @Test
    void aBatchGoesThroughEveryStatusAtTheObservedTimes() {
        BatchClient client = client(OBSERVED);
        String id = client.create(BatchClient.chats(8));
        JsonNode made = client.batch(id);
        long created = made.at("/created_at").asLong();
        assertThat(id).matches("batch_[0-9a-f]{32}");
        assertThat(made.at("/object").asText()).isEqualTo("batch");
        assertThat(made.at("/status").asText()).isEqualTo("validating");
        assertThat(made.at("/expires_at").asLong()).isEqualTo(created + 86_400);
        assertThat(made.at("/in_progress_at").isNull()).isTrue();
        assertThat(made.at("/request_counts/total").asInt()).isZero();

        JsonNode begun = client.pass(Duration.ofSeconds(3)).batch(id);
        assertThat(begun.at("/status").asText()).isEqualTo("in_progress");
        assertThat(begun.at("/model").asText()).isEqualTo("gpt-4o-mini");
        assertThat(begun.at("/in_progress_at").asLong()).isEqualTo(created + 3);
        assertThat(begun.at("/request_counts/total").asInt()).isEqualTo(8);

        JsonNode half = client.pass(Duration.ofSeconds(64)).batch(id);
        assertThat(half.at("/request_counts/completed").asInt()).isEqualTo(4);

        JsonNode through = client.pass(Duration.ofSeconds(64)).batch(id);
        assertThat(through.at("/status").asText()).isEqualTo("finalizing");
        assertThat(through.at("/output_file_id").isNull()).isTrue();

        JsonNode done = client.pass(Duration.ofSeconds(2)).batch(id);
        assertThat(done.at("/status").asText()).isEqualTo("completed");
        assertThat(done.at("/finalizing_at").asLong()).isEqualTo(created + 131);
        assertThat(done.at("/completed_at").asLong()).isEqualTo(created + 133);
        assertThat(done.at("/failed_at").isNull()).isTrue();
        assertThat(done.at("/error_file_id").isNull()).isTrue();
        assertThat(done.at("/request_counts/completed").asInt()).isEqualTo(8);
        JsonNode output = client.get("/v1/files/" + done.at("/output_file_id").asText());
        assertThat(output.at("/purpose").asText()).isEqualTo("batch_output");
        assertThat(output.at("/expires_at").asLong()).isEqualTo(created + 133 + 2_592_000);
        assertThat(client.customIds(id, "output_file_id"))
                .containsExactly("r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7");
    }

    @Test
    void aLookAfterADaySeesWhatManyLooksWouldHaveSeen() {
        BatchClient once = client(OBSERVED);
        BatchClient often = client(OBSERVED);
        String id = once.create(BatchClient.chats(50));
        assertThat(often.create(BatchClient.chats(50))).isEqualTo(id);
        for (int i = 0; i < 150; i++) {
            assertThat(often.pass(Duration.ofSeconds(1)).status(id)).isNotEqualTo("failed");
        }
        JsonNode seen = once.pass(Duration.ofSeconds(150)).batch(id);
        assertThat(seen).isEqualTo(often.batch(id));
        assertThat(once.lines(id, "output_file_id")).isEqualTo(often.lines(id, "output_file_id"));
        assertThat(seen.at("/status").asText()).isEqualTo("completed");
    }

    @Test
    void rowsHaveTheAnswersOfTheLiveEndpoint() {
        BatchClient client = client(BatchSettings.standard());
        String body = BatchClient.body("gpt-4o-mini", "Who is Joseph Conrad?");
        String id = client.create(BatchClient.row("a \\u00e9 id", "POST", "/v1/chat/completions", body));
        Arrival live = client.call("POST", "/v1/chat/completions", body);
        JsonNode answer = BatchClient.json(((Arrival.Admitted) live).body());
        JsonNode line = client.lines(id, "output_file_id").getFirst();
        assertThat(line.at("/id").asText()).startsWith("batch_req_");
        assertThat(line.at("/custom_id").asText()).isEqualTo("a \u00e9 id");
        assertThat(line.at("/error").isNull()).isTrue();
        assertThat(line.at("/response/status_code").asInt()).isEqualTo(200);
        assertThat(line.at("/response/request_id").asText()).isNotEmpty();
        assertThat(line.at("/response/body/choices")).isEqualTo(answer.at("/choices"));
        assertThat(line.at("/response/body/usage")).isEqualTo(answer.at("/usage"));
        assertThat(line.at("/response/body/id").asText())
                .isNotEqualTo(answer.at("/id").asText());
        JsonNode usage = client.batch(id).at("/usage");
        assertThat(usage.at("/input_tokens").asInt()).isEqualTo(12);
        assertThat(usage.at("/output_tokens").asInt())
                .isEqualTo(answer.at("/usage/completion_tokens").asInt());
        assertThat(usage.at("/total_tokens").asInt())
                .isEqualTo(answer.at("/usage/total_tokens").asInt());
    }

    @Test
    void rowsDoNotTouchTheLiveLimits() {
        BatchClient client =
                new BatchClient(TwinSettings.builder().limits(FamilyLimits.ofTier("1")), BatchBounds.DOCUMENTED);
        clients.add(client);
        String id = client.create(BatchClient.chats(1_000));
        assertThat(client.status(id)).isEqualTo("completed");
        Arrival live = client.call("POST", "/v1/chat/completions", BatchClient.body("gpt-4o-mini", "hi"));
        assertThat(((Arrival.Admitted) live).headers()).containsEntry("x-ratelimit-remaining-requests", "9999");
        Ledger ledger = client.twin().ledger();
        assertThat(ledger.arrived()).isEqualTo(1);
        assertThat(ledger.batches().rowsRun()).isEqualTo(1_000);
    }

    @Test
    void everyEndpointOfBatchesAnswersInItsOwnForm() {
        BatchClient client = client(BatchSettings.standard());
        assertThat(object(client, "/v1/embeddings", "{\"model\":\"text-embedding-3-small\",\"input\":\"x\"}"))
                .isEqualTo("list");
        assertThat(object(client, "/v1/responses", "{\"model\":\"gpt-4o\",\"input\":\"x\"}"))
                .isEqualTo("response");
        assertThat(object(client, "/v1/completions", "{\"model\":\"gpt-3.5-turbo-instruct\",\"prompt\":\"x\"}"))
                .isEqualTo("text_completion");
    }

    private static String object(BatchClient client, String endpoint, String body) {
        String file = client.upload(BatchClient.row("one", "POST", endpoint, body));
        String id = client.post("/v1/batches", BatchClient.order(file, endpoint))
                .at("/id")
                .asText();
        return client.lines(id, "output_file_id")
                .getFirst()
                .at("/response/body/object")
                .asText();
    }

    @Test
    void aRowThatTheEndpointWouldRefuseFailsAloneWithTheSameError() {
        BatchClient client = client(BatchSettings.standard());
        String id = client.create(BatchClient.chat("good", "gpt-4o", "hi")
                + BatchClient.row("bad", "POST", "/v1/chat/completions", "{\"model\":\"gpt-4o\"}")
                + BatchClient.row(
                        "stream",
                        "POST",
                        "/v1/chat/completions",
                        "{\"model\":\"gpt-4o\",\"messages\":[],\"stream\":true}"));
        JsonNode batch = client.batch(id);
        assertThat(batch.at("/status").asText()).isEqualTo("completed");
        assertThat(batch.at("/request_counts").toString()).isEqualTo("{\"total\":3,\"completed\":1,\"failed\":2}");
        assertThat(batch.at("/errors").isNull()).isTrue();
        JsonNode line = client.lines(id, "error_file_id").getFirst();
        assertThat(line.at("/custom_id").asText()).isEqualTo("bad");
        assertThat(line.at("/error").isNull()).isTrue();
        assertThat(line.at("/response/status_code").asInt()).isEqualTo(400);
        assertThat(line.at("/response/body/error/code").asText()).isEqualTo("missing_required_parameter");
        assertThat(client.customIds(id, "error_file_id")).containsExactly("bad", "stream");
    }

    @Test
    void whatIsNotDoneWhenTheWindowEndsExpires() {
        BatchClient client = client(OBSERVED.withExpiring(Set.of(2)));
        String first = client.create(BatchClient.chats("a", 10));
        String second = client.create(BatchClient.chats("b", 10));
        client.pass(Duration.ofHours(24).minusSeconds(1));
        assertThat(client.status(first)).isEqualTo("completed");
        assertThat(client.status(second)).isEqualTo("in_progress");
        assertThat(client.pass(Duration.ofSeconds(1)).status(second)).isEqualTo("finalizing");
        JsonNode batch = client.pass(Duration.ofSeconds(2)).batch(second);
        long created = batch.at("/created_at").asLong();
        assertThat(batch.at("/status").asText()).isEqualTo("expired");
        assertThat(batch.at("/expired_at").asLong()).isEqualTo(created + 86_402);
        assertThat(batch.at("/completed_at").isNull()).isTrue();
        List<String> answered = client.customIds(second, "output_file_id");
        List<JsonNode> left = client.lines(second, "error_file_id");
        assertThat(answered).hasSize(5);
        assertThat(left).hasSize(5);
        JsonNode line = left.getLast();
        assertThat(line.at("/custom_id").asText()).isEqualTo("b9");
        assertThat(line.at("/response").isNull()).isTrue();
        assertThat(line.at("/error").toString())
                .isEqualTo("{\"code\":\"batch_expired\",\"message\":\"This request could not be executed before the"
                        + " completion window expired.\"}");
    }

    @Test
    void aSlowBatchExpiresByItself() {
        BatchClient client = client(BatchSettings.standard().withPace(BatchPace.parse("0s+0.0001/s")));
        String id = client.create(BatchClient.chats(10));
        client.pass(Duration.ofHours(24));
        assertThat(client.status(id)).isEqualTo("expired");
        // 8.64 rows are done in a day.
        assertThat(client.customIds(id, "output_file_id")).hasSize(8);
    }

    @Test
    void aCancelledBatchKeepsWhatWasDoneAndWhatWasBegun() {
        BatchClient client = client(BatchSettings.standard().withPace(BatchPace.parse("100s")));
        String id = client.create(BatchClient.chats(100));
        client.pass(Duration.ofMillis(42_500));
        JsonNode asked = client.post("/v1/batches/" + id + "/cancel", "");
        assertThat(asked.at("/status").asText()).isEqualTo("cancelling");
        assertThat(asked.at("/request_counts/completed").asInt()).isEqualTo(40);
        assertThat(client.post("/v1/batches/" + id + "/cancel", "")
                        .at("/status")
                        .asText())
                .isEqualTo("cancelling");
        JsonNode done = client.pass(Duration.ofSeconds(10)).batch(id);
        assertThat(done.at("/status").asText()).isEqualTo("cancelled");
        assertThat(done.at("/cancelled_at").asLong() - done.at("/cancelling_at").asLong())
                .isEqualTo(10);
        assertThat(done.at("/request_counts").toString()).isEqualTo("{\"total\":100,\"completed\":50,\"failed\":0}");
        assertThat(client.customIds(id, "output_file_id"))
                .isEqualTo(IntStream.range(0, 50).mapToObj(i -> "r" + i).toList());
        assertThat(done.at("/error_file_id").isNull()).isTrue();
    }

    @Test
    void aBatchThatIsCancelledDuringItsValidationRunsNothing() {
        BatchClient client = client(OBSERVED);
        String id = client.create(BatchClient.chats(10));
        assertThat(client.post("/v1/batches/" + id + "/cancel", "")
                        .at("/status")
                        .asText())
                .isEqualTo("cancelling");
        JsonNode done = client.pass(Duration.ofMinutes(10)).batch(id);
        assertThat(done.at("/status").asText()).isEqualTo("cancelled");
        assertThat(done.at("/output_file_id").isNull()).isTrue();
        assertThat(done.at("/in_progress_at").isNull()).isTrue();
        assertThat(client.ledger().rowsRun()).isZero();
        assertThat(client.ledger().enqueuedTokens()).isZero();
    }

    @Test
    void aBatchThatIsOverCannotBeCancelled() {
        BatchClient client = client(BatchSettings.standard());
        String id = client.create(BatchClient.chats(1));
        JsonNode refusal = client.refused(409, client.call("POST", "/v1/batches/" + id + "/cancel", ""));
        assertThat(refusal.at("/message").asText()).isEqualTo("Cannot cancel a batch with status 'completed'.");
        client.refused(404, client.call("POST", "/v1/batches/batch_none/cancel", ""));
    }

    @Test
    void listsShowTheNewestFirstAndGoOnAfterAnId() {
        BatchClient client = client(BatchSettings.standard());
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            ids.add(client.create(BatchClient.chats(1)));
        }
        JsonNode first = client.get("/v1/batches");
        assertThat(ids(first)).isEqualTo(ids.reversed().subList(0, 20));
        assertThat(first.at("/has_more").asBoolean()).isTrue();
        assertThat(first.at("/last_id").asText()).isEqualTo(ids.get(5));
        JsonNode rest = client.get("/v1/batches?limit=100&after=" + ids.get(5));
        assertThat(ids(rest)).isEqualTo(ids.reversed().subList(20, 25));
        assertThat(rest.at("/has_more").asBoolean()).isFalse();
        assertThat(client.get("/v1/batches?after=" + ids.getFirst()).at("/data"))
                .isEmpty();
        client.refused(400, client.call("GET", "/v1/batches?limit=101", ""));
        client.refused(404, client.call("GET", "/v1/batches?after=batch_none", ""));
    }

    private static List<String> ids(JsonNode list) {
        List<String> ids = new ArrayList<>();
        list.at("/data").forEach(batch -> ids.add(batch.at("/id").asText()));
        return ids;
    }

    @Test
    void metadataComesBackAndIsInTheLedger() {
        BatchClient client = client(BatchSettings.standard());
        String file = client.upload(BatchClient.chats(1));
        String order = BatchClient.order(file).replace("}", ",\"metadata\":{\"tag\":\"job-7\",\"part\":\"2\"}}");
        JsonNode batch = client.post("/v1/batches", order);
        assertThat(batch.at("/metadata").toString()).isEqualTo("{\"tag\":\"job-7\",\"part\":\"2\"}");
        assertThat(client.ledger().batches()).singleElement().satisfies(created -> {
            assertThat(created.id()).isEqualTo(batch.at("/id").asText());
            assertThat(created.metadata()).containsEntry("tag", "job-7");
        });
        String seventeen =
                IntStream.range(0, 17).mapToObj(i -> "\"k" + i + "\":\"v\"").collect(Collectors.joining(","));
        for (String wrong : List.of("[]", "{\"k\":1}", "{" + seventeen + "}", "{\"" + "k".repeat(65) + "\":\"v\"}")) {
            JsonNode refusal = client.refused(
                    400,
                    client.call(
                            "POST",
                            "/v1/batches",
                            BatchClient.order(file).replace("}", ",\"metadata\":" + wrong + "}")));
            assertThat(refusal.at("/param").asText()).as(wrong).isEqualTo("metadata");
        }
        assertThat(client.ledger().createsRefused()).isEqualTo(4);
    }

    @Test
    void whatACreationLacksIsNamed() {
        BatchClient client = client(BatchSettings.standard());
        JsonNode missing = client.refused(400, client.call("POST", "/v1/batches", "{}"));
        assertThat(missing.toString())
                .isEqualTo("{\"message\":\"Missing required parameter: 'input_file_id'.\","
                        + "\"type\":\"invalid_request_error\",\"param\":\"input_file_id\","
                        + "\"code\":\"missing_required_parameter\"}");
        String file = client.upload("x");
        String order = BatchClient.order(file);
        assertThat(param(client, order.replace("24h", "1h"))).isEqualTo("completion_window");
        assertThat(param(client, order.replace("chat/completions", "audio/speech")))
                .isEqualTo("endpoint");
        assertThat(param(client, order.replace(file, "file-none"))).isEqualTo("input_file_id");
        String other = BatchClient.json(BatchClient.served(client.upload("a.txt", "x", Map.of("purpose", "evals"))))
                .at("/id")
                .asText();
        assertThat(param(client, order.replace(file, other))).isEqualTo("input_file_id");
        client.refused(400, client.call("POST", "/v1/batches", "{\"input_file_id\":"));
        client.refused(404, client.call("GET", "/v1/batches/batch_none", ""));
    }

    private static String param(BatchClient client, String order) {
        return client.refused(400, client.call("POST", "/v1/batches", order))
                .at("/param")
                .asText();
    }

    @Test
    void outputFilesStayAsLongAsTheClientAsks() {
        BatchClient client = client(BatchSettings.standard());
        String file = client.upload(BatchClient.chats(1));
        String lifetime = ",\"output_expires_after\":{\"anchor\":\"created_at\",\"seconds\":3600}}";
        String id = client.post("/v1/batches", BatchClient.order(file).replace("}", lifetime))
                .at("/id")
                .asText();
        String output = client.batch(id).at("/output_file_id").asText();
        client.pass(Duration.ofSeconds(3_599));
        assertThat(client.content(output)).isNotEmpty();
        client.pass(Duration.ofSeconds(1));
        client.refused(404, client.call("GET", "/v1/files/" + output + "/content", ""));
        assertThat(client.batch(id).at("/output_file_id").asText()).isEqualTo(output);
        assertThat(param(client, BatchClient.order(file).replace("}", lifetime.replace("3600", "3599"))))
                .isEqualTo("output_expires_after");
    }

    @Test
    void anInputThatIsDeletedWhileItsBatchRunsIsReadToTheEnd() {
        BatchClient client = client(OBSERVED);
        String file = client.upload(BatchClient.chats(10));
        String id =
                client.post("/v1/batches", BatchClient.order(file)).at("/id").asText();
        client.pass(Duration.ofSeconds(50));
        assertThat(client.ok("DELETE", "/v1/files/" + file, "").at("/deleted").asBoolean())
                .isTrue();
        client.refused(404, client.call("GET", "/v1/files/" + file, ""));
        client.pass(Duration.ofMinutes(5));
        assertThat(client.customIds(id, "output_file_id")).hasSize(10);
    }

    @Test
    void timeGoesFasterForBatchesWhereItIsScaled() {
        BatchClient client = client(OBSERVED.withExpiring(Set.of(1)).withTimeScale(3_600));
        String id = client.create(BatchClient.chats(10));
        client.pass(Duration.ofSeconds(23));
        assertThat(client.status(id)).isEqualTo("in_progress");
        JsonNode batch = client.pass(Duration.ofMillis(1_001)).batch(id);
        assertThat(batch.at("/status").asText()).isEqualTo("expired");
        assertThat(batch.at("/expired_at").asLong() - batch.at("/created_at").asLong())
                .isEqualTo(86_402);
    }

    @Test
    void creationsAreLimitedPerHour() {
        BatchClient client =
                new BatchClient(TwinSettings.builder(), new BatchBounds(1_000, 1_000, 10, 10, 3, 1_000, 10));
        clients.add(client);
        String order = BatchClient.order(client.upload(BatchClient.chats(1)));
        for (int i = 0; i < 3; i++) {
            assertThat(client.post("/v1/batches", order).at("/status").asText()).isEqualTo("validating");
        }
        Arrival fourth = client.call("POST", "/v1/batches", order);
        assertThat(client.refused(429, fourth).at("/code").asText()).isEqualTo("rate_limit_exceeded");
        assertThat(((Arrival.Refused) fourth).headers()).containsEntry("retry-after", "1200");
        client.pass(Duration.ofSeconds(1_200));
        assertThat(client.post("/v1/batches", order).at("/status").asText()).isEqualTo("validating");
        assertThat(client.ledger().created()).isEqualTo(4);
    }

    @Test
    void batchesThatAreNotOverAreBounded() {
        TwinSettings.Builder settings = TwinSettings.builder().batches(OBSERVED);
        BatchClient client = new BatchClient(settings, new BatchBounds(1_000, 1_000, 10, 10, 100, 1_000, 2));
        clients.add(client);
        String order = BatchClient.order(client.upload(BatchClient.chats(1)));
        assertThat(client.post("/v1/batches", order).at("/status").asText()).isEqualTo("validating");
        assertThat(client.post("/v1/batches", order).at("/status").asText()).isEqualTo("validating");
        assertThat(client.refused(429, client.call("POST", "/v1/batches", order))
                        .at("/message")
                        .asText())
                .contains("2 batches that are not over", "cancel one");
        client.pass(Duration.ofMinutes(5));
        assertThat(client.post("/v1/batches", order).at("/status").asText()).isEqualTo("validating");
        assertThat(client.twin().ledger().invalid()).isZero();
    }

    @Test
    void rowsThatRunAgainAreInTheLedger() {
        BatchClient client = client(BatchSettings.standard());
        assertThat(client.status(client.create(BatchClient.chats(10)))).isEqualTo("completed");
        String again = client.create(BatchClient.chats(3) + BatchClient.chat("new", "gpt-4o-mini", "question r5"));
        assertThat(client.status(again)).isEqualTo("completed");
        BatchLedger ledger = client.ledger();
        assertThat(ledger.rowsRun()).isEqualTo(14);
        assertThat(ledger.rowsAnswered()).isEqualTo(14);
        assertThat(ledger.rowsRepeated()).isEqualTo(3);
        assertThat(ledger.rowsPaidTwice()).isEqualTo(3);
        assertThat(ledger.ended()).containsOnly(Map.entry("completed", 2L));
        assertThat(ledger.rowsAnsweredLiveToo()).isZero();

        String body = BatchClient.body("gpt-4o-mini", "question r9");
        Arrival.Admitted live = (Arrival.Admitted) client.call("POST", "/v1/chat/completions", body);
        client.twin().finished(live.ticket(), client.nowNanos());
        assertThat(client.ledger().rowsAnsweredLiveToo()).isEqualTo(1);

        JsonNode json = BatchClient.json(client.twin().ledger().toJson()).at("/batches");
        assertThat(json.at("/rows_paid_twice").asInt()).isEqualTo(3);
        assertThat(json.at("/ended/completed").asInt()).isEqualTo(2);
        assertThat(json.at("/batches")).hasSize(2);
        client.twin().resetLedger(client.nowNanos());
        assertThat(client.ledger().rowsRun()).isZero();
        assertThat(client.ledger().batches()).isEmpty();
    }
}
