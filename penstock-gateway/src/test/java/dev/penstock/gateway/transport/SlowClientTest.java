package dev.penstock.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that take their time are cut off, each in the phase in which it does. */
@Timeout(60)
final class SlowClientTest {
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final String POST = "POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";

    private RawUpstream upstream;

    @BeforeEach
    void start() {
        upstream = RawUpstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }

    @AfterEach
    void stop() {
        upstream.close();
    }

    @Test
    void aConnectionWithoutARequestIsClosed() throws IOException, InterruptedException {
        try (Relay relay = new Relay(upstream.base(), Relay.Way.STREAM, Relay.impatient(SHORT, LONG, LONG, LONG));
                Wire.Client client = relay.client()) {
            assertThat(client.rest()).isEmpty();
            Wire.await("no client", () -> relay.clients() == 0);
        }
    }

    @Test
    void aHeadThatDripsInIsNotWaitedFor() throws IOException, InterruptedException {
        try (Relay relay = new Relay(upstream.base(), Relay.Way.STREAM, Relay.impatient(SHORT, LONG, LONG, LONG));
                Wire.Client client = relay.client()) {
            client.send("GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(client.answer().text()).isEqualTo("ok");
            dripUntilClosed(client, "GET /v1/x HTTP/1.1\r\n", "X: y\r\n");
            assertThat(relay.arrived).hasValue(1);
        }
    }

    @Test
    void aConnectionThatIsIdleBetweenRequestsIsClosed() throws IOException {
        try (Relay relay = new Relay(upstream.base(), Relay.Way.STREAM, Relay.impatient(LONG, SHORT, LONG, LONG));
                Wire.Client client = relay.client()) {
            client.send("GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(client.answer().text()).isEqualTo("ok");
            assertThat(client.rest()).isEmpty();
        }
    }

    @Test
    void aBodyThatDripsInIsRefused() throws IOException, InterruptedException {
        for (Relay.Way way : List.of(Relay.Way.STREAM, Relay.Way.PIPE)) {
            try (Relay relay = new Relay(upstream.base(), way, Relay.impatient(LONG, LONG, SHORT, LONG));
                    Wire.Client client = relay.client()) {
                client.send(POST + "a");
                assertThat(client.rest()).startsWith("HTTP/1.1 408 ").containsIgnoringCase("connection: close");
                relay.awaitQuiet();
                assertThat(relay.gone).hasValue(1);
            }
        }
    }

    @Test
    void aWaitThatIsNotTheClientsFaultIsNotHeldAgainstIt() throws IOException, InterruptedException {
        try (Relay relay = new Relay(upstream.base(), Relay.Way.WAIT, Relay.impatient(SHORT, SHORT, SHORT, SHORT));
                Wire.Client untouched = relay.client();
                Wire.Client waiting = relay.client()) {
            untouched.send(POST);
            Wire.await("the first", () -> relay.arrived.get() == 1);
            relay.way = Relay.Way.READ_AND_WAIT;
            waiting.send(POST + "a".repeat(1_000));
            Wire.await("the second", () -> relay.arrived.get() == 2);
            TimeUnit.MILLISECONDS.sleep(4 * SHORT.toMillis());
            assertThat(relay.gone).hasValue(0);
            assertThat(relay.clients()).isEqualTo(2);
        }
    }

    @Test
    void aClientThatDoesNotReadItsAnswerIsCut() throws IOException, InterruptedException {
        try (RawUpstream large = new RawUpstream(connection -> {
                    String unused = connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
                    connection.send(new byte[100_000_000]);
                });
                Relay relay = new Relay(large.base(), Relay.Way.STREAM, Relay.impatient(LONG, LONG, LONG, SHORT));
                Wire.Client client = relay.client()) {
            client.send("GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n");
            Wire.await("the cut", () -> relay.gone.get() == 1);
            relay.awaitQuiet();
            Wire.await("no connection to the upstream", () -> large.open() == 0);
        }
    }

    @Test
    void connectionsBeyondTheBoundAreClosedAtOnce() throws IOException, InterruptedException {
        ServerSettings few = new ServerSettings("127.0.0.1", 0, 3, LONG, LONG, LONG, 10_000, LONG);
        try (Relay relay = new Relay(upstream.base(), Relay.Way.STREAM, few)) {
            List<Wire.Client> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                clients.add(relay.client());
                int open = i + 1;
                Wire.await("the connection", () -> relay.clients() == open);
            }
            try (Wire.Client fourth = relay.client()) {
                assertThat(fourth.rest()).isEmpty();
            }
            clients.getFirst().close();
            Wire.await("room", () -> relay.clients() == 2);
            try (Wire.Client another = relay.client()) {
                another.send("GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n");
                assertThat(another.answer().text()).isEqualTo("ok");
            }
            for (Wire.Client client : clients) {
                client.close();
            }
        }
    }

    @Test
    void aServerThatShutsDownFinishesWhatRunsAndClosesTheRest() throws IOException, InterruptedException {
        try (Relay relay = new Relay(upstream.base(), Relay.Way.WAIT);
                Wire.Client idle = relay.client();
                Wire.Client running = relay.client()) {
            running.send("GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n");
            Wire.await("the request", () -> relay.arrived.get() == 1);
            Wire.await("both", () -> relay.clients() == 2);
            AtomicBoolean done = new AtomicBoolean();
            relay.onLoop(() -> {
                relay.server().shutDown(LONG).onSuccess(all -> done.set(true));
                return true;
            });
            assertThat(idle.rest()).isEmpty();
            assertThat(done).isFalse();
            assertThat(relay.gone).hasValue(0);
            try (Wire.Client late = relay.client()) {
                assertThat(late.rest()).isEmpty();
            } catch (ConnectException refused) {
                // As good.
            }
            relay.answerAll(ApiError.of(503, "server_error", "stopping", "The gateway stops; try again."));
            assertThat(running.answer().status()).isEqualTo(503);
            assertThat(running.rest()).isEmpty();
            Wire.await("the end", done::get);
        }
    }

    private static void dripUntilClosed(Wire.Client client, String begin, String drop)
            throws IOException, InterruptedException {
        client.send(begin);
        int drops = 0;
        try {
            while (drops < 1_000) {
                client.send(drop);
                drops++;
                TimeUnit.MILLISECONDS.sleep(20);
            }
        } catch (SocketException closed) {
            // As it should be.
        }
        assertThat(drops).isLessThan(1_000);
    }
}
