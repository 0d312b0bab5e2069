package dev.penstock.jobs;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Opens rows of JSON and says in our words what is wrong with them. */
final class JsonLine {
    static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(JobInput.LONGEST_ROW_BYTES)
                    .build())
            .build();

    private JsonLine() {}

    /** A parser that has read the opening brace of the row's object. */
    static JsonParser open(byte[] bytes, int offset, int length) throws BadRowException, IOException {
        int at = offset;
        while (at < offset + length && ByteText.isSpace(bytes[at])) {
            at++;
        }
        if (at == offset + length || bytes[at] != '{') {
            throw new BadRowException(at - offset, "expected a JSON object, which starts with {");
        }
        if (at + 1 < offset + length && bytes[at + 1] == 0) {
            // The parser would take it for UTF-16.
            throw new BadRowException(at + 1 - offset, "not JSON: a zero byte; the file must be UTF-8");
        }
        JsonParser parser = JSON.createParser(bytes, offset, length);
        parser.nextToken();
        return parser;
    }

    /** Checks that nothing follows the object that was just read. */
    static void end(JsonParser parser) throws BadRowException, IOException {
        if (parser.nextToken() != null) {
            throw new BadRowException(
                    tokenStart(parser), "a second value follows the object; expected one object on each line");
        }
    }

    /** Offset of the current token's first byte in the row. */
    static int tokenStart(JsonParser parser) {
        return (int) parser.currentTokenLocation().getByteOffset();
    }

    /** Offset of the first byte that was not read yet. */
    static int position(JsonParser parser) {
        return (int) parser.currentLocation().getByteOffset();
    }

    /** What a person calls a token. */
    static String kind(@Nullable JsonToken token) {
        return switch (token) {
            case null -> "nothing";
            case START_OBJECT, END_OBJECT -> "an object";
            case START_ARRAY, END_ARRAY -> "an array";
            case VALUE_STRING -> "a string";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
            case VALUE_TRUE, VALUE_FALSE -> "true or false";
            case VALUE_NULL -> "null";
            case FIELD_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE -> "something else";
        };
    }

    /** The parser points into a word it does not know, or one or two bytes behind it; people look for its beginning. */
    private static int wordStart(byte[] bytes, int offset, int near, int length) {
        int at = near;
        boolean inside = at < length && isWord(bytes[offset + at]);
        while (!inside && at > 0 && !isWord(bytes[offset + at - 1])) {
            at--;
        }
        while (at > 0 && isWord(bytes[offset + at - 1])) {
            at--;
        }
        return at;
    }

    private static boolean isWord(byte b) {
        return b < 0 || Character.isLetterOrDigit(b);
    }

    /** The parser's complaint, without the text it may quote from the row. */
    static BadRowException malformed(IOException cause, byte[] bytes, int offset, int length) {
        if (cause instanceof JsonEOFException) {
            return new BadRowException(length, "not JSON: the line ends too early; a bracket or quote is not closed");
        }
        int at = length;
        String expected = "a JSON object";
        if (cause instanceof JsonProcessingException json) {
            if (json.getLocation() != null && json.getLocation().getByteOffset() >= 0) {
                at = (int) Math.min(length, json.getLocation().getByteOffset());
            }
            String message = json.getOriginalMessage();
            if (message.startsWith("Unrecognized token")) {
                expected = "expected a value: a string in double quotes, a number, true, false, null, an object or an"
                        + " array";
                at = wordStart(bytes, offset, at, length);
            } else {
                expected = Character.toLowerCase(message.charAt(0)) + message.substring(1);
            }
        }
        return new BadRowException(at, "not JSON: " + expected);
    }
}
