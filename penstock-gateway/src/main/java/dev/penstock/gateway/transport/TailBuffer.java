package dev.penstock.gateway.transport;

import io.vertx.core.buffer.Buffer;

/** The last bytes of something long: where streams tell their usage. Owned by one event loop. */
public final class TailBuffer {
    /** @param most bytes to keep, at least 1 */
    public TailBuffer(int most) {}

    public void add(Buffer piece) {
        throw new UnsupportedOperationException();
    }

    /** All that is kept, oldest first; a copy. */
    public byte[] bytes() {
        throw new UnsupportedOperationException();
    }

    /** Whether something was dropped at the front. */
    public boolean cut() {
        throw new UnsupportedOperationException();
    }
}
