package dev.penstock.gateway.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.verdict.Verdict.Fault;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An upstream that dies is told as what it was, and a half answer never looks whole. */
@Timeout(60)
final class UpstreamFailureTest {
    private static final String GET = "GET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n";

    @Test
    void aRequestThatCouldNotBeSentIsKnownNotToHaveBeenSent() throws IOException, InterruptedException {
        URI nobody;
        try (RawUpstream upstream = RawUpstream.answering("")) {
            nobody = upstream.base();
        }
        try (Relay relay = new Relay(nobody, Relay.Way.STREAM);
                Wire.Client client = relay.client()) {
            client.send(GET);
            assertThat(client.answer().status()).isEqualTo(502);
            assertThat(relay.failures).singleElement().satisfies(failure -> {
                assertThat(failure.fault()).isEqualTo(Fault.CONNECT_FAILED);
                assertThat(failure.explanation()).contains("refuses connections");
            });
            relay.awaitQuiet();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "STREAM, '', false",
        "STREAM, 'HTTP/1.1 200 OK\r\nContent-Le', false",
        "COLLECT, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', false",
        "FIRST_EVENT, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ndata:\r\n', false",
        "STREAM, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', true",
        "STREAM, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', true",
        "STREAM, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel', true",
        "FIRST_EVENT, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n', true"
    })
    void anAnswerThatBreaksOffIsRepeatableUntilTheClientHasSeenSomethingAndCutAfterwards(
            Relay.Way way, String answer, boolean passedOn) throws IOException, InterruptedException {
        for (boolean reset : new boolean[] {false, true}) {
            try (RawUpstream upstream = new RawUpstream(connection -> {
                        String unused = connection.readHead();
                        connection.send(answer);
                        try {
                            TimeUnit.MILLISECONDS.sleep(50);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                        if (reset) {
                            connection.reset();
                        }
                    });
                    Relay relay = new Relay(upstream.base(), way);
                    Wire.Client client = relay.client()) {
                client.send(GET);
                if (passedOn) {
                    assertThatThrownBy(client::answer).isInstanceOf(IOException.class);
                } else {
                    assertThat(client.answer().status()).isEqualTo(502);
                }
                Wire.await("the news", () -> !relay.failures.isEmpty());
                assertThat(relay.failures).singleElement().satisfies(failure -> {
                    assertThat(failure.fault()).isEqualTo(Fault.CONNECTION_LOST);
                    assertThat(failure.passedOn()).isEqualTo(passedOn);
                    assertThat(failure.explanation()).contains("lost");
                });
                relay.awaitQuiet();
                assertThat(relay.gone).hasValue(0);
                assertThat(relay.passedOn).hasValue(0);
                assertThat(relay.idle()).isZero();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH\r\n\r\n",
                "HTTP/1.1 2x0 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                "HTTP/1.1 102 Processing\r\n\r\n"
            })
    void whatIsNotHttpIsABrokenAnswer(String answer) throws IOException, InterruptedException {
        try (RawUpstream upstream = new RawUpstream(connection -> {
                    String unused = connection.readHead();
                    connection.send(answer);
                    connection.awaitHangUp();
                });
                Relay relay = new Relay(upstream.base(), Relay.Way.COLLECT);
                Wire.Client client = relay.client()) {
            client.send(GET);
            assertThat(client.answer().status()).isEqualTo(502);
            assertThat(relay.failures)
                    .singleElement()
                    .satisfies(failure -> assertThat(failure.fault()).isEqualTo(Fault.BROKEN_ANSWER));
            relay.awaitQuiet();
            assertThat(relay.idle()).isZero();
        }
    }

    @Test
    void aConnectionThatTheServerClosedWhileIdleIsNotUsed() throws IOException, InterruptedException {
        try (RawUpstream upstream = new RawUpstream(connection -> {
                    String unused = connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                });
                Relay relay = new Relay(upstream.base(), Relay.Way.COLLECT);
                Wire.Client client = relay.client()) {
            for (int i = 0; i < 20; i++) {
                client.send(GET);
                assertThat(client.answer().text()).isEqualTo("ok");
                Wire.await("the close", () -> relay.idle() == 0);
            }
            assertThat(relay.failures).isEmpty();
            assertThat(upstream.accepted).hasValue(20);
        }
    }

    @Test
    void aReusedConnectionThatBreaksBeforeAnyAnswerMayHaveCarriedTheRequest() throws IOException, InterruptedException {
        try (RawUpstream upstream = new RawUpstream(connection -> {
                    String unused = connection.readHead();
                    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                    String second = connection.readHead();
                });
                Relay relay = new Relay(upstream.base(), Relay.Way.COLLECT);
                Wire.Client client = relay.client()) {
            client.send(GET);
            assertThat(client.answer().text()).isEqualTo("ok");
            client.send(GET);
            assertThat(client.answer().status()).isEqualTo(502);
            assertThat(relay.failures)
                    .singleElement()
                    .satisfies(failure -> assertThat(failure.fault()).isEqualTo(Fault.CONNECTION_LOST));
            relay.awaitQuiet();
        }
    }

    /** What came before the end must not be lost because the client is slow. */
    @ParameterizedTest
    @ValueSource(ints = {300_000, 1_200_000, 5_000_000, 40_000_000})
    void anAnswerThatEndsWithItsConnectionReachesASlowClientWhole(int length) throws IOException, InterruptedException {
        for (String framing : new String[] {"", "Connection: close\r\nContent-Length: " + length + "\r\n"}) {
            try (RawUpstream upstream = new RawUpstream(connection -> {
                        String unused = connection.readHead();
                        connection.send("HTTP/1.1 200 OK\r\n" + framing + "\r\n");
                        connection.send(new byte[length]);
                    });
                    Relay relay = new Relay(upstream.base(), Relay.Way.STREAM);
                    Wire.Client client = relay.client()) {
                client.send(GET.replace("HTTP/1.1", "HTTP/1.0"));
                InputStream in = client.socket().getInputStream();
                String unused = Wire.readHead(in);
                TimeUnit.MILLISECONDS.sleep(50);
                assertThat(in.readAllBytes()).hasSize(length);
                relay.awaitQuiet();
                assertThat(relay.failures).isEmpty();
            }
        }
    }
}
