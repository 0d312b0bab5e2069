package dev.penstock.gateway;

import static dev.penstock.gateway.RunningGateway.chat;
import static dev.penstock.gateway.RunningGateway.chatStream;
import static dev.penstock.gateway.RunningGateway.keyed;
import static dev.penstock.gateway.RunningGateway.until;
import static dev.penstock.gateway.Tenants.keyOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.gateway.config.GatewayConfig;
import dev.penstock.gateway.config.KeyRing;
import dev.penstock.gateway.config.QueueSettings;
import io.vertx.core.http.HttpServerResponse;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who asks what somebody else of the same tenant is asking just now gets the same answer, if both want that. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GatewayJoinTest {
    private static final String[] JOIN = {"x-penstock-join", "true"};

    private static final int OTHERS = 20;

    private final HeldAnswers script = new HeldAnswers();
    private final ScriptedUpstream upstream = ScriptedUpstream.answering(script);
    private final Queue<HttpServerResponse> unanswered = new ConcurrentLinkedQueue<>();

    @AfterEach
    void stop() {
        upstream.close();
    }

    private RunningGateway running() {
        return RunningGateway.of(RunningGateway.config(
                QueueSettings.DEFAULT, KeyRing.open(), keyed("main", upstream.baseUri(), "sk-a")));
    }

    private CompletableFuture<HttpResponse<String>> leader(RunningGateway running, String body, String... headers) {
        CompletableFuture<HttpResponse<String>> first = running.askSoon(body, headers);
        script.untilHeld(1);
        return first;
    }

    /** Comes after the leader, and is certainly there when this returns. */
    private CompletableFuture<HttpResponse<String>> follower(RunningGateway running, String body, String... headers)
            throws InterruptedException {
        CompletableFuture<HttpResponse<String>> second = running.askSoon(body, headers);
        // Whoever is asked after it is answered after it was read.
        for (int i = 0; i < OTHERS; i++) {
            assertThat(running.ask(chat("Number " + i)).statusCode()).isEqualTo(200);
        }
        return second;
    }

    private long heldCalls() {
        return upstream.seen.stream()
                .filter(seen -> seen.body().toString().contains("hold"))
                .count();
    }

    @Test
    void anIdenticalOneIsSentOnceAndAnsweredTwice() throws InterruptedException {
        try (RunningGateway running = running()) {
            CompletableFuture<HttpResponse<String>> first = leader(running, chat("hold"), JOIN);
            CompletableFuture<HttpResponse<String>> second = follower(running, chat("hold"), JOIN);
            assertThat(second).isNotDone();
            script.letGo();
            assertThat(first.join().body()).isEqualTo(ScriptedUpstream.chatAnswer(3, 5));
            assertThat(first.join().headers().firstValue("x-penstock-joined")).isEmpty();
            assertThat(second.join().statusCode()).isEqualTo(200);
            assertThat(second.join().body()).isEqualTo(first.join().body());
            assertThat(second.join().headers().firstValue("x-penstock-joined")).contains("true");
            assertThat(second.join().headers().firstValue("content-type")).contains("application/json");
            assertThat(heldCalls()).isEqualTo(1);
            running.untilIdle();
        }
    }

    @Test
    void onceAnsweredItIsAskedAnew() throws InterruptedException {
        try (RunningGateway running = running()) {
            for (int i = 0; i < 3; i++) {
                assertThat(running.ask(chat("Again"), JOIN).statusCode()).isEqualTo(200);
            }
            assertThat(upstream.seen).hasSize(3);
        }
    }

    @Test
    void whenTheFirstHangsUpTheSecondIsStillAnswered() throws InterruptedException {
        try (RunningGateway running = running()) {
            CompletableFuture<HttpResponse<String>> first = leader(running, chat("hold"), JOIN);
            CompletableFuture<HttpResponse<String>> second = follower(running, chat("hold"), JOIN);
            assertThat(first.cancel(true)).isTrue();
            until("it has ended", () -> running.outcomes().contains(Outcome.CANCELLED_BY_CLIENT));
            CompletableFuture<HttpResponse<String>> third = follower(running, chat("hold"), JOIN);
            assertThat(upstream.hangUps.get()).isZero();
            script.letGo();
            assertThat(second.join().statusCode()).isEqualTo(200);
            assertThat(third.join().statusCode()).isEqualTo(200);
            assertThat(heldCalls()).isEqualTo(1);
            running.untilIdle();
        }
    }

    @Test
    void whenTheSecondHangsUpTheFirstIsStillAnswered() throws InterruptedException {
        try (RunningGateway running = running()) {
            CompletableFuture<HttpResponse<String>> first = leader(running, chat("hold"), JOIN);
            CompletableFuture<HttpResponse<String>> second = follower(running, chat("hold"), JOIN);
            assertThat(second.cancel(true)).isTrue();
            until("it has ended", () -> running.outcomes().contains(Outcome.CANCELLED_BY_CLIENT));
            script.letGo();
            assertThat(first.join().statusCode()).isEqualTo(200);
            assertThat(upstream.hangUps.get()).isZero();
            running.untilIdle();
        }
    }

    @Test
    void whenAllHaveHungUpTheUpstreamSeesIt() throws InterruptedException {
        try (RunningGateway running = running()) {
            CompletableFuture<HttpResponse<String>> first = leader(running, chat("hold"), JOIN);
            CompletableFuture<HttpResponse<String>> second = follower(running, chat("hold"), JOIN);
            assertThat(first.cancel(true)).isTrue();
            assertThat(second.cancel(true)).isTrue();
            until("the upstream sees it", () -> upstream.hangUps.get() == 1);
            running.untilIdle();
        }
    }

    @Test
    void everyRequestThatEndsIsToldOfOnce() throws InterruptedException {
        try (RunningGateway running = running()) {
            CompletableFuture<HttpResponse<String>> first = leader(running, chat("hold"), JOIN);
            CompletableFuture<HttpResponse<String>> second = follower(running, chat("hold"), JOIN);
            assertThat(first.cancel(true)).isTrue();
            until("it has ended", () -> running.outcomes().contains(Outcome.CANCELLED_BY_CLIENT));
            CompletableFuture<HttpResponse<String>> third = follower(running, chat("hold"), JOIN);
            script.letGo();
            assertThat(second.join().statusCode()).isEqualTo(200);
            assertThat(third.join().statusCode()).isEqualTo(200);
            until("all have ended", () -> running.ended.size() == 3 + 2 * OTHERS);
            assertThat(running.outcomes().stream().filter(each -> each == Outcome.CANCELLED_BY_CLIENT))
                    .hasSize(1);
            assertThat(running.outcomes().stream().filter(each -> each == Outcome.ANSWERED))
                    .hasSize(2 + 2 * OTHERS);
        }
    }

    @Test
    void aFailureIsSharedAsWell() throws InterruptedException {
        try (ScriptedUpstream slow = ScriptedUpstream.answering((seen, response) -> {
                    if (seen.body().toString().contains("hold")) {
                        unanswered.add(response);
                    } else {
                        ScriptedUpstream.json(response, 200, ScriptedUpstream.chatAnswer(3, 5));
                    }
                });
                RunningGateway running = RunningGateway.of(RunningGateway.config(
                        QueueSettings.DEFAULT, KeyRing.open(), keyed("main", slow.baseUri(), "sk-a")))) {
            CompletableFuture<HttpResponse<String>> first = running.askSoon(chat("hold"), JOIN);
            until("it is held", () -> unanswered.size() == 1);
            CompletableFuture<HttpResponse<String>> second = follower(running, chat("hold"), JOIN);
            ScriptedUpstream.json(unanswered.remove(), 400, "{\"error\":{\"message\":\"Too bad\"}}");
            assertThat(first.join().statusCode()).isEqualTo(400);
            assertThat(second.join().statusCode()).isEqualTo(400);
            assertThat(second.join().body()).isEqualTo(first.join().body());
        }
    }

    @Test
    void onlyWhoWantsItIsJoined() {
        try (RunningGateway running = running()) {
            CompletableFuture<HttpResponse<String>> first = leader(running, chat("hold"), JOIN);
            CompletableFuture<HttpResponse<String>> second = running.askSoon(chat("hold"));
            script.untilHeld(2);
            script.letGo();
            script.letGo();
            assertThat(first.join().statusCode()).isEqualTo(200);
            assertThat(second.join().statusCode()).isEqualTo(200);
            assertThat(second.join().headers().firstValue("x-penstock-joined")).isEmpty();
        }
    }

    @Test
    void otherBodiesOtherTenantsAndStreamsAreNotJoined() {
        try (RunningGateway running = RunningGateway.of(new GatewayConfig(
                List.of(keyed("main", upstream.baseUri(), "sk-a")),
                Tenants.ring(Tenants.limited("web"), Tenants.limited("search")),
                QueueSettings.DEFAULT,
                Optional.empty(),
                true,
                Optional.empty()))) {
            List<CompletableFuture<HttpResponse<String>>> all = List.of(
                    running.askSoon(chat("hold"), keyOf("web")),
                    running.askSoon(chat("hold it"), keyOf("web")),
                    running.askSoon(chat("hold"), keyOf("search")),
                    running.askSoon(chatStream("hold"), keyOf("web")),
                    running.askSoon(chatStream("hold"), keyOf("web")),
                    running.askSoon(chat("hold"), keyOf("web", "x-penstock-join", "false")));
            // An upstream that tells no limits is sent only a few at a time before its first answers.
            for (int i = 0; i < all.size(); i++) {
                until("one is held", () -> script.held() > 0);
                script.letGo();
            }
            assertThat(all)
                    .allSatisfy(call -> assertThat(call.join().statusCode()).isEqualTo(200));
            assertThat(upstream.seen).hasSize(all.size());
            running.untilIdle();
        }
    }

    @Test
    void whoHasMorePatienceThanTheFirstGoesOnWithoutIt() throws InterruptedException {
        GatewayConfig one = RunningGateway.config(
                QueueSettings.DEFAULT, KeyRing.open(), Upstreams.capped(keyed("main", upstream.baseUri(), "sk-a"), 1));
        try (RunningGateway running = RunningGateway.of(one)) {
            CompletableFuture<HttpResponse<String>> runs = leader(running, chat("hold"));
            CompletableFuture<HttpResponse<String>> first =
                    running.askSoon(chat("Same"), "x-penstock-join", "true", "x-request-deadline-ms", "1500");
            running.untilWaiting(1);
            CompletableFuture<HttpResponse<String>> second =
                    running.askSoon(chat("Same"), "x-penstock-join", "true", "x-request-deadline-ms", "50000");
            CompletableFuture<HttpResponse<String>> third =
                    running.askSoon(chat("Same"), "x-penstock-join", "true", "x-request-deadline-ms", "50000");
            assertThat(first.join().statusCode()).isEqualTo(429);
            running.untilWaiting(1);
            assertThat(second).isNotDone();
            script.letGo();
            assertThat(runs.join().statusCode()).isEqualTo(200);
            assertThat(second.join().statusCode()).isEqualTo(200);
            assertThat(third.join().statusCode()).isEqualTo(200);
            assertThat(upstream.seen).hasSize(2);
            running.untilIdle();
        }
    }

    @Test
    void whenItStopsAllThatAreJoinedAreToldSo() throws InterruptedException {
        GatewayConfig one = RunningGateway.config(
                QueueSettings.DEFAULT, KeyRing.open(), Upstreams.capped(keyed("main", upstream.baseUri(), "sk-a"), 1));
        try (RunningGateway running = RunningGateway.of(one)) {
            CompletableFuture<HttpResponse<String>> runs = leader(running, chat("hold"));
            CompletableFuture<HttpResponse<String>> first = running.askSoon(chat("Same"), JOIN);
            CompletableFuture<HttpResponse<String>> second = running.askSoon(chat("Same"), JOIN);
            running.untilWaiting(1);
            // Whoever is refused at once has come after the other two.
            for (int i = 0; i < OTHERS; i++) {
                HttpResponse<String> hurried = running.ask(chat("Number " + i), "x-request-deadline-ms", "0");
                assertThat(hurried.statusCode()).isEqualTo(429);
            }
            CompletableFuture<Gateway.Stopped> stopped =
                    CompletableFuture.supplyAsync(() -> running.gateway.stop(Duration.ofSeconds(50)));
            assertThat(first.join().body()).contains("gateway_stopping");
            assertThat(second.join().body()).contains("gateway_stopping");
            script.letGo();
            assertThat(runs.join().statusCode()).isEqualTo(200);
            assertThat(stopped.join()).isEqualTo(new Gateway.Stopped(1, 2, 0));
        }
    }
}
