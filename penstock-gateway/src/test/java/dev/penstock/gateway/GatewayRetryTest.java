package dev.penstock.gateway;

import static dev.penstock.gateway.RunningGateway.chat;
import static dev.penstock.gateway.RunningGateway.chatStream;
import static dev.penstock.gateway.RunningGateway.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FaultPlan;
import dev.penstock.emulator.Ledger;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.gateway.config.QueueSettings;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults of the upstream are repeated here, as long as the client has seen nothing of an answer. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GatewayRetryTest {
    private static final Duration SHORT = Duration.ofMillis(700);

    private static RunningGateway impatient(ScriptedUpstream upstream) {
        return RunningGateway.inFrontOf(
                upstream.baseUri(), queue -> RunningGateway.within(queue, queue.deadline(), SHORT));
    }

    /** Breaks the first answers, then answers. */
    private static ScriptedUpstream breaking(int times, ScriptedUpstream.Script broken) {
        AtomicInteger arrived = new AtomicInteger();
        return ScriptedUpstream.answering((seen, response) -> {
            if (arrived.getAndIncrement() < times) {
                broken.answer(seen, response);
            } else if (seen.body().toString().contains("\"stream\":true")) {
                response.putHeader("content-type", "text/event-stream").setChunked(true);
                response.end("data: {\"choices\":[]}\n\ndata: [DONE]\n\n").onFailure(gone -> {});
            } else {
                ScriptedUpstream.json(response, 200, ScriptedUpstream.chatAnswer(3, 5));
            }
        });
    }

    private static void breakDown(String how, HttpServerResponse response) {
        switch (how) {
            case "500" -> ScriptedUpstream.json(response, 500, "{\"error\":{\"message\":\"Oops\"}}");
            case "503" -> ScriptedUpstream.json(response, 503, "{\"error\":{\"message\":\"Busy\"}}");
            case "529" -> ScriptedUpstream.json(response, 529, "");
            case "408" -> ScriptedUpstream.json(response, 408, "{}");
            case "429" ->
                ScriptedUpstream.json(
                        response.putHeader("retry-after", "1"),
                        429,
                        "{\"error\":{\"message\":\"Rate limit reached\",\"type\":\"requests\","
                                + "\"code\":\"rate_limit_exceeded\"}}");
            case "reset" -> response.reset();
            case "half" -> {
                response.putHeader("content-type", "application/json").putHeader("content-length", "500");
                response.write("{\"id\":").onComplete(written -> response.reset());
            }
            case "hang" -> {}
            case "first event" -> {
                response.putHeader("content-type", "text/event-stream").setChunked(true);
                response.end("data: {\"error\":{\"message\":\"Rate limit reached\",\"type\":\"tokens\","
                                + "\"code\":\"rate_limit_exceeded\"}}\n\n")
                        .onFailure(gone -> {});
            }
            case "empty stream" -> {
                response.putHeader("content-type", "text/event-stream").setChunked(true);
                response.write(": hello\n\n").onComplete(written -> response.reset());
            }
            default -> throw new IllegalArgumentException(how);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "500, false",
        "503, false",
        "529, false",
        "408, false",
        "429, false",
        "reset, false",
        "half, false",
        "hang, false",
        "500, true",
        "429, true",
        "reset, true",
        "first event, true",
        "empty stream, true",
    })
    void aFaultBeforeTheFirstByteIsInvisible(String how, boolean stream) throws IOException, InterruptedException {
        try (ScriptedUpstream upstream = breaking(2, (seen, response) -> breakDown(how, response));
                RunningGateway running = impatient(upstream)) {
            HttpResponse<String> answer = running.ask(stream ? chatStream("Hello") : chat("Hello"));
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body()).contains(stream ? "[DONE]" : "Yes.").doesNotContain("error");
            assertThat(answer.headers().firstValue("x-penstock-attempts")).contains("3");
            assertThat(answer.headers().firstValue("retry-after")).isEmpty();
            assertThat(upstream.seen).hasSize(3);
            assertThat(upstream.seen.get(2).body())
                    .isEqualTo(upstream.seen.get(0).body());
            running.untilIdle();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"500=20%", "503=20%", "reset=20%", "reset-body=20%", "hang=10%", "429=20%"})
    void faultsOfTheTwinAreInvisible(String faults) {
        try (Emulator emulator = Emulator.start(EmulatorSettings.of(
                        TwinSettings.builder().faults(FaultPlan.parse(faults)).build()));
                RunningGateway running = RunningGateway.inFrontOf(
                        emulator.baseUri(), queue -> RunningGateway.within(queue, queue.deadline(), SHORT))) {
            allAreAnswered(emulator, running, false);
        }
    }

    @Test
    void aRefusalAsTheFirstEventOfAStreamIsInvisible() {
        try (Emulator emulator = Emulator.start(EmulatorSettings.of(TwinSettings.builder()
                        .faults(FaultPlan.parse("stream429-first=20%"))
                        .build()));
                RunningGateway running = RunningGateway.inFrontOf(emulator)) {
            allAreAnswered(emulator, running, true);
        }
    }

    private static void allAreAnswered(Emulator emulator, RunningGateway running, boolean streams) {
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            answers.add(running.askSoon(streams ? chatStream("Number " + i) : chat("Number " + i)));
        }
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            assertThat(answer.join().statusCode()).as(answer.join().body()).isEqualTo(200);
            assertThat(answer.join().body()).contains(streams ? "[DONE]" : "\"finish_reason\"");
        }
        Ledger ledger = emulator.ledger();
        assertThat(ledger.faults().values().stream().mapToLong(Long::longValue).sum())
                .isPositive();
        assertThat(ledger.repeatedAfterAnswer()).isZero();
        running.untilIdle();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void afterTheFirstEventNothingIsRepeatedAndTheClientSeesThatItBroke(boolean keptAlive)
            throws IOException, InterruptedException {
        try (ScriptedUpstream upstream = breaking(1, (seen, response) -> {
                    response.putHeader("content-type", "text/event-stream").setChunked(true);
                    response.write("data: {\"n\":1}\n\n").onComplete(written -> response.reset());
                });
                RunningGateway running = RunningGateway.inFrontOf(upstream.baseUri())) {
            String[] headers = keptAlive ? new String[] {"x-penstock-keep-alive", "1s"} : new String[0];
            assertThatThrownBy(() -> running.ask(chatStream("Hello"), headers))
                    .isInstanceOf(UncheckedIOException.class);
            until("it has ended", () -> running.outcomes().equals(List.of(Outcome.FAILED_UPSTREAM)));
            assertThat(upstream.seen).hasSize(1);
            running.untilIdle();
        }
    }

    @Test
    void whatTheClientHasTriedBeforeLowersTheAttempts() throws IOException, InterruptedException {
        try (ScriptedUpstream upstream = breaking(100, (seen, response) -> breakDown("500", response));
                RunningGateway running = RunningGateway.inFrontOf(
                        upstream.baseUri(),
                        queue -> new QueueSettings(
                                queue.maxRequests(),
                                queue.maxBytes(),
                                queue.maxBodyBytes(),
                                queue.deadline(),
                                queue.timeout(),
                                3))) {
            HttpResponse<String> first = running.ask(chat("Hello"), "x-stainless-retry-count", "1");
            assertThat(first.statusCode()).isEqualTo(500);
            assertThat(first.body()).contains("Oops");
            assertThat(first.headers().firstValue("x-should-retry")).contains("false");
            assertThat(upstream.seen).hasSize(2);
            HttpResponse<String> second = running.ask(chat("Hello"), "x-stainless-retry-count", "7");
            assertThat(second.statusCode()).isEqualTo(500);
            assertThat(upstream.seen).hasSize(3);
        }
    }

    @Test
    void anUpstreamThatRefusesConnectionsIsWaitedFor() throws IOException, InterruptedException {
        int port;
        try (ScriptedUpstream gone = ScriptedUpstream.answering((seen, response) -> {})) {
            port = gone.port();
        }
        try (RunningGateway running =
                RunningGateway.inFrontOf(java.net.URI.create("http://127.0.0.1:" + port + "/v1"))) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                answers.add(running.askSoon(chat("Number " + i)));
            }
            until(
                    "its trouble is told",
                    () -> running.gateway.snapshot().quotas().stream()
                            .anyMatch(quota -> quota.trouble().isPresent()));
            assertThat(answers).noneMatch(CompletableFuture::isDone);
            try (ScriptedUpstream back = ScriptedUpstream.answeringAt(
                    port,
                    (seen, response) -> ScriptedUpstream.json(response, 200, ScriptedUpstream.chatAnswer(3, 5)))) {
                for (CompletableFuture<HttpResponse<String>> answer : answers) {
                    assertThat(answer.join().statusCode()).isEqualTo(200);
                }
                assertThat(back.seen).hasSize(20);
            }
            running.untilIdle();
        }
    }

    @Test
    void anUpstreamThatStaysAwayIsToldWhenTheDeadlineComes() throws IOException, InterruptedException {
        int port;
        try (ScriptedUpstream gone = ScriptedUpstream.answering((seen, response) -> {})) {
            port = gone.port();
        }
        try (RunningGateway running =
                RunningGateway.inFrontOf(java.net.URI.create("http://127.0.0.1:" + port + "/v1"))) {
            HttpResponse<String> answer = running.ask(chat("Hello"), "x-request-deadline-ms", "1500");
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body())
                    .contains("\"code\":\"upstream_unreachable\"", "\"type\":\"server_error\"")
                    .contains("The upstream cannot be reached.", "127.0.0.1:" + port, "Tried for ");
            assertThat(Long.parseLong(answer.headers().firstValue("retry-after").orElseThrow()))
                    .isPositive();
            running.untilIdle();
            assertThat(running.outcomes()).containsExactly(Outcome.FAILED_UPSTREAM);
        }
    }
}
