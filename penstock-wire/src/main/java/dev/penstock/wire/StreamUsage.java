package dev.penstock.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Finds the usage that a stream of events tells near its end: in the last chunk of a chat that asked for it, or in
 * {@code response.completed}. Stateless and thread-safe.
 */
public final class StreamUsage {
    private static final byte[] NAME = "\"usage\"".getBytes(StandardCharsets.US_ASCII);

    private StreamUsage() {}

    /**
     * @param tail the last bytes of the stream; where they begin does not matter
     * @return the usage that comes last; empty if there is none, or only a part of it
     */
    public static Optional<Usage> find(byte[] tail) {
        for (int at = tail.length - NAME.length; at >= 0; at--) {
            if (isNameAt(tail, at)) {
                Optional<Usage> usage = read(tail, at + NAME.length);
                if (usage.isPresent()) {
                    return usage;
                }
            }
        }
        return Optional.empty();
    }

    private static boolean isNameAt(byte[] bytes, int at) {
        for (int i = 0; i < NAME.length; i++) {
            if (bytes[at + i] != NAME[i]) {
                return false;
            }
        }
        // A quote that is escaped belongs to generated text, whatever it says.
        return at == 0 || bytes[at - 1] != '\\';
    }

    private static Optional<Usage> read(byte[] bytes, int from) {
        int at = skipBlanks(bytes, from);
        if (at >= bytes.length || bytes[at] != ':') {
            return Optional.empty();
        }
        at++;
        try (JsonParser parser = RequestReader.JSON.createParser(bytes, at, bytes.length - at)) {
            return parser.nextToken() == JsonToken.START_OBJECT
                    ? Optional.of(UsageReader.read(parser))
                    : Optional.empty();
        } catch (IOException cutOff) {
            return Optional.empty();
        }
    }

    private static int skipBlanks(byte[] bytes, int from) {
        int at = from;
        while (at < bytes.length && (bytes[at] == ' ' || bytes[at] == '\t')) {
            at++;
        }
        return at;
    }
}
