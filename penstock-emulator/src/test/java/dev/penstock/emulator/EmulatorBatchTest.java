package dev.penstock.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Files and batches over a socket. */
@Timeout(60)
final class EmulatorBatchTest {
    private static final String HEAD =
            "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b\r\nContent-Disposition:"
                    + " form-data; name=\"file\"; filename=\"in.jsonl\"\r\n\r\n";
    private static final String END = "\r\n--b--\r\n";

    /** A read from a socket does not hear of a test's time limit. */
    private static final int PATIENCE_MILLIS = 20_000;

    private final Emulator emulator =
            Emulator.start(EmulatorSettings.of(TwinSettings.builder().build()));
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void close() {
        client.close();
        emulator.close();
    }

    private HttpResponse<byte[]> send(String method, String path, String contentType, String body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(emulator.baseUri().resolve(path))
                .header("content-type", contentType)
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    private String upload(String content) throws IOException, InterruptedException {
        HttpResponse<byte[]> answer =
                send("POST", "/v1/files", "multipart/form-data; boundary=b", HEAD + content + END);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("x-request-id").orElseThrow()).startsWith("req_");
        return BatchClient.json(answer.body()).at("/id").asText();
    }

    @Test
    void aFileComesBackByteByByteAndItsListHasAQuery() throws IOException, InterruptedException {
        String content = BatchClient.chats(20_000);
        String id = upload(content);
        HttpResponse<byte[]> answer = send("GET", "/v1/files/" + id + "/content", "text/plain", "");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).contains("application/octet-stream");
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo(content);
        String newest = upload("x");
        JsonNode list = BatchClient.json(
                send("GET", "/v1/files?limit=1", "text/plain", "").body());
        assertThat(list.at("/data").findValuesAsText("id")).containsExactly(newest);
        assertThat(list.at("/has_more").asBoolean()).isTrue();
        assertThat(send("GET", "/v1/files/file-none/content", "text/plain", "").statusCode())
                .isEqualTo(404);
    }

    @Test
    void aLargeBatchGetsThroughWithoutBeingLookedAt() throws IOException, InterruptedException {
        String order = BatchClient.order(upload(BatchClient.chats(20_000)));
        JsonNode made = BatchClient.json(
                send("POST", "/v1/batches", "application/json", order).body());
        assertThat(made.at("/status").asText()).isEqualTo("validating");
        int looks = 0;
        for (; looks < 100_000 && emulator.ledger().batches().ended().isEmpty(); looks++) {
            // Live requests are answered between its rows.
            assertThat(send("POST", "/v1/chat/completions", "application/json", BatchClient.body("gpt-4o", "hi"))
                            .statusCode())
                    .isEqualTo(200);
        }
        assertThat(looks).isPositive();
        JsonNode done =
                BatchClient.json(send("GET", "/v1/batches/" + made.at("/id").asText(), "application/json", "")
                        .body());
        assertThat(done.at("/status").asText()).isEqualTo("completed");
        assertThat(done.at("/request_counts/completed").asInt()).isEqualTo(20_000);
        assertThat(emulator.ledger().batches().rowsRun()).isEqualTo(20_000);
    }

    @Test
    void anUploadThatIsRefusedIsAnsweredBeforeItsEndAndItsConnectionEndsWithIt() throws IOException {
        int length = 5_000_000;
        String beginning = "--b nonsense\r\n";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), emulator.port())) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            OutputStream out = socket.getOutputStream();
            out.write(uploadOf(length, beginning));
            out.flush();
            InputStream in = socket.getInputStream();
            StringBuilder answer = new StringBuilder();
            while (answer.indexOf("a boundary of the form must end its line") < 0) {
                int next = in.read();
                assertThat(next).as(answer.toString()).isNotNegative();
                answer.append((char) next);
            }
            assertThat(answer).startsWith("HTTP/1.1 400 ").containsIgnoringCase("connection: close");
            // A client that sends all before it reads gets its answer too.
            out.write(new byte[length - beginning.length()]);
            out.flush();
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).endsWith("}");
        }
    }

    /** Head and beginning of a request whose body has this length. */
    private static byte[] uploadOf(int length, String beginning) {
        return BatchClient.bytes("POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data;"
                + " boundary=b\r\nContent-Length: " + length + "\r\n\r\n" + beginning);
    }

    @Test
    void anUploadThatBreaksOffLeavesNothing() throws IOException, InterruptedException {
        String id = upload("x");
        Path directory =
                Objects.requireNonNull(emulator.pathOf(id).orElseThrow().getParent());
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), emulator.port())) {
            OutputStream out = socket.getOutputStream();
            out.write(uploadOf(1_000_000_000, HEAD + "x".repeat(100_000)));
            out.flush();
            awaitFiles(directory, 2);
        }
        awaitFiles(directory, 1);
        JsonNode list =
                BatchClient.json(send("GET", "/v1/files", "text/plain", "").body());
        assertThat(list.at("/data").findValuesAsText("id")).containsExactly(id);
        emulator.close();
        assertThat(Files.exists(directory)).isFalse();
    }

    private static void awaitFiles(Path directory, int count) throws IOException, InterruptedException {
        for (int i = 0; i < 500; i++) {
            try (Stream<Path> files = Files.list(directory)) {
                if (files.count() == count) {
                    return;
                }
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        throw new AssertionError("there are not " + count + " files");
    }
}
