package dev.penstock.jobs;

import dev.penstock.http.UpstreamAddress;
import dev.penstock.http.UpstreamConnection;
import dev.penstock.http.UpstreamConnections;
import dev.penstock.time.Ticker;
import dev.penstock.verdict.Verdict;
import dev.penstock.verdict.Verdict.Fault;
import dev.penstock.wire.AnswerReading;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.HeaderLookup;
import io.vertx.core.AsyncResult;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls over HTTP/1.1 connections that are kept open, and tells in plain words what went wrong with them. Redirects
 * are not followed: a key must not travel to wherever an answer points. Owned by one event loop.
 */
final class ApiClient {
    private static final int MOST_BODY_BYTES = 64 << 20;
    private static final byte[] NO_BODY = {};
    private static final String V1 = "/v1";

    private final UpstreamConnections connections;
    private final Map<Endpoint, RequestOptions> targets = new EnumMap<>(Endpoint.class);
    private final String place;

    /**
     * @param settings where to, and as whom
     * @param lessCrowded called when {@link #crowded} may have become false
     */
    ApiClient(Vertx vertx, RunSettings settings, Ticker ticker, Runnable lessCrowded) {
        UpstreamAddress address = UpstreamAddress.of(settings.baseUrl());
        place = address.place();
        connections = new UpstreamConnections(vertx, address, ticker, lessCrowded);
        for (Endpoint endpoint : Endpoint.values()) {
            RequestOptions target = address.request(
                            HttpMethod.POST, endpoint.path().substring(V1.length()))
                    .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                    .putHeader(HttpHeaders.ACCEPT, "application/json")
                    .putHeader(HttpHeaders.USER_AGENT, "penstock/" + settings.toolVersion());
            settings.apiKey().ifPresent(key -> target.putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + key));
            targets.put(endpoint, target);
        }
    }

    /** Whether a call that is sent now would wait for others to leave first. */
    boolean crowded() {
        return connections.crowded();
    }

    /** Host and port, for people. */
    String place() {
        return place;
    }

    /**
     * Sends a call. Its end is reported once, on the event loop, unless it is {@link ApiCall#giveUp given up} before.
     */
    void send(ApiCall call, Endpoint endpoint, byte[] body, BiConsumer<ApiCall, ApiCall.Answer> end) {
        connections.take().onComplete(connected -> connected(call, endpoint, body, connected, end));
    }

    private void connected(
            ApiCall call,
            Endpoint endpoint,
            byte[] body,
            AsyncResult<UpstreamConnection> connected,
            BiConsumer<ApiCall, ApiCall.Answer> end) {
        if (connected.failed()) {
            finish(call, fault(Fault.CONNECT_FAILED, connections.connectFailure(connected.cause())), end);
            return;
        }
        UpstreamConnection connection = connected.result();
        if (call.over) {
            connection.giveBack();
            return;
        }
        connection.request(Objects.requireNonNull(targets.get(endpoint))).onComplete(opened -> {
            if (opened.failed()) {
                // It was closed while nobody used it, so nothing was sent.
                connection.drop();
                finish(call, fault(Fault.CONNECT_FAILED, connections.connectFailure(opened.cause())), end);
            } else {
                new Exchange(call, endpoint, connection, opened.result(), end).start(body);
            }
        });
    }

    private static void finish(ApiCall call, ApiCall.Answer answer, BiConsumer<ApiCall, ApiCall.Answer> end) {
        if (!call.over) {
            call.over = true;
            end.accept(call, answer);
        }
    }

    ApiCall.Answer timedOut(String after) {
        return fault(Fault.TIMEOUT, place + " gave no complete answer within " + after + ".");
    }

    private ApiCall.Answer lost() {
        return fault(Fault.CONNECTION_LOST, "The connection to " + place + " was lost before the answer was complete.");
    }

    private static ApiCall.Answer fault(Verdict.Fault fault, String explanation) {
        return new ApiCall.Answer(
                AnswerReading.ofFault(fault, explanation), OptionalInt.empty(), HeaderLookup.none(), NO_BODY);
    }

    /** One request and its answer, whose body is collected up to a bound; usually it comes in one or two pieces. */
    private final class Exchange {
        private final ApiCall call;
        private final Endpoint endpoint;
        private final UpstreamConnection connection;
        private final HttpClientRequest request;
        private final BiConsumer<ApiCall, ApiCall.Answer> end;
        private boolean written;
        private @Nullable Buffer pieces;
        private boolean several;

        Exchange(
                ApiCall call,
                Endpoint endpoint,
                UpstreamConnection connection,
                HttpClientRequest request,
                BiConsumer<ApiCall, ApiCall.Answer> end) {
            this.call = call;
            this.endpoint = endpoint;
            this.connection = connection;
            this.request = request;
            this.end = end;
        }

        void start(byte[] body) {
            call.request = request;
            if (call.over) {
                call.giveUp();
                return;
            }
            request.exceptionHandler(lost -> finish(call, lost(), end));
            request.response().onComplete(answered -> {
                if (answered.failed()) {
                    finish(call, lost(), end);
                } else {
                    read(answered.result());
                }
            });
            request.end(Buffer.buffer(body)).onSuccess(sent -> written = true);
        }

        private void read(HttpClientResponse response) {
            response.exceptionHandler(lost -> finish(call, lost(), end));
            response.handler(this::piece);
            response.endHandler(ignored -> whole(response));
        }

        private void piece(Buffer piece) {
            if (call.over) {
                return;
            }
            Buffer before = pieces;
            if (before == null) {
                pieces = piece;
                return;
            }
            if (before.length() + piece.length() > MOST_BODY_BYTES) {
                finish(
                        call,
                        fault(Fault.BROKEN_ANSWER, place + " answers with more than " + MOST_BODY_BYTES + " bytes."),
                        end);
                call.giveUp();
                return;
            }
            if (!several) {
                several = true;
                // The first piece belongs to the connection; appending needs a buffer of our own.
                pieces = Buffer.buffer(2 * (before.length() + piece.length()))
                        .appendBuffer(before)
                        .appendBuffer(piece);
            } else {
                before.appendBuffer(piece);
            }
        }

        private void whole(HttpClientResponse response) {
            if (call.over) {
                return;
            }
            connection.finished(response, written);
            Buffer all = pieces;
            byte[] body = all == null ? NO_BODY : all.getBytes();
            HeaderLookup headers = response.headers()::get;
            AnswerReading reading = AnswerReading.of(endpoint, response.statusCode(), headers, body);
            finish(call, new ApiCall.Answer(reading, OptionalInt.of(response.statusCode()), headers, body), end);
        }
    }
}
