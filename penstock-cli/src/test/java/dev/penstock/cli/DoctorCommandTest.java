package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.TwinSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The doctor in front of servers on this machine. */
@Timeout(60)
class DoctorCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String ANSWER =
            "{\"id\":\"x\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{"
                    + "\"role\":\"assistant\",\"content\":\"Hi\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":8,"
                    + "\"completion_tokens\":1,\"total_tokens\":9}}";

    private final Console console = Console.withKey();

    @Test
    void limitsAndTierAreReadFromTwoOfTheCheapestCalls() throws IOException {
        try (Emulator emulator = tier("1")) {
            assertThat(doctor(emulator, "--json")).isZero();
            JsonNode found = JSON.readTree(console.out());
            assertThat(found.path("requests_sent").asInt()).isEqualTo(3);
            assertThat(emulator.ledger().admitted()).isEqualTo(2);
            assertThat(found.path("dialect").asText()).isEqualTo("openai");
            assertThat(found.path("http_version").asText()).isEqualTo("HTTP/1.1");
            assertThat(found.path("headers_stripped").asBoolean()).isFalse();
            JsonNode model = found.path("models").path(0);
            assertThat(model.path("tier").asText()).isEqualTo("1");
            assertThat(model.path("limits").path(0).path("limit").asLong()).isEqualTo(10_000);
            assertThat(model.path("limits").path(0).path("window_seconds").asLong())
                    .isEqualTo(86_400);
            assertThat(model.path("hidden_limits").path(0).path("limit").asLong())
                    .isEqualTo(500);
            assertThat(found.path("next").path(0).asText()).isEqualTo("./penstock plan INPUT --tier 1");
        }
    }

    @Test
    void whatIsAskedAndWhatItMayCostIsSaidFirst() {
        try (Emulator emulator = tier("1")) {
            assertThat(doctor(emulator, "--dry-run")).isZero();
            assertThat(console.out())
                    .contains("Would ask http://127.0.0.1:", "GET /models, which is free", "one word to gpt-4o-mini")
                    .containsPattern("It can cost \\$0\\.0000\\d+ at most");
            assertThat(emulator.ledger().admitted()).isZero();
        }
    }

    @Test
    void aReportEndsWithTheNextCommand() {
        try (Emulator emulator = tier("2")) {
            assertThat(doctor(emulator, "--model", "gpt-4o-mini", "--model", "gpt-4o"))
                    .isZero();
            assertThat(console.out())
                    .contains("OpenAI", "there is credit", "5,000 requests/min", "2, by the only row with these limits")
                    .contains("holds a whole window", "Next:\n  ./penstock plan INPUT --tier 2");
            assertThat(console.err()).contains("Asking http://127.0.0.1:");
        }
    }

    @Test
    void theKeyIsNeverShown() {
        try (Emulator emulator = Emulator.start(EmulatorSettings.of(
                TwinSettings.builder().apiKey("sk-another-key").build()))) {
            assertThat(doctor(emulator)).isEqualTo(3);
            assertThat(console.out())
                    .contains("the key is not accepted", "export OPENAI_API_KEY=...")
                    .doesNotContain(Console.KEY);
            assertThat(console.err()).doesNotContain(Console.KEY);
            assertThat(doctor(emulator, "--json")).isEqualTo(3);
            assertThat(console.out()).contains("\"trouble\":\"bad_key\"").doesNotContain(Console.KEY);
        }
    }

    @Test
    void aDeadAddressIsToldWithWhatToLookAt() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        assertThat(console.run("doctor", "--base-url", "http://127.0.0.1:" + port + "/v1"))
                .isEqualTo(3);
        assertThat(console.out()).contains("refuses connections", "curl -v http://127.0.0.1:" + port + "/v1/models");
    }

    @Test
    void aServerThatNeverAnswersIsGivenUpInTime() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            assertThat(console.run(
                            "doctor",
                            "--base-url",
                            "http://127.0.0.1:" + silent.getLocalPort() + "/v1",
                            "--timeout",
                            "300ms"))
                    .isEqualTo(3);
            assertThat(console.out()).contains("gave no complete answer");
        }
    }

    @Test
    void anAccountWithoutCreditIsToldAndNothingMoreIsAsked() throws IOException {
        AtomicInteger calls = new AtomicInteger();
        HttpServer server = server(
                calls,
                429,
                "{\"error\":{\"message\":\"You exceeded your current quota, please check your plan and billing details.\","
                        + "\"type\":\"insufficient_quota\",\"param\":null,\"code\":\"insufficient_quota\"}}",
                Map.of("openai-version", "2020-10-01"));
        try {
            assertThat(doctor(server)).isEqualTo(3);
            assertThat(console.out()).contains("has no credit", "No waiting cures that.");
            assertThat(calls).hasValue(1);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void limitsThatAreRemovedOnTheWayAreMissed() throws IOException {
        HttpServer server = server(
                new AtomicInteger(),
                200,
                ANSWER,
                Map.of("openai-version", "2020-10-01", "openai-processing-ms", "1", "via", "1.1 squid"));
        try {
            assertThat(doctor(server)).isZero();
            assertThat(console.out().replaceAll("\\s+", " "))
                    .contains("something on the way removes headers that begin with x-ratelimit")
                    .contains("names itself in Via");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void whoNeverTellsLimitsIsNotSuspectedOfAProxy() throws IOException {
        HttpServer server = server(new AtomicInteger(), 200, ANSWER, Map.of("server", "uvicorn"));
        try {
            assertThat(doctor(server)).isZero();
            assertThat(console.out())
                    .contains("a server of its own kind", "the server tells none")
                    .doesNotContain("something on the way");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void aModelThatDoesNotExistIsToldWithoutAFalseAlarm() throws IOException {
        try (Emulator emulator = Emulator.start(EmulatorSettings.of(
                TwinSettings.builder().models(java.util.Set.of("gpt-4o")).build()))) {
            assertThat(doctor(emulator, "--model", "gpt-nothing")).isEqualTo(1);
            assertThat(console.out()).contains("The model does not exist", "the key is accepted");
        }
    }

    @Test
    void tooManyModelsAreRefused() {
        assertThat(console.run("doctor", "--model=a", "--model=b", "--model=c", "--model=d"))
                .isEqualTo(2);
        assertThat(console.err()).contains("--model is given 4 times; it may be given up to 3 times");
    }

    @Test
    void withoutAKeyTheProviderIsNotAsked() {
        Console bare = Console.bare();
        assertThat(bare.run("doctor")).isEqualTo(2);
        assertThat(bare.err()).contains("there is no API key");
    }

    private int doctor(Emulator emulator, String... more) {
        return doctor(emulator.baseUri().toString(), more);
    }

    private int doctor(HttpServer server, String... more) {
        return doctor("http://127.0.0.1:" + server.getAddress().getPort() + "/v1", more);
    }

    private int doctor(String url, String... more) {
        String[] line = new String[more.length + 3];
        line[0] = "doctor";
        line[1] = "--base-url";
        line[2] = url;
        System.arraycopy(more, 0, line, 3, more.length);
        return console.run(line);
    }

    private static Emulator tier(String tier) {
        return Emulator.start(EmulatorSettings.of(
                TwinSettings.builder().limits(FamilyLimits.ofTier(tier)).build()));
    }

    /** Answers the list of models with an empty one, and each call with the same. */
    private static HttpServer server(AtomicInteger calls, int status, String answer, Map<String, String> headers)
            throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            boolean list = exchange.getRequestURI().getPath().endsWith("/models");
            String text = list ? "{\"object\":\"list\",\"data\":[]}" : answer;
            calls.addAndGet(list ? 0 : 1);
            headers.forEach(exchange.getResponseHeaders()::set);
            exchange.getResponseHeaders().set("content-type", "application/json");
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(list ? 200 : status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server;
    }
}
