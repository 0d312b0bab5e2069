package dev.penstock.gateway.transport;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;

/**
 * One attempt, ready to be sent.
 *
 * @param target path and query below the upstream's base path, as in {@code /chat/completions?x=1}
 */
public record OutboundRequest(HttpMethod method, String target, OutboundHeaders headers, Body body) {
    /** What is sent as the body. */
    public sealed interface Body {
        /** No body, and no header that announces one. */
        record None() implements Body {}

        /** @param bytes whole; its length is announced */
        record Bytes(Buffer bytes) implements Body {}

        /**
         * The client's body is passed on while it comes in, framed as the client framed it. Can be sent once.
         *
         * @param from whose body has not been read
         */
        record Piped(Inbound from) implements Body {}
    }
}
