package dev.penstock.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.penstock.wire.HeaderLookup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Uses files and batches of a twin in virtual time, as a client would. */
final class BatchClient implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();

    /** Close to a sign change. */
    private static final long START = Long.sum(Long.MAX_VALUE, -10_000_000_000L);

    private final Twin twin;
    private long now = START;

    BatchClient(BatchSettings batches) {
        this(TwinSettings.builder().batches(batches), BatchBounds.DOCUMENTED);
    }

    BatchClient(TwinSettings.Builder settings, BatchBounds bounds) {
        this.twin = new Twin(settings.build(), 42, bounds);
        twin.start(now);
    }

    Twin twin() {
        return twin;
    }

    BatchLedger ledger() {
        return twin.ledger().batches();
    }

    /** The twin's time. */
    long nowNanos() {
        return now;
    }

    BatchClient pass(Duration time) {
        now += time.toNanos();
        return this;
    }

    Arrival call(String method, String path, String contentType, byte[] body) {
        HeaderLookup headers = name -> name.equalsIgnoreCase("content-type") ? contentType : null;
        return twin.arrive(method, path, headers, body, now);
    }

    Arrival call(String method, String path, String body) {
        return call(method, path, "application/json", bytes(body));
    }

    JsonNode ok(String method, String path, String body) {
        return json(served(call(method, path, body)));
    }

    JsonNode get(String path) {
        return ok("GET", path, "");
    }

    JsonNode post(String path, String body) {
        return ok("POST", path, body);
    }

    /** The body of a refusal with this status. */
    JsonNode refused(int status, Arrival arrival) {
        assertThat(arrival)
                .isInstanceOfSatisfying(
                        Arrival.Refused.class,
                        refused -> assertThat(refused.status()).isEqualTo(status));
        return json(((Arrival.Refused) arrival).body()).at("/error");
    }

    static byte[] served(Arrival arrival) {
        if (arrival instanceof Arrival.Served served) {
            return served.body();
        }
        throw new AssertionError(
                arrival instanceof Arrival.Refused refused
                        ? new String(refused.body(), StandardCharsets.UTF_8)
                        : arrival.toString());
    }

    Arrival upload(String name, String content, Map<String, String> fields) {
        StringBuilder form = new StringBuilder();
        fields.forEach(
                (field, value) -> form.append("--b\r\nContent-Disposition: form-data; name=\"" + field + "\"\r\n\r\n")
                        .append(value)
                        .append("\r\n"));
        form.append("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name
                        + "\"\r\nContent-Type: application/octet-stream\r\n\r\n")
                .append(content)
                .append("\r\n--b--\r\n");
        return call("POST", "/v1/files", "multipart/form-data; boundary=b", bytes(form.toString()));
    }

    /** The id of a file for a batch. */
    String upload(String content) {
        return json(served(upload("in.jsonl", content, Map.of("purpose", "batch"))))
                .at("/id")
                .asText();
    }

    static String order(String fileId) {
        return order(fileId, "/v1/chat/completions");
    }

    static String order(String fileId, String endpoint) {
        return "{\"input_file_id\":\"" + fileId + "\",\"endpoint\":\"" + endpoint + "\",\"completion_window\":\"24h\"}";
    }

    /** The id of a new batch with this input. */
    String create(String content) {
        return post("/v1/batches", order(upload(content))).at("/id").asText();
    }

    JsonNode batch(String id) {
        return get("/v1/batches/" + id);
    }

    String status(String id) {
        return batch(id).at("/status").asText();
    }

    String content(String fileId) {
        return new String(served(call("GET", "/v1/files/" + fileId + "/content", "")), StandardCharsets.UTF_8);
    }

    /** The lines of a batch's output, or of its error file; none when there is no file. */
    List<JsonNode> lines(String id, String file) {
        JsonNode fileId = batch(id).at("/" + file);
        List<JsonNode> lines = new ArrayList<>();
        if (!fileId.isNull()) {
            content(fileId.asText())
                    .lines()
                    .filter(line -> !line.isEmpty())
                    .forEach(line -> lines.add(json(bytes(line))));
        }
        return lines;
    }

    List<String> customIds(String id, String file) {
        return lines(id, file).stream()
                .map(line -> line.at("/custom_id").asText())
                .toList();
    }

    static String chats(int rows) {
        return chats("r", rows);
    }

    static String chats(String prefix, int rows) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < rows; i++) {
            lines.append(chat(prefix + i, "gpt-4o-mini", "question " + prefix + i));
        }
        return lines.toString();
    }

    static String body(String model, String prompt) {
        return "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + prompt + "\"}]}";
    }

    static String chat(String customId, String model, String prompt) {
        return row(customId, "POST", "/v1/chat/completions", body(model, prompt));
    }

    static String row(String customId, String method, String url, String body) {
        return "{\"custom_id\":\"" + customId + "\",\"method\":\"" + method + "\",\"url\":\"" + url + "\",\"body\":"
                + body + "}\n";
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static JsonNode json(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        twin.close();
    }
}
