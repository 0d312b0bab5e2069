package dev.penstock.pacing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The beginning of an event stream up to the end of its first event that has data. A stream of status 200 may begin with an
 * error, and can still be asked for again as long as nothing of it was handed on.
 */
public final class FirstEvent {
    /** What is longer is no error. */
    private static final int MOST_BYTES = 64 << 10;

    private final byte[] bytes;
    private final Optional<byte[]> data;

    private FirstEvent(byte[] bytes, Optional<byte[]> data) {
        this.bytes = bytes;
        this.data = data;
    }

    /**
     * Reads up to the end of the first event, byte by byte, and not further.
     *
     * @param in should be buffered
     */
    public static FirstEvent read(InputStream in) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        StringBuilder data = new StringBuilder();
        boolean any = false;
        boolean afterReturn = false;
        for (int read = in.read(); read >= 0; read = in.read()) {
            all.write(read);
            boolean sameEnd = read == '\n' && afterReturn;
            afterReturn = read == '\r';
            if (sameEnd) {
                continue;
            }
            if (read != '\n' && read != '\r') {
                line.write(read);
                if (all.size() >= MOST_BYTES) {
                    break;
                }
                continue;
            }
            String text = line.toString(StandardCharsets.UTF_8);
            line.reset();
            if (text.isEmpty() && any) {
                return new FirstEvent(
                        all.toByteArray(), Optional.of(data.toString().getBytes(StandardCharsets.UTF_8)));
            }
            if (text.startsWith("data:")) {
                data.append(any ? "\n" : "").append(text.startsWith("data: ") ? text.substring(6) : text.substring(5));
                any = true;
            }
        }
        return new FirstEvent(all.toByteArray(), Optional.empty());
    }

    /** All that was read, to be handed on before the rest. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** The data of the event; empty if the stream ended before it, or if it is too long to be an error. */
    public Optional<byte[]> data() {
        return data.map(byte[]::clone);
    }
}
