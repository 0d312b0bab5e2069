package dev.penstock.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client that leaves takes its request along, wherever it is, and nothing of it stays. */
@Timeout(120)
final class GatewayHangUpTest {
    private static final int AT_A_TIME = 250;

    @Test
    void fiveThousandThatLeaveWhileTheyRunEndTheirCallsPlainAndStreaming() throws IOException, InterruptedException {
        try (ScriptedUpstream upstream = ScriptedUpstream.answering(
                        (seen, response) -> answerTheFirst(seen, response, 1_000_000, 999_999));
                RunningGateway gateway = RunningGateway.inFrontOf(upstream.baseUri())) {
            // From its answer the gateway learns that there is room for many.
            assertThat(gateway.ask(RunningGateway.chat("first")).statusCode()).isEqualTo(200);
            int rounds = 5_000 / AT_A_TIME;
            for (int round = 0; round < rounds; round++) {
                List<Socket> clients = ask(gateway, round % 2 == 0);
                RunningGateway.until("all run", () -> gateway.gateway.snapshot().running() == AT_A_TIME);
                leave(clients, round % 3 == 0);
                RunningGateway.until("none runs", gateway::isIdle);
            }

            RunningGateway.until("the upstream has seen all of them leave", () -> upstream.hangUps.get() == 5_000);
            assertThat(upstream.seen).hasSize(5_001);
            assertThat(gateway.outcomes().subList(1, 5_001)).containsOnly(Outcome.CANCELLED_BY_CLIENT);
            assertThat(gateway.gateway.snapshot().quotas())
                    .allSatisfy(
                            quota -> assertThat(quota.quota().settledTwice()).isZero());
        }
    }

    @Test
    void fiveThousandThatLeaveWhileTheyWaitLeaveTheQueueAndAreNeverSent() throws IOException, InterruptedException {
        try (ScriptedUpstream upstream =
                        ScriptedUpstream.answering((seen, response) -> answerTheFirst(seen, response, 60, 0));
                RunningGateway gateway = RunningGateway.inFrontOf(upstream.baseUri())) {
            assertThat(gateway.ask(RunningGateway.chat("first")).statusCode()).isEqualTo(200);
            int rounds = 5_000 / AT_A_TIME;
            for (int round = 0; round < rounds; round++) {
                List<Socket> clients = ask(gateway, round % 2 == 0);
                // One a second is sent meanwhile.
                RunningGateway.until(
                        "nearly all wait", () -> gateway.gateway.snapshot().waiting() > AT_A_TIME * 9 / 10);
                leave(clients, round % 3 == 0);
                gateway.untilIdle();
            }

            assertThat(gateway.outcomes().subList(1, 5_001)).containsOnly(Outcome.CANCELLED_BY_CLIENT);
            assertThat(upstream.seen).hasSizeLessThan(500);
        }
    }

    /** Half of the others get the head of an answer and a first piece, and none gets an end. */
    private static void answerTheFirst(
            ScriptedUpstream.Seen seen, HttpServerResponse response, long limit, long remaining) {
        if (seen.body().toString().contains("first")) {
            response.putHeader("x-ratelimit-limit-requests", String.valueOf(limit))
                    .putHeader("x-ratelimit-remaining-requests", String.valueOf(remaining))
                    .putHeader("x-ratelimit-reset-requests", remaining == 0 ? "60s" : "0s");
            ScriptedUpstream.json(response, 200, ScriptedUpstream.chatAnswer(1, 1));
        } else if (seen.body().toString().contains("stream")) {
            response.setChunked(true).putHeader("content-type", "text/event-stream");
            response.write("data: {\"choices\":[]}\n\n").onFailure(gone -> {});
        }
    }

    private static List<Socket> ask(RunningGateway gateway, boolean stream) throws IOException {
        byte[] body =
                (stream ? RunningGateway.chatStream("x") : RunningGateway.chat("x")).getBytes(StandardCharsets.UTF_8);
        byte[] head = ("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                        + "Content-Length: " + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        List<Socket> sockets = new ArrayList<>();
        for (int i = 0; i < AT_A_TIME; i++) {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.gateway.port());
            socket.getOutputStream().write(head);
            socket.getOutputStream().write(body);
            sockets.add(socket);
        }
        return sockets;
    }

    /** @param abruptly by a reset instead of an orderly end */
    private static void leave(List<Socket> clients, boolean abruptly) throws IOException {
        for (Socket socket : clients) {
            if (abruptly) {
                socket.setSoLinger(true, 0);
            }
            socket.close();
        }
    }
}
