package dev.penstock.gateway.transport;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One request of a client whose head is in order, and the way to answer it. Its body is not read until somebody asks for
 * it. Ends in exactly one way: its answer is complete, or the client is gone. Owned by one event loop.
 */
public final class Inbound {
    Inbound() {}

    public HttpMethod method() {
        throw new UnsupportedOperationException();
    }

    /** The path as sent, {@code /v1} or below it. */
    public String path() {
        throw new UnsupportedOperationException();
    }

    /** Path and query below {@code /v1}, as sent: what {@link OutboundRequest} wants. */
    public String targetBelowV1() {
        throw new UnsupportedOperationException();
    }

    /** All headers, as sent; not to be changed. */
    public MultiMap headers() {
        throw new UnsupportedOperationException();
    }

    /** The first value of a header. */
    public Optional<String> header(String name) {
        throw new UnsupportedOperationException();
    }

    /** What an upstream may see of the headers; computed once. */
    public OutboundHeaders outboundHeaders() {
        throw new UnsupportedOperationException();
    }

    /** When the head was complete, by the server's ticker. */
    public long arrivedNanos() {
        throw new UnsupportedOperationException();
    }

    /** Whether a body was announced. */
    public boolean hasBody() {
        throw new UnsupportedOperationException();
    }

    /** The announced length of the body in bytes, 0 without one; empty if it comes in chunks. */
    public OptionalLong bodyLength() {
        throw new UnsupportedOperationException();
    }

    /**
     * Reads the whole body; once, and not if it is piped.
     *
     * @param mostBytes more is {@link RequestBody.TooLarge}, at once where the announced length tells
     * @return never fails
     */
    public Future<RequestBody> readWhole(int mostBytes) {
        throw new UnsupportedOperationException();
    }

    /**
     * Sets who hears, once, that the client is gone before its answer was complete: it hung up, was cut off for being too
     * slow, or {@link #cut} was called. Called on the event loop, at once if that has happened already, and never after the
     * answer is complete.
     */
    public void onGone(Runnable callback) {
        throw new UnsupportedOperationException();
    }

    /** Whether the client is gone. */
    public boolean gone() {
        throw new UnsupportedOperationException();
    }

    /** Whether the head of an answer was sent: then no other answer can be given. */
    public boolean headSent() {
        throw new UnsupportedOperationException();
    }

    /** Whether the whole answer was handed to the client's connection. */
    public boolean complete() {
        throw new UnsupportedOperationException();
    }

    /** Answers with something of our own. Nothing happens if the client is gone. */
    public void answer(int status, Map<String, String> headers, Buffer body) {
        throw new UnsupportedOperationException();
    }

    /** Answers with an error; as the last event if {@link #beginEvents} was called. */
    public void answer(ApiError error) {
        throw new UnsupportedOperationException();
    }

    /**
     * Begins the answer as a stream of events before the upstream has been asked, so that the client can be told that it
     * still waits. An upstream's stream can be passed on afterwards; its head is not.
     */
    public void beginEvents(Map<String, String> headers) {
        throw new UnsupportedOperationException();
    }

    /** Sends a piece of a stream that {@link #beginEvents} began, as in {@code : waiting\n\n}. */
    public void event(Buffer bytes) {
        throw new UnsupportedOperationException();
    }

    /** Closes the client's connection, so that a half answer does not look whole; {@link #onGone} is called. */
    public void cut() {
        throw new UnsupportedOperationException();
    }
}
