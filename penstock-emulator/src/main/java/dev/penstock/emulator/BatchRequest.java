package dev.penstock.emulator;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The body of a call that creates a batch. Read once. */
final class BatchRequest {
    static final List<String> REQUIRED = List.of("input_file_id", "endpoint", "completion_window");

    private static final JsonFactory JSON = new JsonFactory();
    private static final int MOST_PAIRS = 16;
    private static final int LONGEST_KEY = 64;
    private static final int LONGEST_VALUE = 512;

    private final Map<String, String> texts = new HashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private OptionalLong outputSeconds = OptionalLong.empty();
    private @Nullable Wrong wrong;

    /** A parameter that cannot be taken. */
    record Wrong(String param, String message) {}

    private BatchRequest() {}

    /** @throws IOException when the body is not one JSON object */
    static BatchRequest read(byte[] body) throws IOException {
        BatchRequest request = new BatchRequest();
        try (JsonParser parser = JSON.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("not an object");
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                if (field.equals("metadata") && value != JsonToken.VALUE_NULL) {
                    request.readMetadata(value, parser);
                } else if (field.equals("output_expires_after") && value != JsonToken.VALUE_NULL) {
                    request.readLifetime(value, parser);
                } else if (value == JsonToken.VALUE_STRING) {
                    request.texts.put(field, parser.getText());
                } else {
                    parser.skipChildren();
                }
            }
            if (parser.nextToken() != null) {
                throw new IOException("more than one value");
            }
        }
        return request;
    }

    private void readMetadata(JsonToken start, JsonParser parser) throws IOException {
        boolean good = start == JsonToken.START_OBJECT;
        if (!good) {
            parser.skipChildren();
        }
        while (start == JsonToken.START_OBJECT && parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            boolean isText = parser.nextToken() == JsonToken.VALUE_STRING;
            String value = isText ? parser.getText() : "";
            parser.skipChildren();
            good &= isText && key.length() <= LONGEST_KEY && value.length() <= LONGEST_VALUE;
            if (good) {
                metadata.put(key, value);
            }
        }
        if (!good || metadata.size() > MOST_PAIRS) {
            wrong = new Wrong(
                    "metadata",
                    "Invalid 'metadata': it must have at most " + MOST_PAIRS + " pairs of strings, keys of at most "
                            + LONGEST_KEY + " and values of at most " + LONGEST_VALUE + " characters.");
        }
    }

    private void readLifetime(JsonToken start, JsonParser parser) throws IOException {
        boolean anchored = false;
        OptionalLong seconds = OptionalLong.empty();
        if (start != JsonToken.START_OBJECT) {
            parser.skipChildren();
        }
        while (start == JsonToken.START_OBJECT && parser.nextToken() != JsonToken.END_OBJECT) {
            String field = parser.currentName();
            JsonToken value = parser.nextToken();
            if (field.equals("anchor")) {
                anchored = value == JsonToken.VALUE_STRING && parser.getText().equals("created_at");
            } else if (field.equals("seconds")
                    && value == JsonToken.VALUE_NUMBER_INT
                    && parser.getNumberType() == JsonParser.NumberType.INT) {
                seconds = FileUpload.lifetime(parser.getIntValue());
            }
            parser.skipChildren();
        }
        if (!anchored || seconds.isEmpty()) {
            wrong = new Wrong(
                    "output_expires_after",
                    "Invalid 'output_expires_after': it must have the anchor created_at and 3600 to 2592000 seconds.");
        }
        outputSeconds = seconds;
    }

    /** A parameter; empty when it is missing or not a string. */
    String text(String name) {
        return texts.getOrDefault(name, "");
    }

    Map<String, String> metadata() {
        return metadata;
    }

    /** How long output files stay; empty when the client does not say. */
    OptionalLong outputSeconds() {
        return outputSeconds;
    }

    /** What else is wrong; null if nothing is. */
    @Nullable
    Wrong wrong() {
        return wrong;
    }
}
