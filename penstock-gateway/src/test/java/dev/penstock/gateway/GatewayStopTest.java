package dev.penstock.gateway;

import static dev.penstock.gateway.RunningGateway.chat;
import static dev.penstock.gateway.RunningGateway.chatStream;
import static dev.penstock.gateway.RunningGateway.config;
import static dev.penstock.gateway.RunningGateway.keyed;
import static dev.penstock.gateway.RunningGateway.until;
import static dev.penstock.gateway.Tenants.keyOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.gateway.config.Budget;
import dev.penstock.gateway.config.KeyRing;
import dev.penstock.gateway.config.QueueSettings;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A gateway that stops takes nothing new, answers those that wait, and lets those that run end. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GatewayStopTest {
    private static final Duration LONG = Duration.ofSeconds(50);

    private final HeldAnswers script = new HeldAnswers();
    private final ScriptedUpstream upstream = ScriptedUpstream.answering(script);

    @AfterEach
    void stop() {
        upstream.close();
    }

    private RunningGateway oneAtATime() {
        return RunningGateway.of(config(
                QueueSettings.DEFAULT, KeyRing.open(), Upstreams.capped(keyed("main", upstream.baseUri(), "sk-a"), 1)));
    }

    private static CompletableFuture<Gateway.Stopped> stopping(RunningGateway running, Duration patience) {
        return CompletableFuture.supplyAsync(() -> running.gateway.stop(patience));
    }

    private CompletableFuture<HttpResponse<String>> held(RunningGateway running, String body, String... headers) {
        CompletableFuture<HttpResponse<String>> call = running.askSoon(body, headers);
        script.untilHeld(1);
        return call;
    }

    private static void assertToldThatItStops(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("\"code\":\"gateway_stopping\"", "\"type\":\"server_error\"");
        assertThat(answer.headers().firstValue("retry-after")).contains("1");
        assertThat(answer.headers().firstValue("x-should-retry")).contains("true");
    }

    @Test
    void whatWaitsIsToldAndWhatRunsEnds() {
        try (RunningGateway running = oneAtATime()) {
            CompletableFuture<HttpResponse<String>> runs = held(running, chat("hold"));
            CompletableFuture<HttpResponse<String>> waits = running.askSoon(chat("Waits"));
            running.untilWaiting(1);
            CompletableFuture<Gateway.Stopped> stopped = stopping(running, LONG);
            assertToldThatItStops(waits.join());
            until("it says that it stops", () -> running.gateway.snapshot().stopping());
            assertThat(stopped).isNotDone();
            assertThat(runs).isNotDone();
            script.letGo();
            assertThat(runs.join().statusCode()).isEqualTo(200);
            assertThat(stopped.join()).isEqualTo(new Gateway.Stopped(1, 1, 0));
            assertThat(upstream.seen).hasSize(1);
            running.untilEnded(Outcome.REFUSED_STOPPING, Outcome.ANSWERED);
        }
    }

    @Test
    void aStreamThatRunsEnds() {
        try (RunningGateway running = oneAtATime()) {
            CompletableFuture<HttpResponse<String>> runs = held(running, chatStream("hold"));
            CompletableFuture<Gateway.Stopped> stopped = stopping(running, LONG);
            until("it says that it stops", () -> running.gateway.snapshot().stopping());
            script.letGo();
            assertThat(runs.join().body()).isEqualTo(HeldAnswers.STREAM);
            stopped.join();
        }
    }

    @Test
    void nobodyIsLetInAnyMore() {
        try (RunningGateway running = oneAtATime()) {
            CompletableFuture<HttpResponse<String>> runs = held(running, chat("hold"));
            CompletableFuture<Gateway.Stopped> stopped = stopping(running, LONG);
            until("it says that it stops", () -> running.gateway.snapshot().stopping());
            CompletableFuture<HttpResponse<String>> late = running.askSoon(chat("Late"));
            try {
                assertToldThatItStops(late.join());
            } catch (CompletionException e) {
                assertThat(e).hasCauseInstanceOf(java.io.IOException.class);
            }
            script.letGo();
            assertThat(runs.join().statusCode()).isEqualTo(200);
            stopped.join();
            assertThat(upstream.seen).hasSize(1);
        }
    }

    @Test
    void whatWaitsForABudgetIsTold() {
        try (RunningGateway running = RunningGateway.of(config(
                QueueSettings.DEFAULT,
                Tenants.ring(Tenants.spending("web", 1_000, Budget.Period.FOREVER)),
                keyed("main", upstream.baseUri(), "sk-a")))) {
            CompletableFuture<HttpResponse<String>> runs = held(running, chat("hold", 800), keyOf("web"));
            CompletableFuture<HttpResponse<String>> waits = running.askSoon(chat("Waits", 800), keyOf("web"));
            running.untilWaiting(1);
            CompletableFuture<Gateway.Stopped> stopped = stopping(running, LONG);
            assertToldThatItStops(waits.join());
            script.letGo();
            assertThat(runs.join().statusCode()).isEqualTo(200);
            stopped.join();
        }
    }

    @Test
    void whatIsToBeSentAgainLaterIsTold() {
        try (ScriptedUpstream busy = ScriptedUpstream.answering(
                        (seen, response) -> ScriptedUpstream.json(response.putHeader("retry-after", "30"), 503, "{}"));
                RunningGateway running = RunningGateway.inFrontOf(busy.baseUri())) {
            CompletableFuture<HttpResponse<String>> backsOff = running.askSoon(chat("Hello"));
            running.untilWaiting(1);
            CompletableFuture<Gateway.Stopped> stopped = stopping(running, LONG);
            assertToldThatItStops(backsOff.join());
            stopped.join();
            assertThat(busy.seen).hasSize(1);
        }
    }

    @Test
    void whatRunsTooLongIsCutOff() {
        try (RunningGateway running = oneAtATime()) {
            CompletableFuture<HttpResponse<String>> runs = held(running, chat("hold"));
            stopping(running, Duration.ofMillis(200)).join();
            assertThatThrownBy(runs::join).hasCauseInstanceOf(java.io.IOException.class);
            until("the upstream sees it", () -> upstream.hangUps.get() == 1);
        }
    }

    @Test
    void theSecondTimeItStopsAtOnce() {
        try (RunningGateway running = oneAtATime()) {
            CompletableFuture<HttpResponse<String>> runs = held(running, chat("hold"));
            CompletableFuture<Gateway.Stopped> stopped = stopping(running, Duration.ofDays(1));
            until("it says that it stops", () -> running.gateway.snapshot().stopping());
            running.gateway.close();
            stopped.join();
            // Whether it still hears why is a matter of luck.
            assertThat(runs.handle((answer, broken) -> broken != null || answer.statusCode() == 503)
                            .join())
                    .isTrue();
            running.gateway.stop(Duration.ofDays(1));
            running.gateway.close();
        }
    }

    @Test
    void anIdleOneStopsAlthoughClientsKeepTheirConnections() throws InterruptedException {
        try (RunningGateway running = oneAtATime()) {
            assertThat(running.ask(chat("Hello")).statusCode()).isEqualTo(200);
            stopping(running, Duration.ofDays(1)).join();
        }
    }
}
