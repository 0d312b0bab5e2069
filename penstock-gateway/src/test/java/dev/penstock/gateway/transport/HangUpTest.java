package dev.penstock.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A client that leaves ends its upstream call, whatever it was waiting for; nothing is left behind. */
@Timeout(120)
final class HangUpTest {
    private static final String POST = "POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";

    private final AtomicInteger hungUp = new AtomicInteger();

    /** How far the call has come when the client leaves. */
    enum Phase {
        BODY_NOT_READ(Relay.Way.WAIT, POST.substring(0, POST.length() - 1), ""),
        BODY_UNTOUCHED(Relay.Way.WAIT, POST, ""),
        BODY_INCOMPLETE(Relay.Way.READ_AND_WAIT, POST.substring(0, POST.length() - 1), ""),
        WAITING(Relay.Way.READ_AND_WAIT, POST, ""),
        UPLOADING(Relay.Way.PIPE, POST.substring(0, POST.length() - 1), ""),
        RUNNING(Relay.Way.STREAM, POST, ""),
        COLLECTING(Relay.Way.COLLECT, POST, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
        BEFORE_FIRST_EVENT(
                Relay.Way.FIRST_EVENT, POST, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n: x\r\n"),
        STREAMING(Relay.Way.STREAM, POST, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
        STREAMING_CHUNKS(
                Relay.Way.FIRST_EVENT,
                POST,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");

        final Relay.Way way;
        final String request;
        final String halfAnswer;

        Phase(Relay.Way way, String request, String halfAnswer) {
            this.way = way;
            this.request = request;
            this.halfAnswer = halfAnswer;
        }

        boolean reachesUpstream() {
            return way == Relay.Way.PIPE
                    || way == Relay.Way.STREAM
                    || way == Relay.Way.COLLECT
                    || way == Relay.Way.FIRST_EVENT;
        }

        boolean reachesClient() {
            return this == STREAMING || this == STREAMING_CHUNKS;
        }
    }

    static Stream<Arguments> phasesAndManners() {
        return Stream.of(Phase.values())
                .flatMap(phase -> Stream.of(
                        Arguments.of(phase, "FIN", false),
                        Arguments.of(phase, "RST", false),
                        Arguments.of(phase, "FIN", true),
                        Arguments.of(phase, "RST", true)));
    }

    private RawUpstream halfAnswering(Phase phase) {
        return new RawUpstream(connection -> {
            String head = connection.readHead();
            while (!head.isEmpty()) {
                if (head.contains("/v1/first")) {
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                    head = connection.readHead();
                    continue;
                }
                byte[] unused = connection.readBody(phase == Phase.UPLOADING ? 2 : 3);
                connection.send(phase.halfAnswer);
                connection.awaitHangUp();
                hungUp.incrementAndGet();
                return;
            }
        });
    }

    @ParameterizedTest
    @MethodSource("phasesAndManners")
    void aClientThatLeavesIsNoticedOnceAndItsCallEnds(Phase phase, String manner, boolean secondRequest)
            throws IOException, InterruptedException {
        try (RawUpstream upstream = halfAnswering(phase);
                Relay relay = new Relay(upstream.base(), Relay.Way.STREAM)) {
            Wire.Client client = relay.client();
            if (secondRequest) {
                client.send("GET /v1/first HTTP/1.1\r\nHost: x\r\n\r\n");
                assertThat(client.answer().status()).isEqualTo(200);
            }
            relay.way = phase.way;
            int before = relay.arrived.get();
            client.send(phase.request);
            Wire.await("the request", () -> relay.arrived.get() == before + 1);
            if (phase.reachesUpstream()) {
                Wire.await("the call", () -> relay.lent() == 1);
            }
            if (phase.reachesClient()) {
                assertThat(client.socket().getInputStream().read()).isPositive();
            }
            leave(client, manner);

            Wire.await("the news", () -> relay.gone.get() == 1);
            relay.awaitQuiet();
            if (phase.reachesUpstream()) {
                Wire.await("the upstream to see it", () -> hungUp.get() == 1 || upstream.open() == 0);
                Wire.await("no connection to the upstream", () -> upstream.open() == 0);
            }
            assertThat(relay.gone).hasValue(1);
            assertThat(relay.failures).isEmpty();
            assertThat(relay.passedOn).hasValue(secondRequest ? 1 : 0);
            Wire.await("no client", () -> relay.clients() == 0);
        }
    }

    private static void leave(Wire.Client client, String manner) throws IOException {
        if (manner.equals("RST")) {
            client.reset();
        } else {
            client.close();
        }
    }

    @Test
    void aClientThatLeavesAfterItsAnswerIsNoNews() throws IOException, InterruptedException {
        try (RawUpstream upstream = RawUpstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                Relay relay = new Relay(upstream.base(), Relay.Way.COLLECT)) {
            for (int i = 0; i < 50; i++) {
                Wire.Client client = relay.client();
                client.send(POST);
                assertThat(client.answer().text()).isEqualTo("ok");
                leave(client, i % 2 == 0 ? "FIN" : "RST");
            }
            Wire.await("no client", () -> relay.clients() == 0);
            relay.awaitQuiet();
            assertThat(relay.gone).hasValue(0);
            assertThat(relay.passedOn).hasValue(50);
            assertThat(upstream.accepted.get()).isLessThan(50);
        }
    }

    /** Under load a write to a connection that was reset may fail before the close is seen. */
    @ParameterizedTest
    @EnumSource(
            value = Relay.Way.class,
            names = {"STREAM", "FIRST_EVENT"})
    void aFloodOfStreamsWhoseClientsResetLeavesNothing(Relay.Way way) throws IOException, InterruptedException {
        int clients = 300;
        try (RawUpstream upstream = new RawUpstream(connection -> {
                    String unused = connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                    // Ends when the other side hangs up, which makes sending fail.
                    for (int i = 0; i < 1_000_000; i++) {
                        connection.send("9\r\ndata: 1\n\n\r\n");
                    }
                });
                Relay relay = new Relay(upstream.base(), way)) {
            for (int i = 0; i < clients; i++) {
                Wire.Client client = relay.client();
                client.send("GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n");
                if (i % 3 > 0) {
                    assertThat(client.socket().getInputStream().read()).isPositive();
                }
                leave(client, i % 4 == 0 ? "FIN" : "RST");
            }
            Wire.await("no client", () -> relay.clients() == 0);
            relay.awaitQuiet();
            assertThat(relay.gone.get()).isEqualTo(relay.arrived.get());
            Wire.await("no connection to the upstream", () -> upstream.open() == 0);
        }
    }

    @Test
    void tenThousandHangUpsLeaveNothing() throws IOException, InterruptedException {
        int hangUps = 10_000;
        try (RawUpstream upstream = new RawUpstream(connection -> {
                    while (!connection.readHead().isEmpty()) {
                        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
                    }
                });
                Relay relay = new Relay(upstream.base(), Relay.Way.STREAM)) {
            Relay.Way[] ways = {
                Relay.Way.WAIT, Relay.Way.READ_AND_WAIT, Relay.Way.STREAM, Relay.Way.COLLECT, Relay.Way.FIRST_EVENT
            };
            for (int i = 0; i < hangUps; i++) {
                relay.way = ways[i % ways.length];
                Wire.Client client = relay.client();
                client.send("GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n");
                leave(client, i % 2 == 0 ? "FIN" : "RST");
                if (i % 100 == 0) {
                    Wire.await("few clients", () -> relay.clients() < 100);
                }
            }
            Wire.await("no client", () -> relay.clients() == 0);
            relay.awaitQuiet();
            assertThat(relay.gone.get()).isEqualTo(relay.arrived.get());
            assertThat(relay.arrived.get()).isGreaterThan(hangUps / 2);
            assertThat(relay.passedOn).hasValue(0);
            assertThat(relay.failures).isEmpty();
            assertThat(relay.idle()).isZero();
            Wire.await("no connection to the upstream", () -> upstream.open() == 0);
        }
    }

    @Test
    void anUploadToAnUpstreamThatStoppedReadingCanBeCancelled() throws IOException, InterruptedException {
        try (RawUpstream upstream = new RawUpstream(connection -> {
                    String unused = connection.readHead();
                    try {
                        TimeUnit.SECONDS.sleep(60);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
                Relay relay = new Relay(upstream.base(), Relay.Way.PIPE)) {
            Wire.Client client = relay.client();
            Thread upload = Thread.startVirtualThread(() -> {
                try {
                    client.send("POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n");
                    client.send(new byte[100_000_000]);
                } catch (IOException left) {
                    // As intended.
                }
            });
            Wire.await("the call", () -> relay.lent() == 1);
            TimeUnit.MILLISECONDS.sleep(200);
            relay.onLoop(() -> {
                relay.cancelAll();
                return true;
            });
            Wire.await("no lent connection", () -> relay.lent() == 0);
            client.close();
            upload.join();
        }
    }
}
