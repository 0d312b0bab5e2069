package dev.penstock.gateway.transport;

import io.vertx.core.MultiMap;

/**
 * The head of an upstream's answer.
 *
 * @param reason the words after the status, as sent
 * @param headers all of them, as sent; not to be changed
 */
public record AnswerHead(int status, String reason, MultiMap headers) {
    /** Whether the body is a stream of events, judged by its content type. */
    public boolean isEventStream() {
        throw new UnsupportedOperationException();
    }
}
