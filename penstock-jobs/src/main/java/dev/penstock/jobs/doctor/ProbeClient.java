package dev.penstock.jobs.doctor;

import dev.penstock.http.EventLoop;
import dev.penstock.http.UpstreamAddress;
import dev.penstock.http.UpstreamConnection;
import dev.penstock.http.UpstreamConnections;
import dev.penstock.time.Ticker;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.AnswerReading;
import dev.penstock.wire.HeaderLookup;
import dev.penstock.wire.VerdictReader;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Asks one question after another and measures the parts of each answer. Each has a deadline. For one thread. */
final class ProbeClient implements AutoCloseable {
    private static final int MOST_BODY_BYTES = 8 << 20;
    private static final Duration SPARE = Duration.ofSeconds(5);

    private final EventLoop loop = new EventLoop("the doctor");
    private final UpstreamAddress address;
    private final UpstreamConnections connections;
    private final Optional<String> key;
    private final String userAgent;
    private final Duration deadline;
    private final Ticker ticker;
    private final InstantSource clock;

    /**
     * @param deadline of each answer
     * @throws IllegalArgumentException if the address is none
     */
    ProbeClient(
            URI baseUrl,
            Optional<String> key,
            String userAgent,
            Duration deadline,
            Ticker ticker,
            InstantSource clock) {
        this.key = key;
        this.userAgent = userAgent;
        this.deadline = deadline;
        this.ticker = ticker;
        this.clock = clock;
        try {
            this.address = UpstreamAddress.of(baseUrl);
            this.connections =
                    loop.ask("start", () -> new UpstreamConnections(loop.vertx(), address, ticker, () -> {}));
        } catch (RuntimeException e) {
            loop.close();
            throw e;
        }
    }

    /** GETs what is below the base URL. */
    Probe get(String below) {
        return ask(HttpMethod.GET, below, null);
    }

    /** POSTs JSON to what is below the base URL. */
    Probe post(String below, String json) {
        return ask(HttpMethod.POST, below, Buffer.buffer(json.getBytes(StandardCharsets.UTF_8)));
    }

    private Probe ask(HttpMethod method, String below, @Nullable Buffer body) {
        CompletableFuture<Probe> answer = new CompletableFuture<>();
        Question question = new Question(method + " " + below, answer);
        loop.run(() -> question.start(method, below, body));
        return loop.await("answer", answer, deadline.plus(SPARE));
    }

    @Override
    public void close() {
        loop.run(connections::close);
        loop.close();
    }

    /** One question on its way. Owned by the event loop. */
    private final class Question {
        private final String what;
        private final CompletableFuture<Probe> answer;
        private final Buffer collected = Buffer.buffer();
        private long timer;
        private long beganNanos;
        private long sentNanos;
        private Instant askedAt = Instant.EPOCH;
        private Optional<Duration> connecting = Optional.empty();
        private Optional<Duration> firstByte = Optional.empty();
        private @Nullable HttpClientRequest request;

        Question(String what, CompletableFuture<Probe> answer) {
            this.what = what;
            this.answer = answer;
        }

        void start(HttpMethod method, String below, @Nullable Buffer body) {
            beganNanos = ticker.nanos();
            askedAt = clock.instant();
            timer = loop.vertx().setTimer(Math.max(1, deadline.toMillis()), late -> tooLate());
            connections.take().onComplete(taken -> {
                if (taken.failed()) {
                    failed(Verdict.Fault.CONNECT_FAILED, connections.connectFailure(taken.cause()));
                    return;
                }
                UpstreamConnection connection = taken.result();
                if (answer.isDone()) {
                    connection.giveBack();
                    return;
                }
                connection.request(target(method, below)).onComplete(opened -> {
                    if (!connection.reused()) {
                        connecting = Optional.of(Duration.ofNanos(ticker.nanos() - beganNanos));
                    }
                    if (opened.failed()) {
                        connection.drop();
                        failed(Verdict.Fault.CONNECT_FAILED, connections.connectFailure(opened.cause()));
                    } else {
                        send(connection, opened.result(), body);
                    }
                });
            });
        }

        private RequestOptions target(HttpMethod method, String below) {
            RequestOptions target = address.request(method, below)
                    .putHeader(HttpHeaders.ACCEPT, "application/json")
                    .putHeader(HttpHeaders.USER_AGENT, userAgent);
            if (method.equals(HttpMethod.POST)) {
                target.putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
            }
            key.ifPresent(secret -> target.putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + secret));
            return target;
        }

        private void send(UpstreamConnection connection, HttpClientRequest opened, @Nullable Buffer body) {
            request = opened;
            if (answer.isDone()) {
                connection.drop();
                return;
            }
            opened.exceptionHandler(lost -> lost());
            opened.response().onComplete(head -> {
                if (head.failed()) {
                    lost();
                } else {
                    read(connection, head.result());
                }
            });
            askedAt = clock.instant();
            sentNanos = ticker.nanos();
            (body == null ? opened.end() : opened.end(body)).onFailure(unsent -> lost());
        }

        private void read(UpstreamConnection connection, HttpClientResponse response) {
            firstByte = Optional.of(Duration.ofNanos(ticker.nanos() - sentNanos));
            response.exceptionHandler(lost -> lost());
            response.handler(piece -> {
                if (collected.length() + piece.length() <= MOST_BODY_BYTES) {
                    collected.appendBuffer(piece);
                } else if (!answer.isDone()) {
                    failed(
                            Verdict.Fault.BROKEN_ANSWER,
                            address.place() + " answers with more than " + MOST_BODY_BYTES + " bytes.");
                    connection.drop();
                }
            });
            response.endHandler(end -> {
                if (!answer.isDone()) {
                    connection.finished(response, true);
                    whole(response);
                }
            });
        }

        private void whole(HttpClientResponse response) {
            Map<String, String> headers = new HashMap<>();
            response.headers().forEach((name, value) -> headers.putIfAbsent(name.toLowerCase(Locale.ROOT), value));
            byte[] body = collected.getBytes();
            HeaderLookup lookup = headers::get;
            finish(new Probe(
                    what,
                    OptionalInt.of(response.statusCode()),
                    Map.copyOf(headers),
                    body,
                    VerdictReader.read(response.statusCode(), lookup, body),
                    connecting,
                    firstByte,
                    version(response.version()),
                    askedAt));
        }

        private static String version(HttpVersion version) {
            return switch (version) {
                case HTTP_1_0 -> "HTTP/1.0";
                case HTTP_1_1 -> "HTTP/1.1";
                case HTTP_2 -> "HTTP/2";
            };
        }

        private void lost() {
            failed(
                    Verdict.Fault.CONNECTION_LOST,
                    "The connection to " + address.place() + " was lost before the answer was complete.");
        }

        private void tooLate() {
            failed(
                    Verdict.Fault.TIMEOUT,
                    address.place() + " gave no complete answer within " + deadline.toSeconds()
                            + " s; check the network, a proxy and the base URL.");
            HttpClientRequest sent = request;
            if (sent != null) {
                sent.reset().onFailure(alreadyClosed -> {});
            }
        }

        private void failed(Verdict.Fault fault, String explanation) {
            finish(new Probe(
                    what,
                    OptionalInt.empty(),
                    Map.of(),
                    new byte[0],
                    AnswerReading.ofFault(fault, explanation).verdict(),
                    connecting,
                    firstByte,
                    "",
                    askedAt));
        }

        private void finish(Probe probe) {
            if (answer.complete(probe)) {
                boolean unused = loop.vertx().cancelTimer(timer);
            }
        }
    }
}
