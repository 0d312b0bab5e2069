package dev.penstock.gateway;

import static dev.penstock.gateway.RunningGateway.chat;
import static dev.penstock.gateway.RunningGateway.chatStream;
import static dev.penstock.gateway.RunningGateway.keyed;
import static dev.penstock.gateway.RunningGateway.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.gateway.config.GatewayConfig;
import dev.penstock.gateway.config.KeyRing;
import dev.penstock.gateway.config.QueueSettings;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stream that waits is told so as often as it wants, and everything after that comes inside it. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GatewayKeepAliveTest {
    private static final String COMMENT = ": waiting\n\n";
    private static final String[] EVERY_SECOND = {"x-penstock-keep-alive", "1s"};

    private final HeldAnswers script = new HeldAnswers();
    private final ScriptedUpstream upstream = ScriptedUpstream.answering(script);

    @AfterEach
    void stop() {
        upstream.close();
    }

    private RunningGateway oneAtATime(Optional<Duration> keepAlive) {
        return RunningGateway.of(new GatewayConfig(
                List.of(Upstreams.capped(keyed("main", upstream.baseUri(), "sk-a"), 1)),
                KeyRing.open(),
                QueueSettings.DEFAULT,
                keepAlive,
                false,
                Optional.empty()));
    }

    private CompletableFuture<HttpResponse<String>> held(RunningGateway running) {
        CompletableFuture<HttpResponse<String>> first = running.askSoon(chat("hold"));
        script.untilHeld(1);
        return first;
    }

    /** Waits for the head of the answer and one comment. */
    private static HttpResponse<InputStream> toldThatItWaits(RunningGateway running, String... headers)
            throws IOException, InterruptedException {
        HttpResponse<InputStream> answer = running.client.send(
                running.chatRequest(chatStream("Streams"), headers), HttpResponse.BodyHandlers.ofInputStream());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type").orElseThrow()).startsWith("text/event-stream");
        assertThat(new String(answer.body().readNBytes(COMMENT.length()), StandardCharsets.UTF_8))
                .isEqualTo(COMMENT);
        return answer;
    }

    private static String rest(HttpResponse<InputStream> answer) throws IOException {
        return new String(answer.body().readAllBytes(), StandardCharsets.UTF_8).replace(COMMENT, "");
    }

    @Test
    void aStreamIsToldWhileItWaitsAndThenGoesOnAsUsual() throws IOException, InterruptedException {
        try (RunningGateway running = oneAtATime(Optional.empty())) {
            CompletableFuture<HttpResponse<String>> first = held(running);
            HttpResponse<InputStream> streams = toldThatItWaits(running, EVERY_SECOND);
            assertThat(new String(streams.body().readNBytes(COMMENT.length()), StandardCharsets.UTF_8))
                    .isEqualTo(COMMENT);
            script.letGo();
            assertThat(first.join().statusCode()).isEqualTo(200);
            assertThat(rest(streams)).isEqualTo(HeldAnswers.STREAM);
            running.untilIdle();
            running.untilEnded(Outcome.ANSWERED, Outcome.ANSWERED);
        }
    }

    @Test
    void theConfigurationCanTellAllStreams() throws IOException, InterruptedException {
        try (RunningGateway running = oneAtATime(Optional.of(Duration.ofSeconds(1)))) {
            CompletableFuture<HttpResponse<String>> first = held(running);
            CompletableFuture<HttpResponse<String>> plain = running.askSoon(chat("Plain"));
            HttpResponse<InputStream> streams = toldThatItWaits(running);
            script.letGo();
            assertThat(first.join().statusCode()).isEqualTo(200);
            assertThat(rest(streams)).isEqualTo(HeldAnswers.STREAM);
            assertThat(plain.join().body()).isEqualTo(ScriptedUpstream.chatAnswer(3, 5));
        }
    }

    @Test
    void aDeadlineThatPassesIsToldInsideTheStream() throws IOException, InterruptedException {
        try (RunningGateway running = oneAtATime(Optional.empty())) {
            CompletableFuture<HttpResponse<String>> first = held(running);
            HttpResponse<InputStream> streams =
                    toldThatItWaits(running, "x-penstock-keep-alive", "1s", "x-request-deadline-ms", "1600");
            assertThat(rest(streams))
                    .startsWith("event: error\ndata: {\"error\":{")
                    .contains("\"code\":\"queue_deadline_exceeded\"")
                    .endsWith("}}\n\n");
            assertThat(first).isNotDone();
            running.untilEnded(Outcome.REFUSED_DEADLINE);
        }
    }

    @Test
    void anErrorOfTheUpstreamIsToldInsideTheStream() throws IOException, InterruptedException {
        try (ScriptedUpstream refusing = ScriptedUpstream.answering((seen, response) -> {
                    if (seen.body().toString().contains("hold")) {
                        script.answer(seen, response);
                    } else {
                        ScriptedUpstream.json(response, 400, "{\n \"error\": {\"message\":\"Too bad\"}\n}\n");
                    }
                });
                RunningGateway running = RunningGateway.of(RunningGateway.config(
                        QueueSettings.DEFAULT,
                        KeyRing.open(),
                        Upstreams.capped(keyed("main", refusing.baseUri(), "sk-a"), 1)))) {
            CompletableFuture<HttpResponse<String>> first = held(running);
            HttpResponse<InputStream> streams = toldThatItWaits(running, EVERY_SECOND);
            script.letGo();
            assertThat(first.join().statusCode()).isEqualTo(200);
            String told = rest(streams);
            assertThat(told)
                    .startsWith("event: error\ndata: {")
                    .contains("\"message\":\"Too bad\"")
                    .endsWith("}\n\n");
            assertThat(told.strip().lines()).hasSize(2);
            running.untilEnded(Outcome.ANSWERED, Outcome.FAILED_UPSTREAM);
        }
    }

    @Test
    void aGatewayThatStopsTellsItInsideTheStream() throws IOException, InterruptedException {
        try (RunningGateway running = oneAtATime(Optional.empty())) {
            CompletableFuture<HttpResponse<String>> first = held(running);
            HttpResponse<InputStream> streams = toldThatItWaits(running, EVERY_SECOND);
            CompletableFuture<Void> stopped =
                    CompletableFuture.runAsync(() -> running.gateway.stop(Duration.ofSeconds(50)));
            assertThat(rest(streams)).contains("\"code\":\"gateway_stopping\"");
            script.letGo();
            assertThat(first.join().statusCode()).isEqualTo(200);
            stopped.join();
        }
    }

    @Test
    void oneThatHangsUpAfterAFewCommentsLeavesNothing() throws IOException, InterruptedException {
        try (RunningGateway running = oneAtATime(Optional.empty())) {
            CompletableFuture<HttpResponse<String>> first = held(running);
            HttpResponse<InputStream> streams = toldThatItWaits(running, EVERY_SECOND);
            streams.body().close();
            until("it has ended", () -> running.outcomes().equals(List.of(Outcome.CANCELLED_BY_CLIENT)));
            script.letGo();
            assertThat(first.join().statusCode()).isEqualTo(200);
            assertThat(upstream.seen).hasSize(1);
            running.untilIdle();
        }
    }
}
