package dev.penstock.emulator;

import dev.penstock.time.Ticker;
import dev.penstock.wire.HeaderLookup;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns sockets into arrivals and arrivals into answers. Runs on one event loop, which owns the twin. */
final class RequestHandler implements Handler<HttpServerRequest> {
    private static final int MOST_BODY_BYTES = 64 * 1024 * 1024;
    private static final byte[] NO_BODY = {};

    private final Vertx vertx;
    private final Twin twin;
    private final Ticker ticker;
    private final BatchDriver batches;

    RequestHandler(Vertx vertx, Twin twin, Ticker ticker) {
        this.vertx = vertx;
        this.twin = twin;
        this.ticker = ticker;
        this.batches = new BatchDriver(vertx, twin, ticker);
    }

    @Override
    public void handle(HttpServerRequest request) {
        // A client that resets its connection fails the request; its tickets are released by the close handler.
        request.exceptionHandler(ignored -> {});
        if (request.method().name().equals("POST") && FileCalls.PATH.equals(request.path())) {
            FileUpload upload = twin.upload(request::getHeader, ticker.nanos());
            if (upload != null) {
                new Uploading(request, upload).read();
                return;
            }
        }
        new Body(request).read();
    }

    /** Collects a body up to a bound; the usual body comes in one piece and is copied once. */
    private final class Body {
        private final HttpServerRequest request;
        private @Nullable Buffer pieces;
        private boolean several;
        private long length;
        private boolean tooLarge;

        Body(HttpServerRequest request) {
            this.request = request;
        }

        void read() {
            request.handler(this::piece);
            request.endHandler(ignored -> end());
        }

        private void piece(Buffer piece) {
            if (tooLarge) {
                return;
            }
            length += piece.length();
            if (length > MOST_BODY_BYTES) {
                tooLarge = true;
                pieces = null;
                byte[] error = ErrorBody.of(
                        "The request body is larger than " + MOST_BODY_BYTES + " bytes.",
                        "invalid_request_error",
                        null,
                        null);
                send(
                        request.response().putHeader("connection", "close"),
                        413,
                        Map.of("content-type", "application/json"),
                        error);
                return;
            }
            if (pieces == null) {
                pieces = piece;
            } else {
                if (!several) {
                    // The first piece belongs to the connection; appending needs a buffer of our own.
                    pieces = Buffer.buffer(2 * pieces.length()).appendBuffer(pieces);
                    several = true;
                }
                pieces.appendBuffer(piece);
            }
        }

        private void end() {
            if (!tooLarge) {
                arrived(request, pieces == null ? NO_BODY : pieces.getBytes());
            }
        }
    }

    /** Hands a file on as it comes. */
    private final class Uploading {
        private final HttpServerRequest request;
        private final FileUpload upload;
        private boolean answered;

        Uploading(HttpServerRequest request, FileUpload upload) {
            this.request = request;
            this.upload = upload;
        }

        void read() {
            request.exceptionHandler(ignored -> upload.abandon());
            request.handler(this::piece);
            request.endHandler(ignored -> end());
        }

        private void piece(Buffer piece) {
            if (answered) {
                return;
            }
            upload.piece(piece.getBytes());
            if (upload.refusal() != null) {
                // A client that reads while it sends need not send the rest of a large file.
                request.response().putHeader("connection", "close");
                answer();
            }
        }

        private void end() {
            if (answered) {
                // Not before: a connection that is closed while its client sends takes the answer with it.
                request.connection().close().onFailure(ignored -> {});
            } else {
                answer();
            }
        }

        private void answer() {
            answered = true;
            reply(request.response(), twin.uploaded(upload, ticker.nanos()));
        }
    }

    private static void reply(HttpServerResponse response, Arrival arrival) {
        switch (arrival) {
            case Arrival.Refused refused -> send(response, refused.status(), refused.headers(), refused.body());
            case Arrival.Served served -> send(response, served.status(), served.headers(), served.body());
            case Arrival.Admitted admitted -> throw new IllegalStateException("an upload was taken for a prompt");
        }
    }

    private static void sendFile(HttpServerResponse response, StoredFile file) {
        response.putHeader("content-type", "application/octet-stream");
        response.sendFile(file.path().toString()).onFailure(ignored -> {
            if (!response.headWritten()) {
                send(response, 500, Map.of("content-type", "application/json"), ErrorBody.SERVER_ERROR);
            }
        });
    }

    private void arrived(HttpServerRequest request, byte[] body) {
        String path = request.path() == null ? "" : request.path();
        String method = request.method().name();
        HttpServerResponse response = request.response();
        if (path.startsWith("/emulator/")) {
            emulatorsOwn(method, path, response);
            return;
        }
        HeaderLookup headers = request::getHeader;
        StoredFile content = twin.contentOf(method, path, headers, ticker.nanos());
        if (content != null) {
            sendFile(response, content);
            return;
        }
        String query = request.query() == null ? "" : "?" + request.query();
        Arrival arrival = twin.arrive(method, path + query, headers, body, ticker.nanos());
        batches.wake();
        switch (arrival) {
            case Arrival.Refused refused -> send(response, refused.status(), refused.headers(), refused.body());
            case Arrival.Served served -> send(response, served.status(), served.headers(), served.body());
            case Arrival.Admitted admitted -> new Answering(vertx, twin, ticker, request, admitted).start();
        }
    }

    private void emulatorsOwn(String method, String path, HttpServerResponse response) {
        Map<String, String> json = Map.of("content-type", "application/json");
        if (method.equals("GET") && path.equals("/emulator/ledger")) {
            send(response, 200, json, twin.ledger().toJson());
        } else if (method.equals("POST") && path.equals("/emulator/reset")) {
            twin.resetLedger(ticker.nanos());
            send(response, 200, json, twin.ledger().toJson());
        } else {
            byte[] error = ErrorBody.of(
                    "The emulator has GET /emulator/ledger and POST /emulator/reset, not " + method + " " + path + ".",
                    "invalid_request_error",
                    null,
                    null);
            send(response, 404, json, error);
        }
    }

    static void send(HttpServerResponse response, int status, Map<String, String> headers, byte[] body) {
        head(response, status, headers);
        // A failure here means that the client is gone, which the close handler hears of as well.
        response.end(Buffer.buffer(body)).onFailure(ignored -> {});
    }

    static void head(HttpServerResponse response, int status, Map<String, String> headers) {
        response.setStatusCode(status);
        for (Map.Entry<String, String> header : headers.entrySet()) {
            response.putHeader(header.getKey(), header.getValue());
        }
    }
}
