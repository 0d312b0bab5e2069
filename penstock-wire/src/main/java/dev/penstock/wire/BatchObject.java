package dev.penstock.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A batch as the provider shows it. What is missing, null or of another form is empty or 0.
 *
 * @param outputFileId empty while there is none, and also at the end where no row was answered
 * @param errors what the validation found
 * @param total rows, by the provider's own count, as the other counts
 * @param usage what its rows were billed for; empty where the provider does not say
 * @param metadata the client's own pairs
 * @param createdAtSeconds Unix time, as the other times
 * @see <a href="https://platform.openai.com/docs/api-reference/batch/object">The batch object</a>
 */
public record BatchObject(
        String id,
        BatchStatus status,
        Optional<String> inputFileId,
        Optional<String> outputFileId,
        Optional<String> errorFileId,
        List<Problem> errors,
        long total,
        long completed,
        long failed,
        Optional<Usage> usage,
        Map<String, String> metadata,
        long createdAtSeconds,
        OptionalLong expiresAtSeconds,
        OptionalLong completedAtSeconds) {
    private static final JsonMapper JSON = new JsonMapper();

    public BatchObject {
        errors = List.copyOf(errors);
        metadata = Map.copyOf(metadata);
    }

    /**
     * What is wrong with an input.
     *
     * @param line of the file that was uploaded, from 1; empty where it concerns the whole of it
     */
    public record Problem(String code, String message, OptionalLong line) {}

    /**
     * A part of a list.
     *
     * @param lastId what to ask behind for the next part; empty in an empty part
     */
    public record Page(List<BatchObject> batches, Optional<String> lastId, boolean hasMore) {
        public Page {
            batches = List.copyOf(batches);
        }
    }

    /** A batch; empty if the body is something else. Stateless and thread-safe. */
    public static Optional<BatchObject> read(byte[] body) {
        return tree(body).flatMap(BatchObject::of);
    }

    /** A part of the list of batches; empty if the body is something else. Stateless and thread-safe. */
    public static Optional<Page> readPage(byte[] body) {
        Optional<JsonNode> root = tree(body);
        if (root.isEmpty() || !root.get().path("data").isArray()) {
            return Optional.empty();
        }
        List<BatchObject> batches = new ArrayList<>();
        root.get().path("data").forEach(node -> of(node).ifPresent(batches::add));
        Optional<String> last = text(root.get(), "last_id")
                .or(() -> batches.isEmpty()
                        ? Optional.empty()
                        : Optional.of(batches.getLast().id()));
        return Optional.of(new Page(batches, last, root.get().path("has_more").asBoolean(false)));
    }

    static Optional<JsonNode> tree(byte[] body) {
        try {
            return Optional.ofNullable(JSON.readTree(body)).filter(JsonNode::isObject);
        } catch (IOException notJson) {
            return Optional.empty();
        }
    }

    private static Optional<BatchObject> of(JsonNode node) {
        Optional<String> id = text(node, "id");
        Optional<String> status = text(node, "status");
        if (id.isEmpty() || status.isEmpty()) {
            return Optional.empty();
        }
        List<Problem> errors = new ArrayList<>();
        node.path("errors")
                .path("data")
                .forEach(error -> errors.add(new Problem(
                        text(error, "code").orElse(""), text(error, "message").orElse(""), number(error, "line"))));
        Map<String, String> metadata = new LinkedHashMap<>();
        node.path("metadata")
                .properties()
                .forEach(pair -> metadata.put(pair.getKey(), pair.getValue().asText("")));
        JsonNode counts = node.path("request_counts");
        return Optional.of(new BatchObject(
                id.get(),
                BatchStatus.of(status.get()),
                text(node, "input_file_id"),
                text(node, "output_file_id"),
                text(node, "error_file_id"),
                errors,
                counts.path("total").asLong(0),
                counts.path("completed").asLong(0),
                counts.path("failed").asLong(0),
                usage(node.path("usage")),
                metadata,
                node.path("created_at").asLong(0),
                number(node, "expires_at"),
                number(node, "completed_at")));
    }

    private static Optional<Usage> usage(JsonNode node) {
        long input = Math.max(0, node.path("input_tokens").asLong(0));
        long cached = Math.max(
                0, node.path("input_tokens_details").path("cached_tokens").asLong(0));
        long output = Math.max(0, node.path("output_tokens").asLong(0));
        return node.isObject() ? Optional.of(new Usage(input, Math.min(cached, input), output)) : Optional.empty();
    }

    static Optional<String> text(JsonNode node, String field) {
        JsonNode value = node.path(field);
        return value.isTextual() && !value.asText().isEmpty() ? Optional.of(value.asText()) : Optional.empty();
    }

    private static OptionalLong number(JsonNode node, String field) {
        JsonNode value = node.path(field);
        return value.canConvertToLong() ? OptionalLong.of(value.asLong()) : OptionalLong.empty();
    }
}
