package dev.penstock.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Over real sockets, byte by byte: a client library would put a {@code Host} of its own. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class AdminServerTest {
    private static final URI CLIENT_BASE_URL = URI.create("http://127.0.0.1:8429/v1");
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Scene scene = Scene.refused();
    private final AdminServer server =
            AdminServer.start(AdminSettings.loopback(0, CLIENT_BASE_URL), scene.telemetry, () -> scene.snapshot);

    private record Answer(int status, Map<String, String> headers, String body) {}

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void itLivesAndIsReadyUntilTheGatewayStops() throws Exception {
        assertThat(get("/healthz").status()).isEqualTo(200);
        assertThat(get("/readyz").status()).isEqualTo(200);

        scene.snapshot = Scene.quiet(true);

        assertThat(get("/readyz").status()).isEqualTo(503);
        assertThat(get("/readyz").body()).contains("stopping");
        assertThat(get("/healthz").status()).isEqualTo(200);
    }

    @Test
    void metricsAreThoseOfTheTelemetryAndTheSnapshot() throws Exception {
        Answer answer = get("/metrics");

        assertThat(answer.headers()).containsEntry("content-type", "text/plain; version=0.0.4; charset=utf-8");
        assertThat(answer.body())
                .contains(
                        "# TYPE penstock_gateway_requests_total counter",
                        "penstock_gateway_requests_total{family=\"gpt-4o-mini\",outcome=\"answered\",tenant=\"web\"} 120.0",
                        "penstock_gateway_queue_requests 200.0");
    }

    @Test
    void theStateIsJsonWithThePastAndTheRefusals() throws Exception {
        Answer answer = get("/api/state");

        assertThat(answer.headers()).containsEntry("content-type", "application/json");
        assertThat(fields(answer.body()))
                .contains(
                        "stopping",
                        "clientBaseUrl",
                        "quotas",
                        "tenants",
                        "nextUp",
                        "past",
                        "refusals",
                        "levels",
                        "why");
        assertThat(answer.body())
                .contains("\"clientBaseUrl\":\"http://127.0.0.1:8429/v1\"", "\"tenant\":\"<b>web</b>\"")
                .contains("\"startsInMillis\":null");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/metrics", "/healthz", "/api/state", "/assets/page.js", "/no-such-page"})
    void everyAnswerCarriesTheHeadersThatProtectIt(String path) throws Exception {
        Answer answer = get(path);

        assertThat(answer.headers())
                .containsEntry(
                        "content-security-policy",
                        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
                                + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
                .containsEntry("x-content-type-options", "nosniff")
                .containsEntry("referrer-policy", "no-referrer")
                .containsEntry("cross-origin-resource-policy", "same-origin")
                .containsEntry("cache-control", "no-store")
                .doesNotContainKey("access-control-allow-origin");
    }

    @Test
    void thePageHasNothingInlineAndAllThatItNamesIsServed() throws Exception {
        String page = get("/").body();

        assertThat(page).doesNotContain("<style", "style=", "javascript:").doesNotContainPattern(" on[a-z]+=");
        List<String> named = references(page, "(?:src|href)=\"(/[^\"]*)\"");
        assertThat(named).contains("/assets/page.js", "/assets/page.css", "/assets/uplot.css", "/assets/icon.svg");
        for (String path : named) {
            Answer asset = get(path);
            assertThat(asset.status()).as(path).isEqualTo(200);
            if (path.endsWith(".js")) {
                for (String imported : references(asset.body(), "from '\\./([a-z]+\\.js)'")) {
                    assertThat(get("/assets/" + imported).status()).as(imported).isEqualTo(200);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"})
    void itCanOnlyBeRead(String method) throws Exception {
        Answer answer = ask(method, "/metrics", "127.0.0.1:" + server.port());

        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.headers()).containsEntry("allow", "GET, HEAD");
    }

    @Test
    void aHeadHasTheHeadersAndNoBody() throws Exception {
        Answer whole = get("/assets/page.css");
        Answer head = ask("HEAD", "/assets/page.css", "127.0.0.1:" + server.port());

        assertThat(head.status()).isEqualTo(200);
        assertThat(head.headers())
                .containsEntry("content-length", whole.headers().get("content-length"));
        assertThat(head.body()).isEmpty();
        assertThat(whole.body()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/no-such-page", "/assets/", "/assets/../assets/page.js", "/assets/index.html", "//", "/healthz/"
            })
    void whatIsNotThereIsNotFound(String path) throws Exception {
        assertThat(get(path).status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rebound.example", "rebound.example:8430", "127.0.0.1.rebound.example"})
    void aNameThatSomebodyPointedHereIsRefusedInOneSentence(String host) throws Exception {
        for (String path : List.of("/", "/api/state", "/metrics", "/healthz")) {
            Answer answer = ask("GET", path, host);

            assertThat(answer.status()).as(path).isEqualTo(403);
            assertThat(answer.body().strip().lines()).hasSize(1);
            assertThat(answer.body()).doesNotContain("rebound");
        }
    }

    @Test
    void aSnapshotThatFailsIsAnAnswerAndNotTheEnd() throws Exception {
        try (AdminServer failing =
                AdminServer.start(AdminSettings.loopback(0, CLIENT_BASE_URL), scene.telemetry, () -> {
                    throw new IllegalStateException("no snapshot");
                })) {
            String host = "127.0.0.1:" + failing.port();
            assertThat(ask(failing.port(), "GET", "/metrics", host).status()).isEqualTo(500);
            assertThat(ask(failing.port(), "GET", "/metrics", host).body()).doesNotContain("no snapshot");
            assertThat(ask(failing.port(), "GET", "/healthz", host).status()).isEqualTo(200);
        }
    }

    @Test
    void aPortThatIsTakenIsNamed() {
        assertThatThrownBy(() -> AdminServer.start(
                                AdminSettings.loopback(server.port(), CLIENT_BASE_URL),
                                scene.telemetry,
                                () -> scene.snapshot)
                        .close())
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("admin port " + server.port())
                .hasMessageContaining("choose another port");
    }

    @Test
    void aPortThatCannotBeIsRefused() {
        assertThatThrownBy(() -> AdminSettings.loopback(70_000, CLIENT_BASE_URL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("admin port is 70000; it must be 0 (any free one) to 65535");
    }

    private Answer get(String path) throws IOException {
        return ask("GET", path, "127.0.0.1:" + server.port());
    }

    private Answer ask(String method, String path, String host) throws IOException {
        return ask(server.port(), method, path, host);
    }

    private static Answer ask(int port, String method, String path, String host) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream()
                    .write((method + " " + path + " HTTP/1.1\r\nhost: " + host + "\r\nconnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int end = all.indexOf("\r\n\r\n");
            String[] lines = all.substring(0, end).split("\r\n", -1);
            Map<String, String> headers = new HashMap<>();
            for (int i = 1; i < lines.length; i++) {
                int colon = lines[i].indexOf(':');
                headers.put(
                        lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                        lines[i].substring(colon + 1).strip());
            }
            return new Answer(Integer.parseInt(lines[0].split(" ", -1)[1]), headers, all.substring(end + 4));
        }
    }

    private static List<String> references(String text, String pattern) {
        return java.util.regex.Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(result -> result.group(1))
                .distinct()
                .toList();
    }

    /** Names of all fields; fails where it is no JSON. */
    private static List<String> fields(String json) throws IOException {
        List<String> names = new ArrayList<>();
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.FIELD_NAME) {
                    names.add(parser.currentName());
                }
            }
        }
        return names;
    }
}
