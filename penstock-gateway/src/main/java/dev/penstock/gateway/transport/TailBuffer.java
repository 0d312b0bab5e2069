package dev.penstock.gateway.transport;

import io.vertx.core.buffer.Buffer;
import java.util.Arrays;

/** The last bytes of something long: where streams tell their usage. Owned by one event loop. */
public final class TailBuffer {
    private final int most;
    private byte[] kept;
    private int length;
    private boolean cut;

    /** @param most bytes to keep, at least 1 */
    public TailBuffer(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("a tail of " + most + " bytes was asked for; it needs at least 1");
        }
        this.most = most;
        this.kept = new byte[Math.min(most, 1_024)];
    }

    /** Takes a piece, which is copied. */
    public void add(Buffer piece) {
        int from = Math.max(0, piece.length() - most);
        int size = piece.length() - from;
        cut |= from > 0;
        // Twice the bound, so that moving the tail to the front costs little over many small pieces.
        if (length + size > 2 * most) {
            int rest = Math.min(length, most - size);
            System.arraycopy(kept, length - rest, kept, 0, rest);
            cut |= rest < length;
            length = rest;
        }
        if (length + size > kept.length) {
            kept = Arrays.copyOf(kept, (int) Math.min(2L * most, Math.max(2L * kept.length, length + size)));
        }
        piece.getBytes(from, piece.length(), kept, length);
        length += size;
    }

    /** All that is kept, oldest first; a copy. */
    public byte[] bytes() {
        return Arrays.copyOfRange(kept, Math.max(0, length - most), length);
    }

    /** Whether something was dropped at the front. */
    public boolean cut() {
        return cut || length > most;
    }
}
