package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.penstock.retry.Attempt;
import dev.penstock.retry.Judgement;
import dev.penstock.retry.Outcome;
import dev.penstock.retry.Retry;
import dev.penstock.retry.RetryBudget;
import dev.penstock.time.VirtualTime;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The retry library around a client of the JDK, with real answers; the waits between them pass in virtual time. */
@Timeout(30)
class RetryOverHttpTest {
    private static final String COUNT = "X-Stainless-Retry-Count";

    /** How the client is called. */
    enum Driver {
        BLOCKING,
        ASYNC
    }

    /** An answer of the server. */
    private interface Answer {
        void give(HttpExchange exchange) throws IOException;
    }

    private static final class CountedBody extends FilterInputStream {
        private int closed;

        CountedBody(InputStream body) {
            super(body);
        }

        @Override
        public void close() throws IOException {
            closed++;
            super.close();
        }
    }

    /** What the body of a call gives: head and body of an answer. */
    private record Received(int status, HeaderLookup headers, CountedBody body) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            body.close();
        }
    }

    private final VirtualTime time = new VirtualTime();
    private final HttpClient client = HttpClient.newHttpClient();
    private final List<String> counts = new CopyOnWriteArrayList<>();
    private final List<CountedBody> bodies = new ArrayList<>();
    private final List<Duration> begun = new ArrayList<>();
    private final HttpServer server = startedLater();

    private static HttpServer startedLater() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeEach
    void start() {
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        client.close();
    }

    private void answers(Answer... script) {
        server.createContext("/", exchange -> {
            int number = counts.size();
            counts.add(exchange.getRequestHeaders().getFirst(COUNT));
            script[Math.min(number, script.length - 1)].give(exchange);
            exchange.close();
        });
    }

    private static Answer status(int status, String... headers) {
        return exchange -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            byte[] body = "answer".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        };
    }

    private Received send(Attempt attempt) throws IOException {
        begun.add(time.passed());
        URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1/models");
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header(COUNT, Integer.toString(attempt.retryCount()))
                .build();
        try {
            HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            var body = new CountedBody(response.body());
            bodies.add(body);
            return new Received(
                    response.statusCode(),
                    name -> response.headers().firstValue(name).orElse(null),
                    body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private CompletableFuture<Received> sendLater(Attempt attempt) {
        var stage = new CompletableFuture<Received>();
        Runnable undo = time.schedule(Duration.ZERO, () -> {
            try {
                assert stage.complete(send(attempt)) : "completed twice";
            } catch (IOException e) {
                assert stage.completeExceptionally(e) : "completed twice";
            }
        });
        assert undo != null;
        return stage;
    }

    private Received call(Driver driver) throws IOException {
        Retry retry = Retry.builder()
                .time(time)
                .budget(new RetryBudget(new RetryBudget.Settings(1_000, 0, Duration.ofHours(1)), time.nanos()))
                .classify(RetryOverHttpTest::judged)
                .build();
        return switch (driver) {
            case BLOCKING -> retry.call(this::send);
            case ASYNC -> {
                CompletableFuture<Received> call = retry.callAsync(this::sendLater);
                time.runAll(1_000);
                yield call.join();
            }
        };
    }

    private static Judgement judged(Outcome<?> outcome) {
        if (outcome instanceof Outcome.Returned<?>(Received received) && received.status() != 200) {
            Duration hint = RetryAfter.read(received.headers()).orElse(Duration.ZERO);
            return received.status() == 429
                    ? Judgement.throttled("status 429", hint)
                    : Judgement.tryAgain("status " + received.status(), hint);
        }
        return outcome instanceof Outcome.Failed<?> ? Judgement.abort("no answer") : Judgement.accept();
    }

    @ParameterizedTest
    @EnumSource
    void r15EachAttemptIsCountedOnTheWireAndEveryBodyIsClosedOnce(Driver driver) throws IOException {
        answers(status(503), status(429), status(200));

        try (Received received = call(driver)) {
            assertThat(new String(received.body().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("answer");
            assertThat(bodies).extracting(body -> body.closed).containsExactly(1, 1, 0);
        }

        assertThat(counts).containsExactly("0", "1", "2");
        assertThat(bodies).extracting(body -> body.closed).containsExactly(1, 1, 1);
    }

    @ParameterizedTest
    @EnumSource
    void r15MillisecondsFractionsOfSecondsAndDatesAreKept(Driver driver) throws IOException {
        answers(
                status(503, "retry-after-ms", "20500", "Retry-After", "1"),
                status(503, "Retry-After", "40.25"),
                exchange -> status(
                                503,
                                "Retry-After",
                                DateTimeFormatter.RFC_1123_DATE_TIME.format(
                                        Instant.now().atOffset(ZoneOffset.UTC).plusSeconds(100)))
                        .give(exchange),
                status(200));

        call(driver).close();

        assertThat(waitBefore(1)).isBetween(Duration.ofMillis(20_500), Duration.ofMillis(22_550));
        assertThat(waitBefore(2)).isBetween(Duration.ofMillis(40_250), Duration.ofMillis(44_275));
        // The answer's own date is of whole seconds, and may be a moment later than the one that was counted from.
        assertThat(waitBefore(3)).isBetween(Duration.ofSeconds(90), Duration.ofSeconds(106));
    }

    private Duration waitBefore(int retry) {
        return begun.get(retry).minus(begun.get(retry - 1));
    }

    @Test
    void r15AnAnswerThatIsGivenUpIsClosedToo() {
        answers(status(503, "Retry-After", "3600"));

        assertThat(catchThrowable(() -> call(Driver.BLOCKING).close()))
                .hasMessageContaining("the server asks to wait 3600 s");

        assertThat(bodies).extracting(body -> body.closed).containsExactly(1);
        assertThat(time.passed()).isZero();
    }
}
