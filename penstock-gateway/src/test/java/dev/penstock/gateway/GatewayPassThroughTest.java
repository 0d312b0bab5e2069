package dev.penstock.gateway;

import static dev.penstock.gateway.RunningGateway.chat;
import static dev.penstock.gateway.RunningGateway.chatStream;
import static dev.penstock.gateway.RunningGateway.request;
import static dev.penstock.gateway.RunningGateway.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.TwinSettings;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What goes through comes out as it went in, in both directions. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GatewayPassThroughTest {
    private static final byte[] BINARY = new byte[300_000];

    static {
        for (int i = 0; i < BINARY.length; i++) {
            BINARY[i] = (byte) (i * 31 + (i >> 8));
        }
    }

    /** Says back what it was asked, with headers of every kind. */
    private static void echo(ScriptedUpstream.Seen seen, HttpServerResponse response) {
        response.setStatusCode(seen.target().contains("missing") ? 404 : 200)
                .putHeader("X-Request-Id", "req_1")
                .putHeader("openai-Processing-Ms", "17")
                .putHeader("x-echo-method", seen.method())
                .putHeader("x-echo-target", seen.target())
                .putHeader("content-type", "application/octet-stream");
        response.headers().add("Set-Cookie", "a=1").add("Set-Cookie", "b=2");
        if (seen.method().equals("HEAD")) {
            response.putHeader("content-length", "12");
            response.end().onFailure(gone -> {});
        } else {
            response.end(seen.body().length() == 0 ? Buffer.buffer("nothing said") : seen.body())
                    .onFailure(gone -> {});
        }
    }

    private static HttpResponse<byte[]> call(RunningGateway running, URI base, String method, String path, byte[] body)
            throws IOException, InterruptedException {
        HttpRequest request = request(base, path)
                .header("Content-Type", "application/json")
                .header("X-Of-The-Client", "a, b")
                .method(
                        method,
                        body.length == 0
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        return running.client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    private static Map<String, List<String>> comparable(HttpResponse<?> answer) {
        Map<String, List<String>> headers = new TreeMap<>(answer.headers().map());
        headers.keySet().removeIf(name -> name.startsWith("x-penstock-") || name.equals("date"));
        return headers;
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /models, 0",
        "GET, '/models?limit=3&after=%2Fx%20y', 0",
        "HEAD, /models, 0",
        "DELETE, /files/file-1, 0",
        "POST, /chat/completions, 70",
        "POST, /unheard/of, 70",
        "POST, /files, 200000",
        "PUT, /things/1, 10",
        "PATCH, /things/missing, 10",
        "POST, /audio/speech, 200",
        "OPTIONS, /models, 0",
    })
    void aCallComesOutAsIfItHadBeenSentDirectly(String method, String path, int bodyBytes)
            throws IOException, InterruptedException {
        byte[] body = path.contains("chat") || path.contains("speech")
                ? chat("Hello").getBytes(StandardCharsets.UTF_8)
                : Arrays.copyOf(BINARY, bodyBytes);
        try (ScriptedUpstream upstream = ScriptedUpstream.answering(GatewayPassThroughTest::echo);
                RunningGateway running = RunningGateway.inFrontOf(upstream.baseUri())) {
            HttpResponse<byte[]> direct = call(running, upstream.baseUri(), method, path, body);
            HttpResponse<byte[]> through = call(running, running.gateway.baseUri(), method, path, body);

            assertThat(through.statusCode()).isEqualTo(direct.statusCode());
            assertThat(through.body()).isEqualTo(direct.body());
            Map<String, List<String>> expected = comparable(direct);
            Map<String, List<String>> got = comparable(through);
            if (direct.statusCode() >= 400) {
                assertThat(got.remove("x-should-retry")).isNull();
            }
            assertThat(got).isEqualTo(expected);
            assertThat(through.headers().firstValue("x-penstock-attempts")).contains("1");
            ScriptedUpstream.Seen first = upstream.seen.getFirst();
            ScriptedUpstream.Seen second = upstream.seen.getLast();
            assertThat(upstream.seen).hasSize(2);
            assertThat(second.method()).isEqualTo(first.method());
            assertThat(second.target()).isEqualTo("/v1" + path);
            assertThat(second.body()).isEqualTo(first.body());
            assertThat(second.headers().getAll("x-of-the-client")).containsExactly("a, b");
            assertThat(second.headers().get("host")).isEqualTo("127.0.0.1:" + upstream.port());
        }
    }

    @Test
    void anUploadThatIsLongerThanWhatIsHeldIsStreamed() throws IOException, InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        try (ScriptedUpstream upstream = ScriptedUpstream.answering(GatewayPassThroughTest::echo);
                RunningGateway running = RunningGateway.inFrontOf(
                        upstream.baseUri(), queue -> RunningGateway.holding(queue, 100, 100_000))) {
            HttpRequest upload = running.request("/files")
                    .header("Content-Type", "multipart/form-data; boundary=x")
                    .POST(HttpRequest.BodyPublishers.fromPublisher(
                            HttpRequest.BodyPublishers.ofInputStream(() -> {
                                begun.countDown();
                                return new java.io.ByteArrayInputStream(BINARY);
                            }),
                            BINARY.length))
                    .build();
            HttpResponse<byte[]> answer = running.client.send(upload, HttpResponse.BodyHandlers.ofByteArray());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo(BINARY);
            assertThat(upstream.seen.getFirst().headers().get("content-length"))
                    .isEqualTo(String.valueOf(BINARY.length));
            assertThat(upstream.seen.getFirst().headers().get("content-type"))
                    .isEqualTo("multipart/form-data; boundary=x");
            assertThat(begun.getCount()).isZero();
        }
    }

    @Test
    void aCallThatMustBeReadAndIsTooLongIsRefused() throws IOException, InterruptedException {
        try (ScriptedUpstream upstream = ScriptedUpstream.answering(GatewayPassThroughTest::echo);
                RunningGateway running = RunningGateway.inFrontOf(
                        upstream.baseUri(), queue -> RunningGateway.holding(queue, 100, 100_000))) {
            HttpResponse<String> answer = running.ask(chat("x".repeat(200_000)));
            assertThat(answer.statusCode()).isEqualTo(413);
            assertThat(answer.body()).contains("request_body_too_large", "100000");
            assertThat(upstream.seen).isEmpty();
        }
    }

    @Test
    void aStreamArrivesEventByEvent() throws IOException, InterruptedException {
        CountDownLatch first = new CountDownLatch(1);
        try (ScriptedUpstream upstream = ScriptedUpstream.answering((seen, response) -> {
                    response.putHeader("content-type", "text/event-stream").setChunked(true);
                    response.write("data: {\"n\":1}\n\n").onFailure(gone -> {});
                    Thread waiting = Thread.ofVirtual().unstarted(() -> {
                        if (await(first)) {
                            response.end("data: {\"n\":2}\n\ndata: [DONE]\n\n").onFailure(gone -> {});
                        }
                    });
                    waiting.start();
                });
                RunningGateway running = RunningGateway.inFrontOf(upstream.baseUri())) {
            HttpResponse<InputStream> answer = running.client.send(
                    running.chatRequest(chatStream("Hello")), HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = answer.body()) {
                byte[] one = body.readNBytes(15);
                assertThat(new String(one, StandardCharsets.UTF_8)).isEqualTo("data: {\"n\":1}\n\n");
                first.countDown(); // only now goes the second event off
                assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8))
                        .isEqualTo("data: {\"n\":2}\n\ndata: [DONE]\n\n");
            }
            assertThat(answer.headers().firstValue("content-type")).contains("text/event-stream");
            until("it has ended", () -> running.outcomes().equals(List.of(Outcome.ANSWERED)));
        }
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @ParameterizedTest
    @CsvSource({"/", "/v2/models", "/emulator/ledger", "/metrics", "/v1beta/models"})
    void whatIsNotUnderV1IsNotPassedOn(String path) throws IOException, InterruptedException {
        try (ScriptedUpstream upstream = ScriptedUpstream.answering(GatewayPassThroughTest::echo);
                RunningGateway running = RunningGateway.inFrontOf(upstream.baseUri())) {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + running.gateway.port() + path))
                    .build();
            HttpResponse<String> answer = running.send(request);
            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(answer.body()).contains("unknown_url", "/v1");
            assertThat(upstream.seen).isEmpty();
        }
    }

    @Test
    void endpointsWithQuotasArePacedByThemselvesAndOthersCountAsRequests() throws IOException, InterruptedException {
        try (Emulator emulator = Emulator.start(EmulatorSettings.of(
                        TwinSettings.builder().latency(Latency.zero()).build()));
                RunningGateway running = RunningGateway.inFrontOf(emulator)) {
            assertThat(running.ask(chat("Hello")).statusCode()).isEqualTo(200);
            HttpResponse<String> embedding = running.send(running.request("/embeddings")
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(
                            "{\"model\":\"text-embedding-3-small\",\"input\":\"Hello\"}"))
                    .build());
            assertThat(embedding.statusCode()).as(embedding.body()).isEqualTo(200);
            assertThat(running.send(running.request("/models").build()).statusCode())
                    .isEqualTo(200);
            running.untilIdle();
            until("all are seen", () -> running.gateway.snapshot().quotas().size() == 3);
            assertThat(running.gateway.snapshot().quotas())
                    .extracting(GatewaySnapshot.QuotaView::family)
                    .containsExactlyInAnyOrder("gpt-4o-mini", "text-embedding-3-small", "");
            assertThat(running.ended).allMatch(each -> each.attempts() == 1);
            assertThat(running.ended.peek().usage()).isPresent();
            assertThat(running.ended.peek().picoDollars()).isPositive();
        }
    }
}
