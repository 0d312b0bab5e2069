package dev.penstock.gateway;

import static dev.penstock.gateway.RunningGateway.chat;
import static dev.penstock.gateway.RunningGateway.chatStream;
import static dev.penstock.gateway.RunningGateway.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.LimitText;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.limit.Limit;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What cannot be served in time is told so at once, in words and figures that help. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GatewayRefusalTest {
    private static Emulator emulator(String... limits) {
        List<Limit> parsed = Stream.of(limits).map(LimitText::parse).toList();
        return Emulator.start(EmulatorSettings.of(
                TwinSettings.builder().limits(FamilyLimits.same(parsed)).build()));
    }

    /** Uses up what there is, so that the next one has to wait. */
    private static void useUp(RunningGateway running, int requests) throws InterruptedException {
        for (int i = 0; i < requests; i++) {
            assertThat(running.ask(chat("First " + i)).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aNameThatNoModelHasIsRefused() throws IOException, InterruptedException {
        try (ScriptedUpstream upstream = ScriptedUpstream.answering(
                        (seen, response) -> ScriptedUpstream.json(response, 200, ScriptedUpstream.chatAnswer(3, 5)));
                RunningGateway running = RunningGateway.inFrontOf(upstream.baseUri())) {
            String longest = "m".repeat(256);
            assertThat(running.ask(chat("Hello").replace("gpt-4o-mini", longest))
                            .statusCode())
                    .isEqualTo(200);
            HttpResponse<String> answer = running.ask(chat("Hello").replace("gpt-4o-mini", longest + "m"));
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body()).contains("\"code\":\"invalid_body\"", "257 characters", "256 at most");
            assertThat(upstream.seen).hasSize(1);
        }
    }

    @Test
    void bodiesThatAreBeingReadAreBoundedTogether() throws IOException {
        try (ScriptedUpstream upstream = ScriptedUpstream.answering(
                        (seen, response) -> ScriptedUpstream.json(response, 200, ScriptedUpstream.chatAnswer(3, 5)));
                RunningGateway running = RunningGateway.inFrontOf(
                        upstream.baseUri(), queue -> RunningGateway.holding(queue, 100, 64 << 10))) {
            String large = chat("x".repeat(30 << 10));
            String head = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " + (50 << 10)
                    + "\r\n\r\n{";
            try (Socket slow = new Socket("127.0.0.1", running.gateway.port())) {
                slow.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
                // What is only announced takes no room from others.
                assertThat(running.askSoon(large).join().statusCode()).isEqualTo(200);
                slow.getOutputStream().write("x".repeat(40 << 10).getBytes(StandardCharsets.US_ASCII));
                until("there is no room for another one", () -> {
                    HttpResponse<String> answer = running.askSoon(large).join();
                    return answer.statusCode() == 429 && answer.body().contains("no room for another body");
                });
                assertThat(running.askSoon(chat("small")).join().statusCode()).isEqualTo(200);
            }
            until("there is room again", () -> running.askSoon(large).join().statusCode() == 200);
            running.untilIdle();
        }
    }

    @Test
    void aDeadlineThatCannotBeMetIsRefusedAtOnceWithTheTimeAtWhichItCould() throws IOException, InterruptedException {
        try (Emulator emulator = emulator("2req/1m");
                RunningGateway running = RunningGateway.inFrontOf(emulator)) {
            useUp(running, 2);
            HttpResponse<String> answer = running.ask(chat("Late"), "x-request-deadline-ms", "5000");
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.body())
                    .contains("\"code\":\"queue_deadline_exceeded\"", "\"type\":\"rate_limit_error\"")
                    .contains("x-request-deadline-ms");
            long millis = answer.headers().firstValueAsLong("retry-after-ms").orElseThrow();
            // One request comes back every 30 s; with 5 s of patience it may come 5 s before that.
            assertThat(millis).isBetween(15_000L, 26_000L);
            assertThat(answer.headers().firstValueAsLong("retry-after").orElseThrow())
                    .isEqualTo(Math.ceilDiv(millis, 1_000L));
            assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
            assertThat(emulator.ledger().arrived()).isEqualTo(2);
            running.untilIdle();
        }
    }

    @Test
    void theUsualDeadlineIsRefusedInTheSameWayAndMayBeRetried() throws IOException, InterruptedException {
        try (Emulator emulator = emulator("1req/1m");
                RunningGateway running = RunningGateway.inFrontOf(
                        emulator.baseUri(),
                        queue -> RunningGateway.within(queue, Duration.ofSeconds(5), queue.timeout()))) {
            useUp(running, 1);
            HttpResponse<String> answer = running.ask(chat("Late"));
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.headers().firstValue("x-should-retry")).contains("true");
            running.untilEnded(Outcome.ANSWERED, Outcome.REFUSED_DEADLINE);
        }
    }

    @Test
    void whatALimitNeverHoldsIsRefusedAtOnceAndNotToBeRetried() throws IOException, InterruptedException {
        try (Emulator emulator = emulator("100req/1m", "1000tok/1m");
                RunningGateway running = RunningGateway.inFrontOf(emulator)) {
            useUp(running, 1);
            HttpResponse<String> answer = running.ask(chat("Much", 5_000));
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.body()).contains("\"code\":\"request_too_large\"", "tokens");
            assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
            assertThat(answer.headers().firstValue("retry-after")).isEmpty();
            running.untilEnded(Outcome.ANSWERED, Outcome.REFUSED_TOO_LARGE);
        }
    }

    @Test
    void aQueueThatIsFullByCountTakesNoMore() throws IOException, InterruptedException {
        try (Emulator emulator = emulator("1req/20s");
                RunningGateway running = RunningGateway.inFrontOf(
                        emulator.baseUri(), queue -> RunningGateway.holding(queue, 3, 1 << 20))) {
            useUp(running, 1);
            List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                waiting.add(running.askSoon(chat("Waiting " + i)));
            }
            running.untilWaiting(3);
            HttpResponse<String> answer = running.ask(chat("One too many"));
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.body()).contains("\"code\":\"queue_full\"", "3 of 3");
            assertThat(answer.headers().firstValue("retry-after-ms")).isPresent();
            assertThat(waiting).noneMatch(CompletableFuture::isDone);
            running.untilEnded(Outcome.ANSWERED, Outcome.REFUSED_QUEUE_FULL);
        }
    }

    @Test
    void aQueueThatIsFullByBytesTakesNoMore() throws IOException, InterruptedException {
        try (Emulator emulator = emulator("1req/20s");
                RunningGateway running = RunningGateway.inFrontOf(
                        emulator.baseUri(), queue -> RunningGateway.holding(queue, 100, 5_000))) {
            useUp(running, 1);
            CompletableFuture<HttpResponse<String>> waiting = running.askSoon(chat("x".repeat(3_000)));
            running.untilWaiting(1);
            HttpResponse<String> answer = running.ask(chat("y".repeat(3_000)));
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.body()).contains("\"code\":\"queue_full\"", "5,000 bytes");
            assertThat(waiting).isNotDone();
        }
    }

    @Test
    void anAnswerThatTakesTooLongEndsAsATimeoutAlthoughItDidNotWait() throws IOException, InterruptedException {
        try (ScriptedUpstream upstream = ScriptedUpstream.answering((seen, response) -> {});
                RunningGateway running = RunningGateway.inFrontOf(
                        upstream.baseUri(),
                        queue -> new dev.penstock.gateway.config.QueueSettings(
                                10, 1 << 20, 1 << 20, Duration.ofMinutes(1), Duration.ofMillis(300), 1))) {
            HttpResponse<String> answer = running.ask(chat("Slow"));
            assertThat(answer.statusCode()).isEqualTo(504);
            assertThat(answer.body()).contains("\"code\":\"upstream_timeout\"");
            assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
            running.untilEnded(Outcome.FAILED_UPSTREAM);
            until("the upstream sees that nobody waits", () -> upstream.hangUps.get() == 1);
            running.untilIdle();
        }
    }

    @Test
    void aRequestMayRunLongerThanItMayWait() throws IOException, InterruptedException {
        try (ScriptedUpstream upstream = ScriptedUpstream.answering((seen, response) -> Thread.ofVirtual()
                        .start(() -> {
                            java.util.concurrent.locks.LockSupport.parkNanos(600_000_000);
                            ScriptedUpstream.json(response, 200, ScriptedUpstream.chatAnswer(1, 1));
                        }));
                RunningGateway running = RunningGateway.inFrontOf(upstream.baseUri())) {
            HttpResponse<String> answer = running.ask(chat("Slow"), "x-request-deadline-ms", "200");
            assertThat(answer.statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "429, insufficient_quota, insufficient_quota",
        "400, invalid_request_error, bad_thing",
        "401, invalid_request_error, invalid_api_key",
        "403, invalid_request_error, unsupported_country_region_territory",
        "404, invalid_request_error, model_not_found",
        "422, invalid_request_error, unprocessable",
    })
    void anErrorThatNoRepetitionCuresIsPassedOnAsItIsAfterOneAttempt(int status, String type, String code)
            throws IOException, InterruptedException {
        String body = "{\"error\": {\"message\":\"As it is, with  spaces\", \"type\":\"" + type
                + "\",\"param\":null,\"code\":\"" + code + "\"}}\n";
        try (ScriptedUpstream upstream = ScriptedUpstream.answering((seen, response) -> {
                    response.putHeader("x-request-id", "req_7");
                    ScriptedUpstream.json(response, status, body);
                });
                RunningGateway running = RunningGateway.inFrontOf(upstream.baseUri())) {
            for (String asked : List.of(chat("Hello"), chatStream("Hello"))) {
                HttpResponse<String> answer = running.ask(asked);
                assertThat(answer.statusCode()).isEqualTo(status);
                assertThat(answer.body()).isEqualTo(body);
                assertThat(answer.headers().firstValue("x-request-id")).contains("req_7");
                assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
                assertThat(answer.headers().firstValue("x-penstock-attempts")).contains("1");
            }
            assertThat(upstream.seen).hasSize(2);
            running.untilIdle();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "x-request-deadline-ms, soon, 86400000",
        "x-request-deadline-ms, -1, 86400000",
        "x-request-deadline-ms, 86400001, 86400000",
        "x-penstock-priority, urgent, interactive",
        "x-penstock-keep-alive, often, 15s",
        "x-penstock-tenant, two words, letters",
    })
    void aHeaderOfOursThatIsNotUnderstoodIsRefusedWithItsRule(String header, String value, String rule)
            throws IOException, InterruptedException {
        try (ScriptedUpstream upstream = ScriptedUpstream.answering((seen, response) -> {});
                RunningGateway running = RunningGateway.inFrontOf(upstream.baseUri())) {
            HttpResponse<String> answer = running.ask(chat("Hello"), header, value);
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body())
                    .contains("\"code\":\"invalid_header\"", "\"param\":\"" + header + "\"", rule)
                    .doesNotContain(value.equals("-1") ? "is -1" : value);
            assertThat(upstream.seen).isEmpty();
            running.untilEnded(Outcome.REFUSED_INVALID);
        }
    }
}
