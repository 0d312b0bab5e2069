package dev.penstock.gateway.transport;

import io.vertx.core.buffer.Buffer;

/** What came of collecting an answer's body. */
public sealed interface Collected {
    /** @param body all of it; the connection has been given back, and the answer can still be passed on */
    record Whole(Buffer body) implements Collected {}

    /** It is longer than the bound. What has come is kept: pass the answer on, or cancel the call. */
    record TooLarge() implements Collected {}
}
