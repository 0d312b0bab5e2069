package dev.penstock.gateway;

import static dev.penstock.gateway.RunningGateway.chat;
import static dev.penstock.gateway.RunningGateway.chatStream;
import static dev.penstock.gateway.RunningGateway.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.LimitText;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.gateway.config.KeyRing;
import dev.penstock.gateway.config.QueueSettings;
import dev.penstock.gateway.config.Upstream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that hangs up is not waited for: neither here nor at the upstream. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GatewayHangUpTest {
    private static final int ROUNDS = 20;
    private static final int CLIENTS = 500;
    private static final int RUN_AT_A_TIME = 300;

    private static Emulator emulator(String latency, String... limits) {
        TwinSettings.Builder twin = TwinSettings.builder().latency(Latency.parse(latency));
        if (limits.length > 0) {
            twin.limits(FamilyLimits.same(
                    List.of(limits).stream().map(LimitText::parse).toList()));
        }
        return Emulator.start(EmulatorSettings.of(twin.build()));
    }

    private static void hangUp(CompletableFuture<HttpResponse<String>> call) {
        assertThat(call.cancel(true)).isTrue();
    }

    private static void untilEnded(RunningGateway running, Outcome... outcomes) {
        running.untilEnded(outcomes);
        running.untilIdle();
    }

    @Test
    void oneThatWaitsLeavesTheQueueAndIsNeverSent() throws InterruptedException {
        try (Emulator emulator = emulator("0s", "1req/1m");
                RunningGateway running = RunningGateway.inFrontOf(emulator)) {
            assertThat(running.ask(chat("First")).statusCode()).isEqualTo(200);
            CompletableFuture<HttpResponse<String>> waiting = running.askSoon(chat("Second"));
            running.untilWaiting(1);
            hangUp(waiting);
            untilEnded(running, Outcome.ANSWERED, Outcome.CANCELLED_BY_CLIENT);
            assertThat(emulator.ledger().arrived()).isEqualTo(1);
            assertThat(emulator.ledger().hangUps()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theUpstreamSeesThatOneLeavesWhichHasSeenNothingYet(boolean stream) {
        try (Emulator emulator = emulator("50s");
                RunningGateway running = RunningGateway.inFrontOf(emulator)) {
            CompletableFuture<HttpResponse<String>> call = running.askSoon(stream ? chatStream("Slow") : chat("Slow"));
            until("it runs", () -> emulator.ledger().inFlight() == 1);
            hangUp(call);
            until("the upstream sees it", () -> emulator.ledger().hangUps() == 1);
            untilEnded(running, Outcome.CANCELLED_BY_CLIENT);
            assertThat(emulator.ledger().arrived()).isEqualTo(1);
        }
    }

    @Test
    void theUpstreamSeesThatOneLeavesInTheMiddleOfItsStream() throws IOException, InterruptedException {
        try (Emulator emulator = emulator("tokens:10ms,5/s");
                RunningGateway running = RunningGateway.inFrontOf(emulator)) {
            HttpResponse<InputStream> answer = running.client.send(
                    running.chatRequest(chatStream("Slow")), HttpResponse.BodyHandlers.ofInputStream());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body().readNBytes(5))
                    .asString(StandardCharsets.UTF_8)
                    .isEqualTo("data:");
            assertThat(emulator.ledger().inFlight()).isEqualTo(1);
            answer.body().close();
            until("the upstream sees it", () -> emulator.ledger().hangUps() == 1);
            untilEnded(running, Outcome.CANCELLED_BY_CLIENT);
        }
    }

    @Test
    void oneThatIsToBeSentAgainLaterIsNotSentAgain() {
        try (ScriptedUpstream upstream = ScriptedUpstream.answering(
                        (seen, response) -> ScriptedUpstream.json(response.putHeader("retry-after", "1"), 503, "{}"));
                RunningGateway running = RunningGateway.inFrontOf(upstream.baseUri())) {
            CompletableFuture<HttpResponse<String>> call = running.askSoon(chat("Hello"));
            running.untilWaiting(1);
            hangUp(call);
            untilEnded(running, Outcome.CANCELLED_BY_CLIENT);
            assertThat(upstream.seen).hasSize(1);
        }
    }

    @Test
    void whatOneHeldThatLeavesIsTakenByTheNext() {
        HeldAnswers script = new HeldAnswers();
        try (ScriptedUpstream upstream = ScriptedUpstream.answering(script);
                RunningGateway running = oneAtATime(upstream, 1)) {
            CompletableFuture<HttpResponse<String>> first = running.askSoon(chat("hold"));
            script.untilHeld(1);
            CompletableFuture<HttpResponse<String>> second = running.askSoon(chat("Next"));
            running.untilWaiting(1);
            hangUp(first);
            assertThat(second.join().statusCode()).isEqualTo(200);
            untilEnded(running, Outcome.CANCELLED_BY_CLIENT, Outcome.ANSWERED);
        }
    }

    private static RunningGateway oneAtATime(ScriptedUpstream upstream, int atATime) {
        return RunningGateway.of(RunningGateway.config(
                QueueSettings.DEFAULT,
                KeyRing.open(),
                Upstreams.capped(Upstream.passingOn("main", upstream.baseUri()), atATime)));
    }

    /** Tells its limits, never answers a plain call, and begins a stream without ever ending it. */
    private static ScriptedUpstream endless() {
        return ScriptedUpstream.answering((seen, response) -> {
            if (seen.body().toString().contains("First")) {
                response.putHeader("x-ratelimit-limit-requests", "1000000")
                        .putHeader("x-ratelimit-remaining-requests", "999999")
                        .putHeader("x-ratelimit-reset-requests", "1ms");
                ScriptedUpstream.json(response, 200, ScriptedUpstream.chatAnswer(3, 5));
            } else if (seen.body().toString().contains("\"stream\":true")) {
                response.putHeader("content-type", "text/event-stream").setChunked(true);
                response.write("data: {\"n\":1}\n\n").onFailure(gone -> {});
            }
        });
    }

    @Test
    void nothingIsLeftOfTenThousandThatHungUpWhileTheyWaitedOrRan() throws IOException, InterruptedException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (ScriptedUpstream upstream = endless();
                RunningGateway running = oneAtATime(upstream, RUN_AT_A_TIME)) {
            assertThat(running.ask(chat("First")).statusCode()).isEqualTo(200);
            running.ended.clear();
            for (int round = 1; round <= ROUNDS; round++) {
                List<Socket> clients = new ArrayList<>();
                for (int i = 0; i < CLIENTS; i++) {
                    clients.add(
                            client(running, i % 2 == 0 ? chat("Plain " + i) : chatStream("Stream " + i), i % 3 == 0));
                }
                until("some run and the others wait", () -> areThere(running, RUN_AT_A_TIME, CLIENTS - RUN_AT_A_TIME));
                Collections.shuffle(clients, random);
                for (Socket client : clients) {
                    client.close();
                }
                int sent = round * CLIENTS;
                until("all have ended, seed " + seed, () -> running.ended.size() == sent);
            }
            assertThat(running.outcomes())
                    .containsOnly(Outcome.CANCELLED_BY_CLIENT)
                    .hasSize(ROUNDS * CLIENTS);
            running.untilIdle();
            // Of a call that is cancelled while it is sent, the upstream may see nothing.
            assertThat(upstream.seen.size()).isGreaterThanOrEqualTo(ROUNDS * RUN_AT_A_TIME / 2);
            until("the upstream has seen all leave", () -> upstream.hangUps.get() >= upstream.seen.size() - 1);
            assertThat(running.ended).filteredOn(each -> each.attempts() > 1).isEmpty();
        }
    }

    private static boolean areThere(RunningGateway running, int run, int wait) {
        GatewaySnapshot now = running.gateway.snapshot();
        return now.running() == run && now.waiting() == wait;
    }

    /** A client that sends a request and does not read; it leaves by a reset, or says that it is done. */
    private static Socket client(RunningGateway running, String body, boolean reset) throws IOException {
        Socket socket = new Socket("127.0.0.1", running.gateway.port());
        if (reset) {
            socket.setSoLinger(true, 0);
        }
        String head = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                + "Content-Length: " + body.length() + "\r\n\r\n";
        socket.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
        return socket;
    }
}
