package dev.penstock.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** Reads a {@code usage} object, whatever the endpoint calls its fields. */
final class UsageReader {
    private UsageReader() {}

    /** @param parser at the object's beginning; at its end afterwards */
    static Usage read(JsonParser parser) throws IOException {
        long input = 0;
        long cached = 0;
        long output = 0;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "prompt_tokens", "input_tokens" -> input = tokens(parser, value);
                case "completion_tokens", "output_tokens" -> output = tokens(parser, value);
                case "prompt_tokens_details", "input_tokens_details" -> {
                    if (value == JsonToken.START_OBJECT) {
                        cached = cached(parser);
                    }
                }
                default -> parser.skipChildren();
            }
        }
        return new Usage(input, Math.min(cached, input), output);
    }

    private static long cached(JsonParser parser) throws IOException {
        long cached = 0;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("cached_tokens")) {
                cached = tokens(parser, value);
            } else {
                parser.skipChildren();
            }
        }
        return cached;
    }

    private static long tokens(JsonParser parser, JsonToken value) throws IOException {
        if (value == JsonToken.VALUE_NUMBER_INT) {
            return Math.max(0, parser.getLongValue());
        }
        parser.skipChildren();
        return 0;
    }
}
