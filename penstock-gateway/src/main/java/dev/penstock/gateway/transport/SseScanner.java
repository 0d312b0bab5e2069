package dev.penstock.gateway.transport;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** Finds the first event of a stream, whose pieces may end anywhere. By the rules of server-sent events. */
final class SseScanner {
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final StringBuilder data = new StringBuilder();
    private String type = "";
    private boolean hasData;
    private boolean afterCr;
    private boolean firstLine = true;

    /** The first event, once it is complete; not to be called afterwards. */
    FirstEvent.@Nullable Seen feed(Buffer piece) {
        for (int i = 0; i < piece.length(); i++) {
            byte value = piece.getByte(i);
            boolean secondHalf = afterCr && value == '\n';
            afterCr = value == '\r';
            if (secondHalf) {
                continue;
            }
            if (value != '\r' && value != '\n') {
                line.write(value);
            } else if (lineEnded()) {
                return new FirstEvent.Seen(type.isEmpty() ? "message" : type, data.toString());
            }
        }
        return null;
    }

    /** Whether an event is complete. */
    private boolean lineEnded() {
        String text = line.toString(UTF_8);
        line.reset();
        if (firstLine && text.startsWith(BYTE_ORDER_MARK)) {
            text = text.substring(1);
        }
        firstLine = false;
        if (text.isEmpty()) {
            if (!hasData) {
                type = "";
            }
            return hasData;
        }
        int colon = text.indexOf(':');
        String field = colon < 0 ? text : text.substring(0, colon);
        String value = colon < 0 ? "" : text.substring(text.startsWith(" ", colon + 1) ? colon + 2 : colon + 1);
        if (field.equals("data")) {
            if (hasData) {
                data.append('\n');
            }
            hasData = true;
            data.append(value);
        } else if (field.equals("event")) {
            type = value;
        }
        return false;
    }
}
