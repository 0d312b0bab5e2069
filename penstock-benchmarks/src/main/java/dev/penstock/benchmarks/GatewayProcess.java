package dev.penstock.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code penstock gateway} in a process of its own, on free ports. */
final class GatewayProcess implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern LIVE_PAGE = Pattern.compile("live page\\s+(http://\\S+?)/?\\s");
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Program program;
    private final int port;
    private final URI state;
    private final HttpClient http = HttpClient.newHttpClient();

    private GatewayProcess(Program program, int port, URI state) {
        this.program = program;
        this.port = port;
        this.state = state;
    }

    static GatewayProcess start(Bench bench, String upstream, String... options)
            throws IOException, InterruptedException {
        Path log = Files.createTempFile(bench.folder(), "gateway", ".txt");
        List<String> arguments =
                new ArrayList<>(List.of("gateway", "--port", "0", "--admin-port", "0", "--upstream", upstream));
        arguments.addAll(List.of(options));
        Program program = Program.start(bench.root(), log, Map.of(), arguments.toArray(String[]::new));
        try {
            int port = program.port();
            return new GatewayProcess(program, port, URI.create(livePage(log) + "/api/state"));
        } catch (IOException | RuntimeException e) {
            program.close();
            throw e;
        }
    }

    private static String livePage(Path log) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() - deadline < 0) {
            Matcher page = LIVE_PAGE.matcher(Files.readString(log));
            if (page.find()) {
                return page.group(1);
            }
            Thread.sleep(20);
        }
        throw new IOException("the gateway did not tell where its live page is; what it said is in " + log);
    }

    int port() {
        return port;
    }

    Program program() {
        return program;
    }

    /** What the live page shows. */
    JsonNode state() throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(state).timeout(Duration.ofSeconds(30)).build();
        return JSON.readTree(http.send(request, BodyHandlers.ofByteArray()).body());
    }

    /** Looks at the state until so many wait, or gives up. */
    void awaitWaiting(long waiting, Duration atMost) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        long seen = state().path("waiting").asLong();
        while (seen != waiting) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException(
                        seen + " requests wait after " + atMost.toSeconds() + " s instead of " + waiting);
            }
            Thread.sleep(10);
            seen = state().path("waiting").asLong();
        }
    }

    @Override
    public void close() {
        http.close();
        program.close();
    }
}
