package dev.penstock.gateway.transport;

import io.vertx.core.buffer.Buffer;

/** What came of reading a request's body. */
public sealed interface RequestBody {
    /**
     * All of it.
     *
     * @param bytes as sent; not to be changed
     */
    record Whole(Buffer bytes) implements RequestBody {}

    /** It is longer than asked for; nothing was kept. The caller answers. */
    record TooLarge() implements RequestBody {}

    /** There was no room for more of it; nothing was kept. The caller answers. */
    record NoRoom() implements RequestBody {}

    /**
     * It will never be complete: the client is gone, was too slow, or sent what cannot be read. The transport has
     * answered where it could, and {@link Inbound#onGone} has been called: nothing is left to do.
     */
    record Broken() implements RequestBody {}
}
