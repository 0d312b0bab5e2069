package dev.penstock.emulator;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One line of a batch's input. What it does not have, or has in another form, is null.
 *
 * @param body as it stands in the line, byte by byte, so that its answer is that of a live request with these bytes
 */
record BatchRow(
        @Nullable String customId,
        @Nullable String method,
        @Nullable String url,
        byte @Nullable [] body) {
    private static final JsonFactory JSON = new JsonFactory();

    /** @throws IOException when the line is not one JSON object */
    static BatchRow read(byte[] line) throws IOException {
        String customId = null;
        String method = null;
        String url = null;
        byte[] body = null;
        try (JsonParser parser = JSON.createParser(line)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("not an object");
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                String text = value == JsonToken.VALUE_STRING ? parser.getText() : null;
                switch (field) {
                    case "custom_id" -> customId = text;
                    case "method" -> method = text;
                    case "url" -> url = text;
                    case "body" -> {
                        if (value == JsonToken.START_OBJECT) {
                            int from = (int) parser.currentTokenLocation().getByteOffset();
                            parser.skipChildren();
                            int to = (int) parser.currentLocation().getByteOffset();
                            body = Arrays.copyOfRange(line, from, to);
                        }
                    }
                    default -> {}
                }
                parser.skipChildren();
            }
            if (parser.nextToken() != null) {
                throw new IOException("more than one value");
            }
        }
        return new BatchRow(customId, method, url, body);
    }
}
