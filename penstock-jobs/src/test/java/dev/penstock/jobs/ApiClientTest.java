package dev.penstock.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a run says to servers, and how it takes what unusual ones say. */
@Timeout(60)
final class ApiClientTest {
    private static final String ANSWER =
            "{\"choices\":[{\"message\":{\"content\":\"hello\"},\"finish_reason\":\"stop\"}],"
                    + "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}}";

    @TempDir
    private Path folder;

    private final List<HttpServer> servers = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        servers.forEach(server -> server.stop(0));
        threads.shutdownNow();
    }

    @Test
    void aRequestCarriesTheKeyTheAgentAndTheRowsVeryBytes() throws IOException {
        List<String> seen = new CopyOnWriteArrayList<>();
        URI base = serve(exchange -> {
            seen.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            for (String name : List.of("Host", "Authorization", "Content-Type", "User-agent", "Content-Length")) {
                seen.add(name + ": " + exchange.getRequestHeaders().getFirst(name));
            }
            seen.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            answer(exchange, 200, ANSWER);
        });
        String body = "{\"model\": \"m\",  \"messages\":[{\"role\":\"user\",\"content\":\"\\u0041é\"}]}";

        RunReport report = run(RunSettings.builder(rows(body), base)
                .apiKey("sk-test")
                .toolVersion("9.9")
                .output(folder.resolve("out.jsonl")));

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(seen)
                .containsExactly(
                        "POST /v1/chat/completions",
                        "Host: " + base.getHost() + ":" + base.getPort(),
                        "Authorization: Bearer sk-test",
                        "Content-Type: application/json",
                        "User-agent: penstock/9.9",
                        "Content-Length: " + body.getBytes(UTF_8).length,
                        body);
    }

    @Test
    void aBaseUrlMayHaveAnotherPathAndASlashAtItsEnd() throws IOException {
        List<String> seen = new CopyOnWriteArrayList<>();
        URI base = serve(exchange -> {
            seen.add(exchange.getRequestURI().toString());
            answer(exchange, 200, ANSWER);
        });

        RunReport report = run(RunSettings.builder(rows(chat()), base.resolve("/openai/deployments/x/"))
                .output(folder.resolve("out.jsonl")));

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(seen).containsExactly("/openai/deployments/x/chat/completions");
    }

    @Test
    void aRedirectIsNotFollowedBecauseTheKeyMustNotTravel() throws IOException {
        List<String> seen = new CopyOnWriteArrayList<>();
        URI base = serve(exchange -> {
            seen.add(exchange.getRequestURI().toString());
            exchange.getResponseHeaders().add("Location", "/elsewhere");
            answer(exchange, 307, "");
        });

        RunReport report = run(RunSettings.builder(rows(chat()), base).output(folder.resolve("out.jsonl")));

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE_WITH_FAILURES);
        assertThat(seen).containsExactly("/v1/chat/completions");
        assertThat(report.firstFailures().getFirst().explanation()).contains("redirects");
    }

    @Test
    void aServerThatClosesEachConnectionIsServedWithNewOnes() throws IOException {
        URI base = serve(exchange -> {
            exchange.getResponseHeaders().add("Connection", "close");
            answer(exchange, 200, ANSWER);
        });

        RunReport report = run(RunSettings.builder(rows(chat(), chat(), chat(), chat(), chat()), base)
                .concurrency(1)
                .output(folder.resolve("out.jsonl")));

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(report.retries()).isZero();
    }

    @Test
    void aServerThatClosesWithoutSayingSoLosesNoRow() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            threads.execute(() -> {
                while (!server.isClosed()) {
                    try (Socket socket = server.accept()) {
                        readRequest(socket.getInputStream());
                        byte[] body = ANSWER.getBytes(UTF_8);
                        socket.getOutputStream()
                                .write(("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n")
                                        .getBytes(UTF_8));
                        socket.getOutputStream().write(body);
                        socket.getOutputStream().flush();
                    } catch (IOException closed) {
                        // The next client may do better, and closing the server ends the loop.
                    }
                }
            });

            RunReport report = run(RunSettings.builder(
                            rows(chat(), chat(), chat(), chat()),
                            URI.create("http://127.0.0.1:" + server.getLocalPort() + "/v1"))
                    .concurrency(1)
                    .output(folder.resolve("out.jsonl")));

            assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
            assertThat(report.answeredNow()).isEqualTo(4);
        }
    }

    @Test
    void aServerWithoutTlsIsNamedInTheExplanation() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            threads.execute(() -> {
                while (!server.isClosed()) {
                    try (Socket socket = server.accept()) {
                        socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8));
                        socket.shutdownOutput();
                        byte[] unused = socket.getInputStream().readNBytes(1);
                    } catch (IOException closed) {
                        // Closing the server ends the loop.
                    }
                }
            });
            String place = "127.0.0.1:" + server.getLocalPort();
            LiveRun.Patience little =
                    new LiveRun.Patience(Duration.ofSeconds(1), Duration.ofMillis(1), Duration.ofHours(1));

            RunReport report = new JobRun(
                            RunSettings.builder(rows(chat()), URI.create("https://" + place + "/v1"))
                                    .output(folder.resolve("out.jsonl"))
                                    .build(),
                            RunListener.none(),
                            little)
                    .run();

            assertThat(report.end()).isEqualTo(RunEnd.UNREACHABLE);
            assertThat(report.explanation().orElseThrow()).contains("TLS handshake with " + place);
        }
    }

    private static void readRequest(InputStream in) throws IOException {
        StringBuilder text = new StringBuilder();
        while (text.indexOf("\r\n\r\n") < 0 || !text.toString().endsWith("}")) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("the client left");
            }
            text.append((char) next);
        }
    }

    private static RunReport run(RunSettings.Builder settings) {
        return new JobRun(settings.build(), RunListener.none()).run();
    }

    private Path rows(String... bodies) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bodies.length; i++) {
            text.append("{\"custom_id\":\"" + i + "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
                    + bodies[i] + "}\n");
        }
        Path in = folder.resolve("in.jsonl");
        Files.writeString(in, text);
        return in;
    }

    private static String chat() {
        return "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    }

    private URI serve(HttpHandler handler) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", handler);
        server.start();
        servers.add(server);
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1");
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] unused = exchange.getRequestBody().readAllBytes();
        byte[] bytes = body.getBytes(UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }
}
