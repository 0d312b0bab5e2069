package dev.penstock.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
final class EmulatorTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HELLO =
            "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<Emulator> emulators = new ArrayList<>();

    @AfterEach
    void nothingIsLeftInFlight() {
        client.close();
        for (Emulator emulator : emulators) {
            await(emulator, ledger -> ledger.inFlight() == 0);
            emulator.close();
        }
    }

    @Test
    void aChatIsAnsweredWithHeadersAndUsage() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder().limits(FamilyLimits.ofTier("1")));
        HttpResponse<byte[]> answer = post(emulator, "/chat/completions", HELLO + ",\"max_tokens\":20}");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).contains("application/json");
        assertThat(answer.headers().firstValue("x-ratelimit-limit-tokens")).contains("200000");
        assertThat(answer.headers().firstValue("x-ratelimit-remaining-tokens")).contains("199978");
        assertThat(answer.headers().firstValue("x-request-id").orElseThrow()).startsWith("req_");
        JsonNode json = json(answer.body());
        assertThat(json.at("/object").asText()).isEqualTo("chat.completion");
        assertThat(json.at("/choices/0/message/content").asText()).isNotBlank();
        assertThat(json.at("/usage/completion_tokens").asInt()).isBetween(1, 20);
        Ledger ledger = emulator.ledger();
        assertThat(ledger.answered()).isEqualTo(1);
        assertThat(ledger.tokensCharged()).isEqualTo(22);
        assertThat(json(get(emulator, "/emulator/ledger").body())
                        .at("/answered")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void aChatStreamIsFramedAsEventsAndEndsWithUsageAndDone() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder().latency(Latency.parse("200ms")));
        HttpResponse<byte[]> answer = post(
                emulator,
                "/chat/completions",
                HELLO + ",\"max_tokens\":30,\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
        assertThat(answer.headers().firstValue("content-type").orElseThrow()).startsWith("text/event-stream");
        List<String> events = events(answer.body());
        assertThat(events.getLast()).isEqualTo("[DONE]");
        StringBuilder text = new StringBuilder();
        for (String event : events.subList(0, events.size() - 2)) {
            JsonNode chunk = json(event.getBytes(StandardCharsets.UTF_8));
            assertThat(chunk.at("/object").asText()).isEqualTo("chat.completion.chunk");
            assertThat(chunk.at("/usage").isNull()).isTrue();
            text.append(chunk.at("/choices/0/delta/content").asText());
        }
        JsonNode usage = json(events.get(events.size() - 2).getBytes(StandardCharsets.UTF_8));
        assertThat(usage.at("/choices")).isEmpty();
        assertThat(text.toString().split(" ", -1))
                .hasSize(usage.at("/usage/completion_tokens").asInt());
    }

    @Test
    void theEventsOfAStreamAreSpreadOverItsLatency() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder()
                .latency(Latency.parse("tokens:50ms,100/s"))
                .outputLength(new OutputLength(50, 0)));
        HttpRequest request = request(emulator, "/chat/completions", HELLO + ",\"stream\":true}");
        long started = System.nanoTime();
        HttpResponse<InputStream> answer = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        long head = System.nanoTime() - started;
        int reads = 0;
        byte[] buffer = new byte[65_536];
        try (InputStream body = answer.body()) {
            while (body.read(buffer) >= 0) {
                reads++;
            }
        }
        long all = System.nanoTime() - started;
        assertThat(reads).isGreaterThan(5);
        assertThat(Duration.ofNanos(all)).isGreaterThan(Duration.ofMillis(540));
        assertThat(Duration.ofNanos(all - head)).isGreaterThan(Duration.ofMillis(250));
    }

    @Test
    void aResponseAndItsStreamSayTheSame() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder());
        String ask = "{\"model\":\"gpt-4o\",\"input\":\"hi\",\"max_output_tokens\":16000";
        JsonNode whole = json(post(emulator, "/responses", ask + "}").body());
        assertThat(whole.at("/object").asText()).isEqualTo("response");
        assertThat(whole.at("/status").asText()).isEqualTo("completed");
        assertThat(whole.at("/output/0/content/0/type").asText()).isEqualTo("output_text");

        List<String> events =
                events(post(emulator, "/responses", ask + ",\"stream\":true}").body());
        StringBuilder text = new StringBuilder();
        List<String> types = new ArrayList<>();
        int number = 0;
        for (String event : events) {
            JsonNode data = json(event.getBytes(StandardCharsets.UTF_8));
            assertThat(data.at("/sequence_number").asInt()).isEqualTo(number++);
            String type = data.at("/type").asText();
            if (type.equals("response.output_text.delta")) {
                text.append(data.at("/delta").asText());
            } else {
                types.add(type);
            }
        }
        assertThat(types)
                .containsExactly(
                        "response.created",
                        "response.in_progress",
                        "response.output_item.added",
                        "response.content_part.added",
                        "response.output_text.done",
                        "response.content_part.done",
                        "response.output_item.done",
                        "response.completed");
        JsonNode last = json(events.getLast().getBytes(StandardCharsets.UTF_8)).at("/response");
        assertThat(last.at("/output/0/content/0/text").asText()).isEqualTo(text.toString());
        assertThat(last.at("/usage/output_tokens").asInt())
                .isEqualTo(text.toString().split(" ", -1).length);
    }

    @Test
    void aResponseThatReachesItsLimitIsIncomplete() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder());
        JsonNode answer =
                json(post(emulator, "/responses", "{\"model\":\"gpt-4o\",\"input\":\"hi\",\"max_output_tokens\":5}")
                        .body());
        assertThat(answer.at("/status").asText()).isEqualTo("incomplete");
        assertThat(answer.at("/incomplete_details/reason").asText()).isEqualTo("max_output_tokens");
        assertThat(answer.at("/usage/output_tokens").asInt()).isEqualTo(5);
    }

    @Test
    void aLegacyCompletionIsAnsweredWholeAndAsAStream() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder());
        String ask = "{\"model\":\"gpt-3.5-turbo-instruct\",\"prompt\":[\"one\",\"two\"],\"max_tokens\":40";
        JsonNode whole = json(post(emulator, "/completions", ask + "}").body());
        assertThat(whole.at("/object").asText()).isEqualTo("text_completion");
        assertThat(whole.at("/choices")).hasSize(2);
        assertThat(whole.at("/choices/1/text").asText())
                .isNotEqualTo(whole.at("/choices/0/text").asText());

        List<String> events =
                events(post(emulator, "/completions", ask + ",\"stream\":true}").body());
        assertThat(events.getLast()).isEqualTo("[DONE]");
        String finish = events.get(events.size() - 2);
        assertThat(json(finish.getBytes(StandardCharsets.UTF_8))
                        .at("/choices/0/finish_reason")
                        .asText())
                .isEqualTo("length");
    }

    @Test
    void embeddingsAreUnitVectorsThatDependOnTheTextAlone() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder());
        String ask = "{\"model\":\"text-embedding-3-small\",\"input\":[\"a\",\"b\",\"a\"]";
        JsonNode floats =
                json(post(emulator, "/embeddings", ask + ",\"dimensions\":64}").body());
        assertThat(floats.at("/data")).hasSize(3);
        assertThat(floats.at("/data/2/embedding")).isEqualTo(floats.at("/data/0/embedding"));
        assertThat(floats.at("/data/1/embedding")).isNotEqualTo(floats.at("/data/0/embedding"));
        double square = 0;
        for (JsonNode value : floats.at("/data/0/embedding")) {
            square += value.asDouble() * value.asDouble();
        }
        assertThat(square).isBetween(0.9999, 1.0001);

        JsonNode packed = json(post(emulator, "/embeddings", ask + ",\"dimensions\":64,\"encoding_format\":\"base64\"}")
                .body());
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder()
                        .decode(packed.at("/data/0/embedding").asText()))
                .order(ByteOrder.LITTLE_ENDIAN);
        assertThat(bytes.remaining()).isEqualTo(64 * 4);
        assertThat((double) bytes.getFloat(0))
                .isBetween(
                        floats.at("/data/0/embedding/0").asDouble() - 1e-6,
                        floats.at("/data/0/embedding/0").asDouble() + 1e-6);
        JsonNode usual = json(post(emulator, "/embeddings", ask + "}").body());
        assertThat(usual.at("/data/0/embedding")).hasSize(1536);
    }

    @Test
    void moderationsAndModelsAreServed() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder().limits(FamilyLimits.ofTier("1")));
        JsonNode moderation =
                json(post(emulator, "/moderations", "{\"input\":[\"a\",\"b\"]}").body());
        assertThat(moderation.at("/results")).hasSize(2);
        assertThat(json(get(emulator, "/v1/models").body()).at("/data").findValuesAsText("id"))
                .contains("gpt-4o-mini");
        assertThat(get(emulator, "/v1/nothing").statusCode()).isEqualTo(404);
        assertThat(get(emulator, "/emulator/nothing").statusCode()).isEqualTo(404);
    }

    @Test
    void aRefusalIsA429WithTheObservedHeadersAndText() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(new Limit(Dimension.REQUESTS_PER_MINUTE, 3))))
                .shape(Shape.bucket()));
        for (int i = 0; i < 3; i++) {
            assertThat(post(emulator, "/chat/completions", HELLO + "}").statusCode())
                    .isEqualTo(200);
        }
        HttpResponse<byte[]> refused = post(emulator, "/chat/completions", HELLO + "}");
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("retry-after")).contains("20");
        assertThat(refused.headers().firstValue("x-ratelimit-limit-requests")).contains("3");
        assertThat(new String(refused.body(), StandardCharsets.UTF_8))
                .contains("on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in ");
        assertThat(emulator.ledger().refused(Refusal.REQUESTS_PER_MINUTE)).isEqualTo(1);
        assertThat(emulator.ledger().repeated()).isEqualTo(3);
    }

    @Test
    void theLedgerStartsAgainWhenToldSo() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder());
        post(emulator, "/chat/completions", HELLO + "}");
        HttpRequest reset = HttpRequest.newBuilder(emulator.baseUri().resolve("/emulator/reset"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        HttpResponse<byte[]> answer = client.send(reset, HttpResponse.BodyHandlers.ofByteArray());
        assertThat(json(answer.body()).at("/arrived").asInt()).isZero();
        post(emulator, "/chat/completions", HELLO + "}");
        emulator.resetLedger();
        assertThat(emulator.ledger().arrived()).isZero();
    }

    @Test
    void faultsWithAStatusArriveAsSuch() throws IOException, InterruptedException {
        Emulator errors = start(TwinSettings.builder().faults(FaultPlan.parse("500=100%")));
        assertThat(post(errors, "/chat/completions", HELLO + "}").statusCode()).isEqualTo(500);
        Emulator overloaded = start(TwinSettings.builder().faults(FaultPlan.parse("503=100%")));
        assertThat(post(overloaded, "/chat/completions", HELLO + "}").statusCode())
                .isEqualTo(503);
        Emulator bare =
                start(TwinSettings.builder().limits(FamilyLimits.ofTier("1")).faults(FaultPlan.parse("429=100%")));
        HttpResponse<byte[]> refused = post(bare, "/chat/completions", HELLO + "}");
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().map().keySet()).noneMatch(name -> name.startsWith("x-ratelimit"));
        assertThat(bare.ledger().refusedTotal()).isZero();
    }

    @Test
    void aCutAnswerLooksCompleteToHttpAndIsNotJson() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder().faults(FaultPlan.parse("cut=100%")));
        HttpResponse<byte[]> cut = post(emulator, "/chat/completions", HELLO + "}");
        assertThat(cut.statusCode()).isEqualTo(200);
        assertThatThrownBy(() -> JSON.readTree(cut.body())).isInstanceOf(IOException.class);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "/chat/completions | {\"model\":\"m\",\"messages\":[],\"stream\":true} | /error/code",
                "/responses | {\"model\":\"m\",\"input\":\"hi\",\"stream\":true} | /code",
            })
    void aStreamThatIsRefusedAtOnceHoldsNothingButTheError(String path, String body, String code)
            throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder().faults(FaultPlan.parse("stream429-first=100%")));
        HttpResponse<byte[]> refused = post(emulator, path, body);
        assertThat(refused.statusCode()).isEqualTo(200);
        assertThat(refused.headers().firstValue("content-type").orElseThrow()).startsWith("text/event-stream");
        List<String> events = events(refused.body());
        assertThat(events).hasSize(1);
        assertThat(json(events.getFirst().getBytes(StandardCharsets.UTF_8))
                        .at(code)
                        .asText())
                .isEqualTo("rate_limit_exceeded");
        assertThat(emulator.ledger().faults(Fault.STREAM_429_FIRST)).isEqualTo(1);
    }

    @Test
    void aStreamThatIsRefusedMidwayEndsWithTheError() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder().faults(FaultPlan.parse("stream429=100%")));
        List<String> events = events(
                post(emulator, "/chat/completions", HELLO + ",\"stream\":true}").body());
        assertThat(events).hasSize(3);
        assertThat(json(events.getLast().getBytes(StandardCharsets.UTF_8))
                        .at("/error/code")
                        .asText())
                .isEqualTo("rate_limit_exceeded");
    }

    @Test
    void theEventsOfASlowStreamDoNotHurry() throws IOException {
        Emulator emulator = start(TwinSettings.builder().latency(Latency.parse("tokens:0s,0.01/s")));
        try (Socket stream = send(emulator, HELLO + ",\"max_tokens\":40,\"stream\":true}")) {
            stream.setSoTimeout(500);
            StringBuilder seen = new StringBuilder();
            assertThatThrownBy(() -> {
                        for (int read = stream.getInputStream().read();
                                read >= 0;
                                read = stream.getInputStream().read()) {
                            seen.append((char) read);
                        }
                    })
                    .isInstanceOf(SocketTimeoutException.class);
            assertThat(seen.toString().split("data: ", -1)).hasSize(2);
        }
    }

    @Test
    void aResetBeforeTheAnswerSendsNoByte() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder().faults(FaultPlan.parse("reset=100%")));
        try (Socket socket = send(emulator, HELLO + "}")) {
            assertThatThrownBy(() -> socket.getInputStream().read())
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
        }
        assertThat(emulator.ledger().hangUps()).isZero();
    }

    @Test
    void aResetInTheBodySendsHalfOfIt() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder().faults(FaultPlan.parse("reset-body=100%")));
        try (Socket socket = send(emulator, HELLO + ",\"max_tokens\":2000}")) {
            StringBuilder received = new StringBuilder();
            assertThatThrownBy(() -> {
                        byte[] buffer = new byte[65_536];
                        int count = socket.getInputStream().read(buffer);
                        while (count >= 0) {
                            received.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
                            count = socket.getInputStream().read(buffer);
                        }
                    })
                    .isInstanceOf(SocketException.class);
            assertThat(received.toString())
                    .startsWith("HTTP/1.1 200")
                    .contains("\"chat.completion\"")
                    .doesNotContain("usage");
        }
    }

    @Test
    void aHangHoldsItsSlotUntilTheClientGivesUp() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder().concurrency(1).faults(FaultPlan.parse("hang=100%")));
        HttpRequest request = HttpRequest.newBuilder(emulator.baseUri().resolve("/v1/chat/completions"))
                .timeout(Duration.ofMillis(300))
                .POST(HttpRequest.BodyPublishers.ofString(HELLO + "}"))
                .build();
        CompletableFuture<HttpResponse<byte[]>> hanging =
                client.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray());
        await(emulator, ledger -> ledger.inFlight() == 1);
        assertThat(post(emulator, "/chat/completions", HELLO + "}").statusCode())
                .isEqualTo(429);
        assertThatThrownBy(hanging::join).hasCauseInstanceOf(HttpTimeoutException.class);
        await(emulator, ledger -> ledger.hangUps() == 1);
        assertThat(emulator.ledger().inFlight()).isZero();
    }

    @Test
    void aClientThatLeavesWhileItWaitsReleasesItsSlot() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder().latency(Latency.parse("30s")));
        try (Socket whole = send(emulator, HELLO + "}");
                Socket stream = send(emulator, HELLO + ",\"stream\":true}")) {
            await(emulator, ledger -> ledger.inFlight() == 2);
            assertThat(whole.isConnected() && stream.isConnected()).isTrue();
        }
        await(emulator, ledger -> ledger.hangUps() == 2);
        assertThat(emulator.ledger().inFlight()).isZero();
        assertThat(emulator.ledger().answered()).isZero();
    }

    @Test
    void aClientThatResetsInTheMiddleOfAStreamReleasesItsSlot() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder()
                .latency(Latency.parse("tokens:10ms,50/s"))
                .outputLength(new OutputLength(1_000, 0)));
        for (int i = 0; i < 50; i++) {
            try (Socket stream = send(emulator, HELLO + ",\"stream\":true,\"seed\":" + i + "}")) {
                assertThat(stream.getInputStream().read()).isPositive();
                stream.setSoLinger(true, 0);
            }
        }
        await(emulator, ledger -> ledger.hangUps() == 50);
    }

    @Test
    void noSlotIsLostHoweverClientsLeave() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder()
                .concurrency(10_000)
                .latency(Latency.parse("0s..60ms"))
                .faults(FaultPlan.parse("reset=5%,reset-body=5%,hang=5%,cut=5%")));
        List<Thread> clients = new ArrayList<>();
        for (int thread = 0; thread < 16; thread++) {
            SplittableRandom random = new SplittableRandom(thread);
            clients.add(Thread.ofVirtual().start(() -> {
                for (int i = 0; i < 50; i++) {
                    String body = HELLO + ",\"stream\":" + random.nextBoolean() + ",\"seed\":" + random.nextInt() + "}";
                    try (Socket socket = send(emulator, body)) {
                        socket.setSoTimeout(1 + random.nextInt(80));
                        socket.setSoLinger(random.nextBoolean(), 0);
                        int some = socket.getInputStream().read(new byte[200]);
                        assertThat(some).isNotZero();
                    } catch (IOException e) {
                        // Reset by the emulator, or out of patience: either way the client is gone.
                        assertThat(e).isInstanceOfAny(SocketException.class, SocketTimeoutException.class);
                    }
                }
            }));
        }
        for (Thread client : clients) {
            assertThat(client.join(Duration.ofSeconds(30))).isTrue();
        }
        await(emulator, ledger -> ledger.inFlight() == 0);
        Ledger ledger = emulator.ledger();
        // A client may be gone before its request was read.
        assertThat(ledger.admitted()).isBetween(400L, 800L);
        assertThat(ledger.hangUps()).isPositive();
        assertThat(ledger.answered()).isPositive();
        assertThat(ledger.answered() + ledger.hangUps()).isLessThanOrEqualTo(ledger.admitted());
    }

    @Test
    void aBodyInManyPiecesIsReadWhole() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder());
        String prompt = "x".repeat(4_000_000);
        HttpResponse<byte[]> answer = post(
                emulator,
                "/chat/completions",
                "{\"model\":\"m\",\"messages\":[{\"content\":\"" + prompt + "\"}],\"max_tokens\":1}");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(emulator.ledger().tokensCharged()).isEqualTo(1_000_002);
    }

    @Test
    void headersOfTwentyKilobytesAreAccepted() throws IOException, InterruptedException {
        Emulator emulator = start(TwinSettings.builder());
        HttpRequest request = HttpRequest.newBuilder(emulator.baseUri().resolve("/v1/chat/completions"))
                .header("x-long", "y".repeat(20_000))
                .POST(HttpRequest.BodyPublishers.ofString(HELLO + "}"))
                .build();
        assertThat(client.send(request, HttpResponse.BodyHandlers.ofByteArray()).statusCode())
                .isEqualTo(200);
    }

    @Test
    void aThousandCallsAtATimeAreAllAnsweredOnce() {
        Emulator emulator = start(TwinSettings.builder().latency(Latency.parse("100ms..300ms")));
        List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            answers.add(client.sendAsync(
                    request(emulator, "/chat/completions", HELLO + ",\"user\":\"" + i + "\"}"),
                    HttpResponse.BodyHandlers.ofByteArray()));
        }
        assertThat(answers)
                .allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(200));
        Ledger ledger = emulator.ledger();
        assertThat(ledger.answered()).isEqualTo(1_000);
        assertThat(ledger.repeated()).isZero();
        assertThat(ledger.peakConcurrency()).isGreaterThan(100);
    }

    @Test
    void aTakenPortIsNamed() {
        Emulator first = start(TwinSettings.builder());
        EmulatorSettings settings =
                EmulatorSettings.of(TwinSettings.builder().build()).withPort(first.port());
        assertThatThrownBy(() -> Emulator.start(settings))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(Integer.toString(first.port()));
    }

    @Test
    void itStartsAgainOnItsPortAtOnceWhateverItsClientsWereDoing() throws IOException, InterruptedException {
        EmulatorSettings settings = EmulatorSettings.of(
                TwinSettings.builder().latency(Latency.parse("30s")).build());
        Emulator first = Emulator.start(settings);
        try (Socket whole = send(first, HELLO + "}");
                Socket stream = send(first, HELLO + ",\"stream\":true}")) {
            await(first, ledger -> ledger.inFlight() == 2);
            first.close();
            assertThat(first.ledger().admitted()).isEqualTo(2);
            assertThat(first.ledger().answered()).isZero();
            Emulator second = Emulator.start(
                    EmulatorSettings.of(TwinSettings.builder().build()).withPort(first.port()));
            emulators.add(second);
            assertThat(post(second, "/chat/completions", HELLO + "}").statusCode())
                    .isEqualTo(200);
            assertThat(second.ledger().arrived()).isEqualTo(1);
            assertThat(whole.isConnected() && stream.isConnected()).isTrue();
        }
    }

    @Test
    void theLedgerCanBeReadAfterTheEnd() throws IOException, InterruptedException {
        Emulator emulator =
                Emulator.start(EmulatorSettings.of(TwinSettings.builder().build()));
        post(emulator, "/chat/completions", HELLO + "}");
        emulator.close();
        emulator.close();
        assertThat(emulator.ledger().answered()).isEqualTo(1);
    }

    private Emulator start(TwinSettings.Builder settings) {
        Emulator emulator = Emulator.start(EmulatorSettings.of(settings.build()));
        emulators.add(emulator);
        return emulator;
    }

    /** Waits for what the network brings; fails when it does not come. */
    private static void await(Emulator emulator, Predicate<Ledger> condition) {
        long started = System.nanoTime();
        Ledger ledger = emulator.ledger();
        while (!condition.test(ledger)) {
            if (System.nanoTime() - started > 20_000_000_000L) {
                throw new AssertionError("not reached within 20 s: " + ledger);
            }
            Thread.onSpinWait();
            ledger = emulator.ledger();
        }
    }

    private static HttpRequest request(Emulator emulator, String path, String body) {
        return HttpRequest.newBuilder(URI.create(emulator.baseUri() + path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private HttpResponse<byte[]> post(Emulator emulator, String path, String body)
            throws IOException, InterruptedException {
        return client.send(request(emulator, path, body), HttpResponse.BodyHandlers.ofByteArray());
    }

    private HttpResponse<byte[]> get(Emulator emulator, String path) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(emulator.baseUri().resolve(path)).build();
        return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    private static Socket send(Emulator emulator, String body) throws IOException {
        Socket socket = new Socket(InetAddress.getByName("127.0.0.1"), emulator.port());
        OutputStream out = socket.getOutputStream();
        out.write(("POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: " + body.length()
                        + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII));
        out.flush();
        return socket;
    }

    /** The data of each event; anything else between events fails. */
    private static List<String> events(byte[] body) {
        String text = new String(body, StandardCharsets.UTF_8);
        assertThat(text).endsWith("\n\n");
        List<String> events = new ArrayList<>();
        for (String event : text.substring(0, text.length() - 2).split("\n\n", -1)) {
            String[] lines = event.split("\n", -1);
            String data = lines[lines.length - 1];
            assertThat(data).startsWith("data: ");
            if (lines.length == 2) {
                assertThat(data).contains("\"type\":\"" + lines[0].substring("event: ".length()) + "\"");
            } else {
                assertThat(lines).hasSize(1);
            }
            events.add(data.substring("data: ".length()));
        }
        return events;
    }

    private static JsonNode json(byte[] body) {
        try {
            return JSON.readTree(body);
        } catch (IOException e) {
            throw new AssertionError(new String(body, StandardCharsets.UTF_8), e);
        }
    }
}
