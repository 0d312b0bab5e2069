package dev.penstock.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code penstock emulator} in a process of its own, on a free port. */
final class EmulatorProcess implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern PORT = Pattern.compile("\\d{2,5}");

    private final Program program;
    private final int port;
    private final HttpClient http = HttpClient.newHttpClient();

    private EmulatorProcess(Program program, int port) {
        this.program = program;
        this.port = port;
    }

    static EmulatorProcess start(Path root, Path log, String... options) throws IOException {
        return start(root, log, 0, options);
    }

    /** On a given port, 0 for a free one. */
    static EmulatorProcess start(Path root, Path log, int wantedPort, String... options) throws IOException {
        String[] arguments = Stream.concat(
                        Stream.of("emulator", "--port", Integer.toString(wantedPort)), Arrays.stream(options))
                .toArray(String[]::new);
        Program program = Program.start(root, log, Map.of(), arguments);
        if (wantedPort != 0) {
            return new EmulatorProcess(program, wantedPort);
        }
        Matcher port = PORT.matcher(program.firstLine());
        if (!port.find()) {
            program.close();
            throw new IOException("the emulator did not say its port in its first line");
        }
        return new EmulatorProcess(program, Integer.parseInt(port.group()));
    }

    String baseUrl() {
        return "http://127.0.0.1:" + port + "/v1";
    }

    int port() {
        return port;
    }

    /** When its time began, in nanoseconds of {@link System#nanoTime}, to a few milliseconds; sends it three requests. */
    long epochNanos() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(baseUrl() + "/chat/completions"))
                .header("content-type", "application/json")
                .header("authorization", "Bearer any")
                .timeout(Duration.ofSeconds(30))
                .POST(BodyPublishers.ofString("{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\","
                        + "\"content\":\"what time is it?\"}],\"max_completion_tokens\":10}"))
                .build();
        long epoch = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            int status = http.send(request, BodyHandlers.discarding()).statusCode();
            long received = System.nanoTime();
            if (status != 200) {
                throw new IOException("the emulator answered with status " + status);
            }
            long answered =
                    Duration.ofMillis(ledger().path("last_answer_ms").asLong()).toNanos();
            epoch = i == 0 || received - answered - epoch < 0 ? received - answered : epoch;
        }
        return epoch;
    }

    /** kill -9. */
    void kill() throws InterruptedException {
        program.kill();
    }

    JsonNode ledger() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/emulator/ledger"))
                .timeout(Duration.ofSeconds(30))
                .build();
        return JSON.readTree(http.send(request, BodyHandlers.ofByteArray()).body());
    }

    /** The body of an answer, which the caller closes; {@code path} begins with a slash. */
    InputStream get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("authorization", "Bearer any")
                .timeout(Duration.ofSeconds(60))
                .build();
        HttpResponse<InputStream> response = http.send(request, BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) {
            response.body().close();
            throw new IOException("the emulator answered " + response.statusCode() + " to GET " + path);
        }
        return response.body();
    }

    @Override
    public void close() {
        http.close();
        program.close();
    }
}
