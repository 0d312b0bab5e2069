package dev.penstock.gateway.transport;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * One request of a client whose head is in order, and the way to answer it. Its body is not read until somebody asks for
 * it. Ends in exactly one way: its answer is complete, the client is gone, or the connection was {@link #cut}. Owned by one
 * event loop.
 */
public final class Inbound {
    private static final int NO_CONTENT = 204;
    private static final int NOT_MODIFIED = 304;

    /** An unread rest up to this length is read and thrown away, so that the connection can be kept. */
    private static final int SMALL_REST = 64 << 10;

    private static final Runnable NOBODY = () -> {};
    private static final Consumer<Buffer> THROW_AWAY = piece -> {};

    private enum State {
        OPEN,
        HEAD_SENT,
        COMPLETE,
        GONE
    }

    private enum BodyState {
        UNTOUCHED,
        COMING,
        ENDED
    }

    private final ClientConnection connection;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Context context;
    private final long arrivedNanos;
    private final OptionalLong bodyLength;
    private State state = State.OPEN;
    private BodyState bodyState;
    private Consumer<Buffer> bodySink = THROW_AWAY;
    private Runnable bodyEnd = NOBODY;
    private @Nullable Promise<RequestBody> whole;
    private long bodyReceived;
    private boolean bodyPaused;
    private long readingNanos;
    private long readingSinceNanos;
    private boolean closeAfter;
    private boolean withoutLength;
    private Runnable onGone = NOBODY;
    private Runnable sinkGone = NOBODY;
    private @Nullable OutboundHeaders outboundHeaders;

    Inbound(ClientConnection connection, HttpServerRequest request) {
        this.connection = connection;
        this.request = request;
        this.response = request.response();
        this.context = Objects.requireNonNull(Vertx.currentContext());
        this.arrivedNanos = connection.now();
        this.bodyLength = announcedLength(request);
        boolean hasBody = bodyLength.isEmpty() || bodyLength.getAsLong() > 0;
        this.bodyState = hasBody ? BodyState.UNTOUCHED : BodyState.ENDED;
        if (hasBody) {
            request.pause();
        }
    }

    private static OptionalLong announcedLength(HttpServerRequest request) {
        if (request.headers().contains(HttpHeaders.TRANSFER_ENCODING)) {
            return OptionalLong.empty();
        }
        String length = request.headers().get(HttpHeaders.CONTENT_LENGTH);
        return OptionalLong.of(length == null ? 0 : Long.parseLong(length));
    }

    public HttpMethod method() {
        return request.method();
    }

    /** The path as sent, {@code /v1} or below it. */
    public String path() {
        int query = request.uri().indexOf('?');
        return query < 0 ? request.uri() : request.uri().substring(0, query);
    }

    /** Path and query below {@code /v1}, as sent: what {@link OutboundRequest} wants. */
    public String targetBelowV1() {
        return request.uri().substring(RequestCheck.PREFIX.length());
    }

    /** All headers, as sent; not to be changed. */
    public MultiMap headers() {
        return request.headers();
    }

    /** The first value of a header. */
    public Optional<String> header(CharSequence name) {
        return Optional.ofNullable(request.headers().get(name));
    }

    /** What an upstream may see of the headers; computed once. */
    public OutboundHeaders outboundHeaders() {
        OutboundHeaders known = outboundHeaders;
        if (known == null) {
            known = OutboundHeaders.of(request.headers());
            outboundHeaders = known;
        }
        return known;
    }

    /** When the head was complete, by the server's ticker. */
    public long arrivedNanos() {
        return arrivedNanos;
    }

    /** Whether a body was announced. */
    public boolean hasBody() {
        return bodyLength.isEmpty() || bodyLength.getAsLong() > 0;
    }

    /** The announced length of the body in bytes, 0 without one; empty if it comes in chunks. */
    public OptionalLong bodyLength() {
        return bodyLength;
    }

    /**
     * Reads the whole body; once, and not if it is piped. {@link RequestBody.Broken} also if it is answered before.
     *
     * @param mostBytes more is {@link RequestBody.TooLarge}, at once where the announced length tells
     * @param room asked for each piece by its length in bytes; if there is none, it is {@link RequestBody.NoRoom}
     * @return never fails
     */
    public Future<RequestBody> readWhole(int mostBytes, IntPredicate room) {
        if (state == State.GONE) {
            return Future.succeededFuture(new RequestBody.Broken());
        }
        if (!hasBody()) {
            return Future.succeededFuture(new RequestBody.Whole(Buffer.buffer()));
        }
        if (bodyLength.isPresent() && bodyLength.getAsLong() > mostBytes) {
            return Future.succeededFuture(new RequestBody.TooLarge());
        }
        Promise<RequestBody> result = Promise.promise();
        whole = result;
        Pieces pieces = new Pieces();
        startBody(
                piece -> {
                    boolean tooLarge = bodyReceived > mostBytes;
                    if (tooLarge || !room.test(piece.length())) {
                        bodySink = THROW_AWAY;
                        pauseBody();
                        finishWhole(tooLarge ? new RequestBody.TooLarge() : new RequestBody.NoRoom());
                    } else {
                        pieces.add(piece);
                    }
                },
                () -> finishWhole(new RequestBody.Whole(pieces.take())));
        return result.future();
    }

    private void finishWhole(RequestBody result) {
        Promise<RequestBody> waiting = whole;
        whole = null;
        if (waiting != null) {
            waiting.complete(result);
        }
    }

    /** Begins to hand out the body; once. */
    void startBody(Consumer<Buffer> sink, Runnable end) {
        if (bodyState != BodyState.UNTOUCHED) {
            throw new IllegalStateException("the body of this request is being read already; it can be read once");
        }
        bodySink = sink;
        bodyEnd = end;
        if (request.headers().contains(HttpHeaders.EXPECT)) {
            Future<Void> unused = response.writeContinue();
        }
        receiveBody();
    }

    private void receiveBody() {
        bodyState = BodyState.COMING;
        readingSinceNanos = connection.now();
        request.exceptionHandler(this::bodyFailed);
        request.handler(this::piece);
        request.endHandler(ended -> bodyEnded());
        request.resume();
    }

    private void piece(Buffer piece) {
        bodyReceived += piece.length();
        bodySink.accept(piece);
    }

    private void bodyEnded() {
        bodyState = BodyState.ENDED;
        if (state == State.COMPLETE) {
            connection.drained(this);
        } else {
            Runnable end = bodyEnd;
            bodyEnd = NOBODY;
            end.run();
        }
    }

    /** What cannot be read; a connection that was closed is heard of elsewhere. */
    private void bodyFailed(Throwable cause) {
        if (!(cause instanceof HttpClosedException) && !(cause instanceof IOException)) {
            broken(ApiError.invalid(
                    400, "malformed_request", "The body of the request is malformed: its chunks cannot be read."));
        }
    }

    void pauseBody() {
        if (!bodyPaused && bodyState == BodyState.COMING) {
            bodyPaused = true;
            readingNanos += connection.now() - readingSinceNanos;
            request.pause();
        }
    }

    void resumeBody() {
        if (bodyPaused) {
            bodyPaused = false;
            readingSinceNanos = connection.now();
            request.resume();
        }
    }

    /** Refuses a body that comes too slowly. */
    void sweep(ServerSettings settings, long now) {
        if (bodyState != BodyState.COMING || bodyPaused) {
            return;
        }
        long reading = readingNanos + (now - readingSinceNanos);
        if (reading >= settings.bodyPatience().toNanos()
                && (double) bodyReceived / settings.leastBodyBytesPerSecond() * 1e9 < reading) {
            broken(ApiError.invalid(
                    408, "request_timeout", "The body of the request did not arrive in time; send it again, faster."));
        }
    }

    /** Ends the request because of what the client sends or does not send. */
    private void broken(ApiError error) {
        if (state == State.OPEN) {
            closeAfter = true;
            fill(error.status(), error.headers());
            state = State.GONE;
            Future<Void> unused = response.end(error.body());
            connection.flush();
            connection.ended();
            connection.closeWhenSent();
            tellGone();
        } else if (state == State.HEAD_SENT) {
            connectionClosed();
            connection.closeNow();
        } else {
            connection.closeNow();
        }
    }

    /**
     * Sets who hears, once, that the client is gone before its answer was complete: it hung up, or was cut off for being
     * too slow or sending nonsense. Called on the event loop, at once if that has happened already; never after the answer
     * is complete or {@link #cut} was called.
     */
    public void onGone(Runnable callback) {
        if (state == State.GONE) {
            callback.run();
        } else {
            onGone = callback;
        }
    }

    /** Hears of it before the other one, also if the connection is cut. */
    void sinkGone(Runnable callback) {
        sinkGone = callback;
    }

    void noSink() {
        sinkGone = NOBODY;
    }

    void connectionClosed() {
        if (state == State.OPEN || state == State.HEAD_SENT) {
            state = State.GONE;
            connection.ended();
            tellGone();
        }
    }

    private void tellGone() {
        Runnable sink = sinkGone;
        Runnable owner = onGone;
        forget();
        sink.run();
        owner.run();
        finishWhole(new RequestBody.Broken());
    }

    private void forget() {
        sinkGone = NOBODY;
        onGone = NOBODY;
        bodySink = THROW_AWAY;
        bodyEnd = NOBODY;
    }

    /** Whether the client is gone, or was cut off. */
    public boolean gone() {
        return state == State.GONE;
    }

    /** Whether the head of an answer was sent: then no other answer can be given. */
    public boolean headSent() {
        return state == State.HEAD_SENT || state == State.COMPLETE || response.headWritten();
    }

    /** Whether the whole answer was handed to the client's connection. */
    public boolean complete() {
        return state == State.COMPLETE;
    }

    /** Answers with something of our own. Nothing happens if the client is gone. */
    public void answer(int status, Map<String, String> headers, Buffer body) {
        if (state == State.GONE) {
            return;
        }
        requireOpen();
        fill(status, headers);
        if (method() == HttpMethod.HEAD) {
            response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()));
            end(null);
        } else {
            end(body);
        }
    }

    /** Answers with an error; as the last event if {@link #beginEvents} was called. */
    public void answer(ApiError error) {
        if (state == State.HEAD_SENT) {
            end(error.event());
        } else {
            answer(error.status(), error.headers(), error.body());
        }
    }

    /** Answers with an error and closes: what the client sends next cannot be trusted. */
    void refuse(ApiError error) {
        closeAfter = true;
        answer(error);
    }

    private void fill(int status, Map<String, String> headers) {
        response.setStatusCode(status);
        headers.forEach(response::putHeader);
        closeIfBodyIsLeft();
    }

    private void requireOpen() {
        if (state != State.OPEN) {
            throw new IllegalStateException("this request is answered already; it can be answered once");
        }
    }

    /**
     * Begins the answer as a stream of events before the upstream has been asked, so that the client can be told that it
     * still waits. An upstream's stream can be passed on afterwards; its head is not.
     */
    public void beginEvents(Map<String, String> headers) {
        if (state == State.GONE) {
            return;
        }
        requireOpen();
        response.putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream; charset=utf-8");
        response.putHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
        fill(200, headers);
        frame(OptionalLong.empty());
        writeHead();
    }

    /** Sends a piece of a stream that {@link #beginEvents} began, as in {@code : waiting\n\n}. */
    public void event(Buffer bytes) {
        if (state != State.GONE) {
            write(bytes);
        }
    }

    /** Ends a stream that {@link #beginEvents} began. Nothing happens if the client is gone. */
    public void endEvents(Buffer last) {
        if (state == State.HEAD_SENT) {
            end(last);
        }
    }

    /** Closes the client's connection, so that a half answer does not look whole. {@link #onGone} is not called. */
    public void cut() {
        if (state == State.OPEN || state == State.HEAD_SENT) {
            state = State.GONE;
            Runnable sink = sinkGone;
            forget();
            connection.ended();
            connection.closeNow();
            sink.run();
            finishWhole(new RequestBody.Broken());
        }
    }

    /** Takes over the head of an upstream's answer, without sending it. */
    void fill(AnswerHead head, OptionalLong length, Map<String, String> added) {
        requireOpen();
        response.setStatusCode(head.status());
        if (!response.getStatusMessage().equals(head.reason())) {
            response.setStatusMessage(head.reason());
        }
        HopByHop dropped = HopByHop.of(head.headers());
        MultiMap headers = response.headers();
        for (Map.Entry<String, String> header : head.headers()) {
            if (!dropped.holds(header.getKey().toLowerCase(Locale.ROOT))) {
                headers.add(header.getKey(), header.getValue());
            }
        }
        added.forEach(headers::set);
        closeIfBodyIsLeft();
        if (!hasNoBody(head.status())) {
            frame(length);
        } else if (length.isEmpty()) {
            withoutLength = true;
            lastTouches();
        }
    }

    /** Whether an answer with this status has no body, whatever its headers say. */
    boolean hasNoBody(int status) {
        return status == NO_CONTENT || status == NOT_MODIFIED || method() == HttpMethod.HEAD;
    }

    private void frame(OptionalLong length) {
        if (length.isPresent()) {
            return;
        }
        if (request.version() == HttpVersion.HTTP_1_0) {
            // The end of the connection is the end of the body.
            closeAfter = true;
            lastTouches();
        } else {
            response.setChunked(true);
        }
    }

    private void closeIfBodyIsLeft() {
        boolean small = bodyLength.isPresent() && bodyLength.getAsLong() - bodyReceived <= SMALL_REST;
        boolean willCome = bodyState == BodyState.COMING || !request.headers().contains(HttpHeaders.EXPECT);
        if (bodyState != BodyState.ENDED && !(small && willCome)) {
            closeAfter = true;
        }
        if (closeAfter) {
            lastTouches();
        }
    }

    /** Corrects what Vert.x adds by itself. */
    private void lastTouches() {
        response.headersEndHandler(writing -> {
            if (closeAfter) {
                response.headers().set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            }
            if (withoutLength) {
                response.headers().remove(HttpHeaders.CONTENT_LENGTH);
            }
        });
    }

    /** Sends the head before there is anything else to send. */
    void writeHead() {
        state = State.HEAD_SENT;
        if (request.version() != HttpVersion.HTTP_1_0 || response.headers().contains(HttpHeaders.CONTENT_LENGTH)) {
            Future<Void> unused = response.writeHead();
        }
    }

    /** Sends a piece at once, with the head if that was not sent. */
    void write(Buffer piece) {
        state = State.HEAD_SENT;
        // A failure means that the connection is closed, which is heard of from the connection itself.
        Future<Void> unused = response.write(piece);
    }

    /** Whether the client reads more slowly than it is written to. */
    boolean full() {
        return response.writeQueueFull();
    }

    void onDrain(Runnable drained) {
        response.drainHandler(ready -> drained.run());
    }

    /** Completes the answer. */
    void end(@Nullable Buffer last) {
        forget();
        state = State.COMPLETE;
        boolean bodyPending = bodyState != BodyState.ENDED;
        connection.answered(bodyPending, closeAfter);
        // The next request of the connection may be handled inside this.
        Future<Void> sent = last == null ? response.end() : response.end(last);
        if (bodyPending) {
            if (bodyState == BodyState.UNTOUCHED) {
                receiveBody();
            } else {
                resumeBody();
            }
        } else if (closeAfter) {
            sent.onComplete(done -> connection.closeWhenSent());
        }
        finishWhole(new RequestBody.Broken());
    }

    /** Runs something after what is going on now. */
    void soon(Runnable task) {
        context.runOnContext(later -> task.run());
    }
}
