package dev.penstock.gateway.transport;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;

/**
 * The head of an upstream's answer.
 *
 * @param reason the words after the status, as sent
 * @param headers all of them, as sent; not to be changed
 */
public record AnswerHead(int status, String reason, MultiMap headers) {
    private static final String EVENT_STREAM = "text/event-stream";

    /** Whether the body is a stream of events, judged by its content type. */
    public boolean isEventStream() {
        String type = headers.get(HttpHeaders.CONTENT_TYPE);
        return type != null && type.regionMatches(true, 0, EVENT_STREAM, 0, EVENT_STREAM.length());
    }
}
