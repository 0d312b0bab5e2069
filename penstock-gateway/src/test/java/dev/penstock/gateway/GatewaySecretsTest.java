package dev.penstock.gateway;

import static dev.penstock.gateway.RunningGateway.chat;
import static dev.penstock.gateway.RunningGateway.chatStream;
import static dev.penstock.gateway.RunningGateway.keyed;
import static dev.penstock.gateway.RunningGateway.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.LimitText;
import dev.penstock.gateway.admin.AdminServer;
import dev.penstock.gateway.admin.AdminSettings;
import dev.penstock.gateway.admin.Telemetry;
import dev.penstock.gateway.config.Budget;
import dev.penstock.gateway.config.GatewayConfig;
import dev.penstock.gateway.config.KeyHash;
import dev.penstock.gateway.config.KeyRing;
import dev.penstock.gateway.config.QueueSettings;
import dev.penstock.gateway.config.TenantBudgets;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.time.Ticker;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens, no key and no prompt is found in what the gateway says of it. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GatewaySecretsTest {
    /** In every key and prompt of these tests, and in nothing else. */
    private static final String MARK = "zq7marked";

    private static final String UPSTREAM_KEY = "sk-" + MARK + "-upstream";
    private static final String WEB = "psk-" + MARK + "-web";
    private static final String POOR = "psk-" + MARK + "-poor";
    private static final String PROMPT = MARK + " prompt";

    private final Queue<String> logged = new ConcurrentLinkedQueue<>();
    private final Logger root = Logger.getLogger("");
    private final Level levelBefore = root.getLevel();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Queue<GatewayEvents.Ended> ended = new ConcurrentLinkedQueue<>();

    /** What clients were told by the gateway itself. */
    private final List<String> told = new ArrayList<>();

    private final Handler handler = new Handler() {
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord each) {
            logged.add(formatter.format(each));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        handler.setLevel(Level.ALL);
        root.setLevel(Level.ALL);
        root.addHandler(handler);
    }

    @AfterEach
    void listenNoMore() {
        root.removeHandler(handler);
        root.setLevel(levelBefore);
        client.shutdownNow();
    }

    /** Answers as the prompt says, and always with the marks in what it says. */
    private static void misbehave(ScriptedUpstream.Seen seen, HttpServerResponse response) {
        String body = seen.body().toString();
        String quoting = "{\"error\":{\"message\":\"You said '" + PROMPT + "' with " + UPSTREAM_KEY
                + "\",\"type\":\"CODE\",\"code\":\"CODE\"}}";
        if (body.contains("hold")) {
            return;
        } else if (body.contains("bad request")) {
            ScriptedUpstream.json(response, 400, quoting.replace("CODE", "invalid_request_error"));
        } else if (body.contains("no credit")) {
            ScriptedUpstream.json(response, 429, quoting.replace("CODE", "insufficient_quota"));
        } else if (body.contains("too fast")) {
            ScriptedUpstream.json(response, 429, quoting.replace("CODE", "rate_limit_exceeded"));
        } else if (body.contains("fault")) {
            ScriptedUpstream.json(response, 500, quoting.replace("CODE", "server_error"));
        } else if (body.contains("reset")) {
            response.reset();
        } else if (body.contains("cut")) {
            response.putHeader("content-type", "text/event-stream").setChunked(true);
            response.write("data: {\"" + PROMPT + "\":1}\n\n").onComplete(written -> response.reset());
        } else if (body.contains("\"stream\":true")) {
            response.putHeader("content-type", "text/event-stream").setChunked(true);
            response.end("data: {\"said\":\"" + PROMPT + "\"}\n\ndata: [DONE]\n\n")
                    .onFailure(gone -> {});
        } else {
            ScriptedUpstream.json(
                    response, 200, ScriptedUpstream.chatAnswer(3, 5).replace("Yes.", "You said " + PROMPT));
        }
    }

    private static GatewayConfig config(URI upstream, QueueSettings queue) {
        Upstream main = keyed("main", upstream, UPSTREAM_KEY);
        KeyRing keys = KeyRing.of(Map.of(
                KeyHash.of(WEB), Tenants.using("web", "gpt-4o*"),
                KeyHash.of(POOR), Tenants.spending("poor", 300, Budget.Period.DAY)));
        return RunningGateway.config(
                queue, keys, Upstreams.capped(main, 0, LimitText.parse("200req/1m"), LimitText.parse("100000tok/1m")));
    }

    private static QueueSettings impatient() {
        return new QueueSettings(3, 1 << 20, 1 << 16, Duration.ofSeconds(20), Duration.ofSeconds(2), 2);
    }

    private HttpRequest request(Gateway gateway, String path, String key, String body, String... headers) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + path))
                .timeout(Duration.ofSeconds(30))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        return headers.length == 0 ? builder.build() : builder.headers(headers).build();
    }

    private HttpResponse<String> ask(Gateway gateway, String key, String body, String... headers)
            throws IOException, InterruptedException {
        return client.send(
                request(gateway, "/v1/chat/completions", key, body, headers), HttpResponse.BodyHandlers.ofString());
    }

    /** Expects a refusal of the gateway itself. */
    private void refused(String code, HttpResponse<String> answer) {
        assertThat(answer.body()).contains("\"code\":\"" + code + "\"");
        told.add(answer.headers().map() + answer.body());
    }

    private static String get(AdminServer admin, HttpClient client, String path)
            throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(
                HttpRequest.newBuilder(admin.uri().resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }

    @Test
    void neitherLogsNorPagesNorMetricsNorErrorsNorFilesTellThem(@TempDir Path folder)
            throws IOException, InterruptedException {
        Path state = folder.resolve("gateway.state");
        Telemetry telemetry = new Telemetry(Ticker.system(), InstantSource.system());
        try (ScriptedUpstream upstream = ScriptedUpstream.answering(GatewaySecretsTest::misbehave);
                TenantBudgets budgets = TenantBudgets.open(state);
                Gateway gateway = start(config(upstream.baseUri(), impatient()), budgets, telemetry);
                AdminServer admin =
                        AdminServer.start(AdminSettings.loopback(0, gateway.baseUri()), telemetry, gateway::snapshot)) {
            answered(gateway);
            refused(gateway);
            malformed(gateway);
            String pages = failed(gateway, admin);
            hungUp(gateway);
            until(
                    "all have ended",
                    () -> gateway.snapshot().running() == 0
                            && gateway.snapshot().waiting() == 0);
            System.getLogger("dev.penstock.gateway").log(System.Logger.Level.DEBUG, "heard");
            budgets.store();
            assertThat(Files.readString(state)).contains("poor").doesNotContainIgnoringCase(MARK);
            assertThat(pages + get(admin, client, "/api/state")).contains("web").doesNotContainIgnoringCase(MARK);
            assertThat(get(admin, client, "/metrics"))
                    .contains("tenant=\"web\"")
                    .doesNotContainIgnoringCase(MARK);
            assertThat(gateway.snapshot().toString()).contains("web").doesNotContainIgnoringCase(MARK);
            assertThat(gateway.toString() + budgets + telemetry + config(upstream.baseUri(), impatient()))
                    .doesNotContainIgnoringCase(MARK);
            assertThat(ended.toString()).contains("web").doesNotContainIgnoringCase(MARK);
            assertThat(String.join("\n", told)).contains("error").doesNotContainIgnoringCase(MARK);
        }
        assertThat(logged).anyMatch(line -> line.contains("heard"));
        assertThat(String.join("\n", logged).toLowerCase(Locale.ROOT)).doesNotContain(MARK);
    }

    private Gateway start(GatewayConfig config, TenantBudgets budgets, Telemetry telemetry) {
        return RunningGateway.start(config, budgets, new GatewayEvents() {
            @Override
            public void ended(Ended each) {
                ended.add(each);
                telemetry.ended(each);
            }

            @Override
            public void refusedByUpstream(String upstream, String family) {
                telemetry.refusedByUpstream(upstream, family);
            }

            @Override
            public void retried(String upstream, String family) {
                telemetry.retried(upstream, family);
            }
        });
    }

    private void answered(Gateway gateway) throws IOException, InterruptedException {
        assertThat(ask(gateway, WEB, chat(PROMPT)).body()).contains(PROMPT);
        assertThat(ask(gateway, WEB, chatStream(PROMPT)).body()).contains(PROMPT);
        assertThat(ask(gateway, POOR, chat(PROMPT, 100)).body()).contains(PROMPT);
    }

    private void refused(Gateway gateway) throws IOException, InterruptedException {
        refused("invalid_api_key", ask(gateway, "psk-" + MARK + "-nobody", chat(PROMPT)));
        refused("invalid_api_key", ask(gateway, UPSTREAM_KEY, chat(PROMPT)));
        refused("model_not_allowed", ask(gateway, WEB, chat(PROMPT).replace("gpt-4o-mini", "o3")));
        refused("model_not_allowed", ask(gateway, WEB, chat(PROMPT).replace("gpt-4o-mini", MARK)));
        refused("budget_exceeded", ask(gateway, POOR, chat(PROMPT, 900)));
        refused("request_too_large", ask(gateway, WEB, chat(PROMPT, 1_000_000)));
        refused("request_body_too_large", ask(gateway, WEB, chat(PROMPT.repeat(10_000))));
        refused("invalid_body", ask(gateway, WEB, "{\"messages\":\"" + PROMPT));
        for (String header : List.of("x-request-deadline-ms", "x-penstock-priority", "x-penstock-keep-alive")) {
            refused("invalid_header", ask(gateway, WEB, chat(PROMPT), header, PROMPT));
        }
        HttpResponse<String> elsewhere = client.send(
                request(gateway, "/" + MARK + "?key=" + WEB, WEB, chat(PROMPT)), HttpResponse.BodyHandlers.ofString());
        assertThat(elsewhere.statusCode()).isEqualTo(404);
        told.add(elsewhere.headers().map() + elsewhere.body());
    }

    /** What no HTTP library would send. */
    private void malformed(Gateway gateway) throws IOException {
        String head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + WEB + "\r\n";
        for (String request : List.of(
                "POST /v1/" + MARK + " HTTP/9.9\r\nAuthorization: " + WEB + "\r\n\r\n",
                head + "Content-Length: " + MARK + "\r\n\r\n" + PROMPT,
                head + "Transfer-Encoding: chunked\r\n\r\n" + PROMPT + "\r\n",
                head + MARK + " : folded\r\n " + MARK + "\r\n\r\n",
                head + "X-Long: " + MARK.repeat(20_000) + "\r\n\r\n",
                head + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n" + PROMPT)) {
            try (Socket socket = new Socket("127.0.0.1", gateway.port())) {
                socket.setSoTimeout(10_000);
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(answer).matches("(?s)HTTP/1\\.[01] 4\\d\\d .*");
                told.add(answer);
            } catch (IOException reset) {
                told.add("the connection was reset, which tells nothing");
            }
        }
    }

    private String failed(Gateway gateway, AdminServer admin) throws IOException, InterruptedException {
        StringBuilder pages = new StringBuilder();
        // What the upstream says of a request goes to its client, and to nobody else.
        assertThat(ask(gateway, WEB, chat(PROMPT + " bad request")).statusCode())
                .isEqualTo(400);
        assertThat(ask(gateway, WEB, chat(PROMPT + " fault")).statusCode()).isEqualTo(500);
        HttpResponse<String> lost = ask(gateway, WEB, chat(PROMPT + " reset"));
        assertThat(lost.statusCode()).isEqualTo(502);
        told.add(lost.headers().map() + lost.body());
        HttpResponse<String> slow = ask(gateway, WEB, chat(PROMPT + " hold"));
        assertThat(slow.statusCode()).isEqualTo(504);
        told.add(slow.headers().map() + slow.body());
        refused(
                "queue_deadline_exceeded",
                ask(gateway, WEB, chat(PROMPT + " too fast"), "x-request-deadline-ms", "500"));
        CompletableFuture<HttpResponse<String>> cut = client.sendAsync(
                request(gateway, "/v1/chat/completions", WEB, chatStream(PROMPT + " cut")),
                HttpResponse.BodyHandlers.ofString());
        assertThat(cut.handle((answer, broken) -> broken != null).join()).isTrue();
        assertThat(ask(gateway, WEB, chat(PROMPT + " no credit")).statusCode()).isEqualTo(429);
        until(
                "its trouble is told",
                () -> gateway.snapshot().quotas().stream()
                        .anyMatch(quota -> quota.trouble().isPresent()));
        pages.append(get(admin, client, "/api/state"));
        return pages.toString();
    }

    private void hungUp(Gateway gateway) throws IOException, InterruptedException {
        int before = ended.size();
        CompletableFuture<HttpResponse<String>> call = client.sendAsync(
                request(gateway, "/v1/chat/completions", WEB, chat(PROMPT + " hold")),
                HttpResponse.BodyHandlers.ofString());
        until("it runs", () -> gateway.snapshot().running() == 1);
        assertThat(call.cancel(true)).isTrue();
        HttpResponse<InputStream> stream = client.send(
                request(gateway, "/v1/chat/completions", WEB, chatStream(PROMPT)),
                HttpResponse.BodyHandlers.ofInputStream());
        stream.body().close();
        until("both have ended", () -> ended.size() == before + 2);
    }
}
