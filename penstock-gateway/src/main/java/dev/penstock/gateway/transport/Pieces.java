package dev.penstock.gateway.transport;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/** Puts a body together; the usual one comes in one piece and is not copied. Owned by one event loop. */
final class Pieces {
    private static final Buffer NOTHING = Buffer.buffer();

    private @Nullable Buffer all;
    private boolean several;

    void add(Buffer piece) {
        Buffer before = all;
        if (before == null) {
            all = piece;
        } else if (several) {
            before.appendBuffer(piece);
        } else {
            several = true;
            // The first piece is not ours to change.
            all = Buffer.buffer(2 * (before.length() + piece.length()))
                    .appendBuffer(before)
                    .appendBuffer(piece);
        }
    }

    int length() {
        Buffer sofar = all;
        return sofar == null ? 0 : sofar.length();
    }

    /** All of it; nothing is kept. */
    Buffer take() {
        Buffer taken = all;
        all = null;
        several = false;
        return taken == null ? NOTHING : taken;
    }
}
