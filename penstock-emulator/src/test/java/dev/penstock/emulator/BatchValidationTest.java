package dev.penstock.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What makes a batch fail as a whole, and the limit on tokens that are enqueued. */
final class BatchValidationTest {
    private static final String GOOD = BatchClient.chat("good", "gpt-4o", "hi");

    /** Small enough to be reached: 10 rows, 5 embedding inputs, 2,000 bytes. */
    private static final BatchBounds SMALL = new BatchBounds(10_000, 2_000, 10, 5, 100, 100, 100);

    private final Collection<BatchClient> clients = new ArrayList<>();

    @AfterEach
    void close() {
        clients.forEach(BatchClient::close);
    }

    private BatchClient client(TwinSettings.Builder settings, BatchBounds bounds) {
        BatchClient client = new BatchClient(settings, bounds);
        clients.add(client);
        return client;
    }

    private BatchClient client() {
        return client(TwinSettings.builder(), BatchBounds.DOCUMENTED);
    }

    /** Code and line of each error of a batch that failed. */
    private static List<String> errors(BatchClient client, String id) {
        JsonNode batch = client.batch(id);
        assertThat(batch.at("/status").asText()).isEqualTo("failed");
        assertThat(batch.at("/failed_at").isNumber()).isTrue();
        assertThat(batch.at("/in_progress_at").isNull()).isTrue();
        assertThat(batch.at("/output_file_id").isNull()).isTrue();
        assertThat(batch.at("/errors/object").asText()).isEqualTo("list");
        return StreamSupport.stream(batch.at("/errors/data").spliterator(), false)
                .map(error -> error.at("/code").asText()
                        + (error.at("/line").isNull()
                                ? ""
                                : " " + error.at("/line").asInt()))
                .toList();
    }

    @Test
    void everyWrongLineIsNamedWithItsNumber() {
        BatchClient client = client();
        String id = client.create(GOOD
                + "{\"custom_id\":\"half\n"
                + "\n"
                + GOOD
                + BatchClient.row("method", "GET", "/v1/chat/completions", BatchClient.body("gpt-4o", "hi"))
                + BatchClient.row("url", "POST", "/v1/embeddings", BatchClient.body("gpt-4o", "hi"))
                + BatchClient.chat("model", "gpt-4o-mini", "hi")
                + "{\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{}}\n"
                + "{\"custom_id\":\"bare\"}\n"
                + "[]\n");
        assertThat(errors(client, id))
                .containsExactly(
                        "invalid_json_line 2",
                        "duplicate_custom_id 4",
                        "invalid_method 5",
                        "url_mismatch 6",
                        "model_mismatch 7",
                        "missing_required_parameter 8",
                        "missing_required_parameter 9",
                        "missing_required_parameter 9",
                        "missing_required_parameter 9",
                        "invalid_json_line 10");
        assertThat(client.batch(id).at("/errors/data/0/message").asText())
                .isEqualTo("This line is not parseable as valid JSON.");
        assertThat(client.batch(id).at("/errors/data/3/message").asText())
                .isEqualTo("The URL provided for this request does not prefix-match the batch endpoint.");
        assertThat(client.ledger().rowsRun()).isZero();
        assertThat(client.ledger().peakEnqueuedTokens()).isZero();
    }

    @Test
    void aFileThatIsWrongThroughoutNamesItsFirstHundredLines() {
        BatchClient client = client();
        assertThat(errors(client, client.create("x\n".repeat(1_000))))
                .hasSize(100)
                .endsWith("invalid_json_line 100");
    }

    @Test
    void anEmptyFileFails() {
        BatchClient client = client();
        assertThat(errors(client, client.create(""))).containsExactly("empty_file");
        assertThat(errors(client, client.create("\n \r\n\n"))).containsExactly("empty_file");
    }

    @Test
    void theLastLineNeedsNoEndAndLinesMayEndAsOnWindows() {
        BatchClient client = client();
        String id = client.create(BatchClient.chats(2).replace("\n", "\r\n")
                + GOOD.replace("gpt-4o", "gpt-4o-mini").strip());
        assertThat(client.customIds(id, "output_file_id")).containsExactly("r0", "r1", "good");
    }

    @Test
    void aModelThatDoesNotExistIsNamed() {
        BatchClient client = client(TwinSettings.builder().models(Set.of("gpt-4o")), BatchBounds.DOCUMENTED);
        assertThat(errors(client, client.create(BatchClient.chat("a", "gpt-none", "hi"))))
                .containsExactly("model_not_found 1");
    }

    @Test
    void rowsAreCounted() {
        BatchClient client = client(TwinSettings.builder(), SMALL);
        assertThat(client.status(client.create(BatchClient.chats(10)))).isEqualTo("completed");
        assertThat(errors(client, client.create(BatchClient.chats(11)))).containsExactly("too_many_tasks");
    }

    @Test
    void inputsOfEmbeddingsAreCountedOverAllRows() {
        BatchClient client = client(TwinSettings.builder(), SMALL);
        String three = "{\"model\":\"text-embedding-3-small\",\"input\":[\"a\",\"b\",\"c\"]}";
        String two = "{\"model\":\"text-embedding-3-small\",\"input\":[\"a\",\"b\"]}";
        assertThat(client.status(embeddings(client, three, two))).isEqualTo("completed");
        assertThat(errors(client, embeddings(client, three, three))).containsExactly("too_many_tasks");
    }

    private static String embeddings(BatchClient client, String first, String second) {
        String file = client.upload(BatchClient.row("a", "POST", "/v1/embeddings", first)
                + BatchClient.row("b", "POST", "/v1/embeddings", second));
        return client.post("/v1/batches", BatchClient.order(file, "/v1/embeddings"))
                .at("/id")
                .asText();
    }

    @Test
    void aLargeInputIsRefusedInTheObservedWords() {
        BatchClient client = client(TwinSettings.builder(), SMALL);
        String id = client.create(BatchClient.chat("a", "gpt-4.1-nano", "x".repeat(2_000)));
        assertThat(errors(client, id)).containsExactly("file_too_large");
        assertThat(client.batch(id).at("/errors/data/0/message").asText())
                .isEqualTo("The batch input file is larger than the 2000 maximum for the gpt-4.1-nano model");
    }

    /** One is longer than the bound by a little, one does not fit into any buffer. */
    @ParameterizedTest
    @ValueSource(ints = {LineReader.MOST_LINE_BYTES + 1, 3 * LineReader.MOST_LINE_BYTES})
    void aLineThatNobodyCouldReadIsWrongAndDoesNotMoveTheNumbersOfOthers(int characters) {
        BatchClient client = client();
        String id = client.create(GOOD + BatchClient.chat("long", "gpt-4o", "x".repeat(characters)) + "x\n");
        assertThat(errors(client, id)).containsExactly("invalid_json_line 2", "invalid_json_line 3");
    }

    @Test
    void whatIsEnqueuedBeyondTheLimitFailsLateInTheObservedWordsAndIsReleasedAtTheEnd() {
        BatchSettings slow = BatchSettings.standard().withPace(BatchPace.parse("128s"));
        BatchClient client =
                client(TwinSettings.builder().limits(FamilyLimits.ofTier("1")).batches(slow), BatchBounds.DOCUMENTED);
        // 4,300,000 characters are 1,000,000 tokens, and 7 more for the conversation.
        String million = "x".repeat(4_300_000);
        String first = client.create(BatchClient.chat("a", "gpt-4o-mini", million));
        String second = client.create(BatchClient.chat("b", "gpt-4o-mini-2024-07-18", million));
        assertThat(client.ledger().enqueuedTokens()).isEqualTo(1_000_007);
        assertThat(client.status(second)).isEqualTo("validating");
        String other = client.create(BatchClient.chat("c", "gpt-4.1-mini", million));
        client.pass(Duration.ofSeconds(3));
        assertThat(client.status(first)).isEqualTo("in_progress");
        assertThat(client.status(other)).isEqualTo("in_progress");
        assertThat(errors(client, second)).containsExactly("token_limit_exceeded");
        assertThat(client.batch(second).at("/errors/data/0").toString())
                .isEqualTo(
                        "{\"code\":\"token_limit_exceeded\",\"message\":\"Enqueued token limit reached for"
                                + " gpt-4o-mini-2024-07-18 in organization org-penstock. Limit: 2,000,000 enqueued tokens. Please"
                                + " try again once some in_progress batches have been completed.\",\"param\":null,\"line\":null}");
        client.pass(Duration.ofSeconds(130));
        assertThat(client.status(first)).isEqualTo("completed");
        String again = client.create(BatchClient.chat("b", "gpt-4o-mini", million));
        assertThat(client.pass(Duration.ofSeconds(3)).status(again)).isEqualTo("in_progress");
        client.pass(Duration.ofHours(1));
        assertThat(client.status(again)).isEqualTo("completed");
        assertThat(client.ledger().enqueuedTokens()).isZero();
        assertThat(client.ledger().peakEnqueuedTokens()).isEqualTo(2_000_014);
    }

    @Test
    void tokensCountFromTheCreationAndNotFromTheValidation() {
        BatchSettings settings =
                BatchSettings.standard().withPace(BatchPace.parse("128s")).withQueueTokens(30);
        BatchClient client = client(TwinSettings.builder().batches(settings), BatchBounds.DOCUMENTED);
        // 3 for the conversation, 4 for the message and 13 characters are 10 tokens.
        String full = client.create(BatchClient.chats("a", 3));
        String late = client.create(BatchClient.chats("b", 1));
        client.pass(Duration.ofSeconds(3));
        assertThat(client.status(full)).isEqualTo("in_progress");
        assertThat(errors(client, late)).containsExactly("token_limit_exceeded");
    }

    @Test
    void cancelledBatchesReleaseTheirTokens() {
        BatchSettings settings =
                BatchSettings.standard().withPace(BatchPace.parse("128s")).withQueueTokens(30);
        BatchClient client = client(TwinSettings.builder().batches(settings), BatchBounds.DOCUMENTED);
        String first = client.create(BatchClient.chats("a", 3));
        client.pass(Duration.ofSeconds(60));
        assertThat(client.post("/v1/batches/" + first + "/cancel", "")
                        .at("/status")
                        .asText())
                .isEqualTo("cancelling");
        assertThat(client.ledger().enqueuedTokens()).isEqualTo(30);
        client.pass(Duration.ofMinutes(1));
        assertThat(client.status(first)).isEqualTo("cancelled");
        assertThat(client.ledger().enqueuedTokens()).isZero();
    }
}
