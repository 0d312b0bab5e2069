package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.penstock.emulator.BatchQuirk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The emulator as a process. */
@Timeout(120)
class EmulatorCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ROW = "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\","
            + "\"body\":{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}}\n";

    @AutoClose
    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    private JsonNode call(String base, String method, String path, String contentType, String body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(base + path))
                .header("content-type", contentType)
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        return JSON.readTree(
                client.send(request, HttpResponse.BodyHandlers.ofByteArray()).body());
    }

    @Test
    void theHelpNamesEveryQuirkOfBatches() {
        Console console = Console.bare();
        assertThat(console.run("emulator", "--help")).isZero();
        String help = console.out().replaceAll("\\s+", " ");
        assertThat(Arrays.stream(BatchQuirk.values()).map(BatchQuirk::word))
                .allSatisfy(word -> assertThat(help).contains(word));
    }

    @Test
    void aDayOfABatchPassesAsFastAsAskedAndIsSummedUp() throws IOException, InterruptedException {
        try (Command emulator = Command.start(
                folder,
                "emulator",
                "--port",
                "0",
                "--batch-pace",
                "10m",
                "--batch-time-scale",
                "100000",
                "--batch-queue",
                "5000",
                "--batch-expire",
                "1")) {
            String base = "http://127.0.0.1:" + emulator.line();
            emulator.untilErrContains(
                    "batches  pace 10m, 100,000 times as fast, at most 5,000 tokens enqueued," + " expiring: 1");
            String form = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b\r\n"
                    + "Content-Disposition: form-data; name=\"file\"; filename=\"in.jsonl\"\r\n\r\n"
                    + ROW.formatted("a", "one") + ROW.formatted("b", "two") + "\r\n--b--\r\n";
            String file = call(base, "POST", "/v1/files", "multipart/form-data; boundary=b", form)
                    .at("/id")
                    .asText();
            String order = "{\"input_file_id\":\"" + file + "\",\"endpoint\":\"/v1/chat/completions\","
                    + "\"completion_window\":\"24h\"}";
            String id = call(base, "POST", "/v1/batches", "application/json", order)
                    .at("/id")
                    .asText();
            assertThat(id).startsWith("batch_");
            emulator.until("the batch has expired", () -> isExpired(base, id));
            emulator.signal("INT");
            assertThat(emulator.exitCode()).isZero();
            assertThat(emulator.err())
                    .contains("files     1 uploaded, 0 deleted")
                    .contains("batches   1 created: 1 expired")
                    .contains("rows      1 run, 1 answered")
                    .doesNotContain("Nobody called");
        }
    }

    private boolean isExpired(String base, String id) {
        try {
            return call(base, "GET", "/v1/batches/" + id, "application/json", "")
                    .at("/status")
                    .asText()
                    .equals("expired");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
