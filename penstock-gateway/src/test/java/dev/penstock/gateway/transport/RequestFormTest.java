package dev.penstock.gateway.transport;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is malformed, or could be read in two ways, is refused and never reaches an upstream. */
@Timeout(60)
final class RequestFormTest {
    private static final String SMUGGLED = "GET /v1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

    private final List<String> seen = new CopyOnWriteArrayList<>();
    private RawUpstream upstream;
    private Relay relay;

    @BeforeEach
    void start() {
        upstream = new RawUpstream(connection -> {
            String head = connection.readHead();
            while (!head.isEmpty()) {
                seen.add(head);
                byte[] unused = connection.readBody(Wire.contentLength(head));
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                head = connection.readHead();
            }
        });
        relay = new Relay(upstream.base(), Relay.Way.STREAM);
    }

    @AfterEach
    void stop() {
        relay.close();
        upstream.close();
    }

    static Stream<String> ambiguousHeads() {
        String post = "POST /v1/x HTTP/1.1\r\nHost: x\r\n";
        String chunk = "0\r\n\r\n";
        return Stream.of(
                post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk,
                post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + chunk,
                post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
                post + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
                post + "Content-Length: 5, 5\r\n\r\nabcde",
                post + "Content-Length: +5\r\n\r\nabcde",
                post + "Content-Length: -1\r\n\r\n",
                post + "Content-Length: 0x5\r\n\r\nabcde",
                post + "Content-Length: 5 5\r\n\r\nabcde",
                post + "Content-Length: 99999999999999999999\r\n\r\nabcde",
                post + "Content-Length: \r\n\r\n",
                post + "Content-Length : 5\r\n\r\nabcde",
                post + "Content-Length\t: 5\r\n\r\nabcde",
                post + "Content-Length: 5\r\n 6\r\n\r\nabcde",
                post + "Transfer-Encoding: xchunked\r\n\r\n" + chunk,
                post + "Transfer-Encoding: chunked, identity\r\n\r\n" + chunk,
                post + "Transfer-Encoding: gzip, chunked\r\n\r\n" + chunk,
                post + "Transfer-Encoding: identity\r\n\r\n",
                post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk,
                post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + chunk,
                post + "Transfer-Encoding : chunked\r\n\r\n" + chunk,
                post + "Transfer-Encoding:\u000bchunked\r\n\r\n" + chunk,
                post + " Transfer-Encoding: chunked\r\n\r\n" + chunk,
                post + "X: y\r\n Transfer-Encoding: chunked\r\n\r\n" + chunk,
                post + "X: y\r\n\tfolded\r\n\r\n",
                post + "X: y\nTransfer-Encoding: chunked\r\n\r\n" + chunk,
                post + "X: y\rTransfer-Encoding: chunked\r\n\r\n" + chunk,
                post + "X: y\r\r\n\r\n",
                post + "X: a\u0000b\r\n\r\n",
                post + "X\u0000: b\r\n\r\n",
                post + ": empty\r\n\r\n",
                post + "No colon\r\n\r\n",
                post + "X[]: 1\r\n\r\n",
                post + "Host: y\r\n\r\n",
                "POST /v1/x HTTP/1.1\r\n\r\n",
                "POST /v1/x HTTP/1.1\n\n",
                "POST /v1/x HTTP/1.1\nHost: x\n\n",
                "POST  /v1/x HTTP/1.1\r\nHost: x\r\n\r\n",
                "POST /v1/x  HTTP/1.1\r\nHost: x\r\n\r\n",
                "POST\t/v1/x HTTP/1.1\r\nHost: x\r\n\r\n",
                " POST /v1/x HTTP/1.1\r\nHost: x\r\n\r\n",
                "POST /v1/x HTTP/1.1 \r\nHost: x\r\n\r\n",
                "POST /v1/x y HTTP/1.1\r\nHost: x\r\n\r\n",
                "POST /v1/x\r\n\r\n",
                "POST /v1/x HTTP/1.2\r\nHost: x\r\n\r\n",
                "POST /v1/x HTTP/2.0\r\nHost: x\r\n\r\n",
                "POST /v1/x http/1.1\r\nHost: x\r\n\r\n",
                "POST /v1/x HTTP/0.9\r\nHost: x\r\n\r\n",
                "POST /v1/x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk,
                "P(ST /v1/x HTTP/1.1\r\nHost: x\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "\u0016\u0003\u0001\u0002hello hello\r\n\r\n");
    }

    @ParameterizedTest
    @MethodSource("ambiguousHeads")
    void anAmbiguousHeadIsRefusedAndTheConnectionClosed(String request) throws IOException {
        for (boolean inBytes : new boolean[] {false, true}) {
            try (Wire.Client client = relay.client()) {
                if (inBytes) {
                    for (byte one : request.getBytes(ISO_8859_1)) {
                        sendQuietly(client, new byte[] {one});
                    }
                } else {
                    client.send(request + SMUGGLED);
                }
                String answer = client.rest();

                assertThat(answer).matches("(?s)HTTP/1.[01] 400 Bad Request\r\n.*");
                assertThat(answer.split("HTTP/1.[01] ", -1)).as("answers").hasSize(2);
                assertThat(answer).containsIgnoringCase("connection: close");
                assertThat(answer).contains("\"type\":\"invalid_request_error\"");
            }
        }
        assertThat(seen).isEmpty();
        assertThat(relay.arrived).hasValue(0);
        assertThat(relay.open()).isZero();
    }

    /** The server may have closed already. */
    private static void sendQuietly(Wire.Client client, byte[] bytes) {
        try {
            client.send(bytes);
        } catch (IOException closed) {
            // Then the answer is there.
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "5\r\nabcdeX\r\n0\r\n\r\n",
                "5\nabcde\r\n0\r\n\r\n",
                "g\r\nabcde\r\n0\r\n\r\n",
                "-5\r\nabcde\r\n0\r\n\r\n",
                "0x5\r\nabcde\r\n0\r\n\r\n",
                "\r\nabcde\r\n0\r\n\r\n",
                "fffffffff\r\nabcde\r\n0\r\n\r\n",
                "5\r\nabcde\n0\r\n\r\n",
                "5;a=\n\r\nabcde\r\n0\r\n\r\n"
            })
    void aMalformedChunkIsRefusedAndTheConnectionClosed(String body) throws IOException, InterruptedException {
        try (Wire.Client client = relay.client()) {
            client.send("POST /v1/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body + SMUGGLED);
            String answer = client.rest();

            assertThat(answer).startsWith("HTTP/1.1 400 Bad Request\r\n");
            assertThat(answer.split("HTTP/1.1 ", -1)).as("answers").hasSize(2);
            relay.awaitQuiet();
            assertThat(seen).isEmpty();
            assertThat(relay.gone).hasValue(1);
        }
    }

    @Test
    void aBodyThatLooksLikeARequestIsABody() throws IOException {
        try (Wire.Client client = relay.client()) {
            client.send(
                    "POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: " + SMUGGLED.length() + "\r\n\r\n" + SMUGGLED);
            assertThat(client.answer().text()).isEqualTo("ok");
        }
        assertThat(seen).hasSize(1);
        assertThat(relay.arrived).hasValue(1);
    }

    @Test
    void emptyLinesBetweenRequestsAndChunkExtensionsAreBorne() throws IOException {
        try (Wire.Client client = relay.client()) {
            client.send("\r\nGET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n\r\n\r\nGET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(200);
            assertThat(client.answer().status()).isEqualTo(200);
            client.send(
                    "POST /v1/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n0;a=b\r\nTrailer: x\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://evil/v1/x",
                "https://evil/v1/x",
                "*",
                "v1/x",
                "//evil/v1/x",
                "/v1/../admin",
                "/v1/./x",
                "/v1/..",
                "/v1/%2e%2e/admin",
                "/v1/%2E./admin",
                "/v1/.%2e",
                "/v1/%2e%2e%2fadmin",
                "/v1/a%2f..%2fb",
                "/v1/a\\b",
                "/v1/a%5cb",
                "/v1/a%5Cb",
                "/v1/a%00b",
                "/v1/a%0d%0aX:1",
                "/v1/%",
                "/v1/%g0",
                "/v1/%2",
                "/v1/a#b",
                "/v1/\u00e9",
                "/v1/x?a=\u00e9",
                "?x",
                "/../v1/x"
            })
    void aPathThatMayMeanAnotherIsRefused(String path) throws IOException {
        try (Wire.Client client = relay.client()) {
            client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(400);
            assertThat(client.rest()).isEmpty();
        }
        assertThat(seen).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/v2/x", "/v1x", "/V1/x", "/v", "/healthz"})
    void whatIsNotUnderV1IsNotFound(String path) throws IOException {
        try (Wire.Client client = relay.client()) {
            for (int i = 0; i < 2; i++) {
                client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
                Wire.Answer answer = client.answer();
                assertThat(answer.status()).isEqualTo(404);
                assertThat(answer.text()).startsWith("{\"error\":{\"message\":").contains("/v1");
            }
        }
        assertThat(seen).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/v1", "/v1/", "/v1?x=1", "/v1/a//b", "/v1/a%2Fb", "/v1/a...b", "/v1/x?q=/../%5c&r=http://y"})
    void otherPathsAreSentAsTheyAre(String path) throws IOException {
        try (Wire.Client client = relay.client()) {
            client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(200);
        }
        assertThat(seen).singleElement().asString().startsWith("GET " + path + " HTTP/1.1\r\n");
    }

    @Test
    void webSocketsAndTunnelsAreDeclined() throws IOException {
        try (Wire.Client client = relay.client()) {
            client.send("GET /v1/realtime HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n");
            Wire.Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(501);
            assertThat(answer.text()).contains("WebSockets are not carried");
            client.send("TRACE /v1/x HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(405);
        }
        try (Wire.Client client = relay.client()) {
            client.send("CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(400);
        }
        try (Wire.Client client = relay.client()) {
            client.send("POST /v1/x HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 1\r\n\r\na");
            assertThat(client.answer().status()).isEqualTo(417);
        }
        assertThat(seen).isEmpty();
    }

    @Test
    void headsHaveABound() throws IOException {
        try (Wire.Client client = relay.client()) {
            client.send("GET /v1/" + "a".repeat(17 << 10) + " HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(client.rest()).startsWith("HTTP/1.1 414 ").contains("target_too_long");
        }
        try (Wire.Client client = relay.client()) {
            client.send("GET /v1/x HTTP/1.1\r\nHost: x\r\nX: " + "a".repeat(60 << 10) + "\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(200);
        }
        try (Wire.Client client = relay.client()) {
            client.send("GET /v1/x HTTP/1.1\r\nHost: x\r\nX: " + "a".repeat(70 << 10) + "\r\n\r\n");
            assertThat(client.rest()).startsWith("HTTP/1.1 431 ").contains("headers_too_large");
        }
    }
}
