package dev.penstock.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;

/**
 * The fields of an error as OpenAI-style APIs send it; a field that is missing or null is the empty string. Codes and
 * types are lower case.
 */
public record ErrorBody(String message, String type, String code, String param) {
    static final ErrorBody EMPTY = new ErrorBody("", "", "", "");
    private static final JsonMapper JSON = new JsonMapper();

    /** The error that a refusal's body holds; {@link #EMPTY} if it is no JSON, or JSON of another shape. */
    public static ErrorBody of(byte[] body) {
        JsonNode root = tree(body);
        return of(root.path("error")).or(() -> of(root)).orElse(EMPTY);
    }

    /** The error that one event of a 200 stream holds, if it is an error. */
    static Optional<ErrorBody> ofStreamEvent(byte[] data) {
        // Almost every event is a piece of an answer; those are told apart without parsing.
        if (!mentionsErrorOrFailure(data)) {
            return Optional.empty();
        }
        JsonNode root = tree(data);
        String type = root.path("type").asText("");
        if (type.equals("response.failed")) {
            return Optional.of(of(root.path("response").path("error")).orElse(EMPTY));
        }
        Optional<ErrorBody> nested = of(root.path("error"));
        if (nested.isPresent()) {
            return nested;
        }
        // The flat shape's own "type" is the name of the event, not of the error.
        return type.equals("error")
                ? Optional.of(new ErrorBody(text(root, "message"), "", code(root), text(root, "param")))
                : Optional.empty();
    }

    private static boolean mentionsErrorOrFailure(byte[] data) {
        for (int i = 0; i + 6 < data.length; i++) {
            boolean error = data[i] == '"' && data[i + 1] == 'e' && data[i + 2] == 'r' && data[i + 3] == 'r';
            boolean failed = data[i] == '.' && data[i + 1] == 'f' && data[i + 2] == 'a' && data[i + 3] == 'i';
            if (error || failed) {
                return true;
            }
        }
        return false;
    }

    private static JsonNode tree(byte[] json) {
        try {
            return JSON.readTree(json);
        } catch (IOException notJson) {
            return JSON.missingNode();
        }
    }

    private static Optional<ErrorBody> of(JsonNode error) {
        if (error.isTextual()) {
            return Optional.of(new ErrorBody(error.asText(), "", "", ""));
        }
        if (!error.isObject()) {
            return Optional.empty();
        }
        ErrorBody body = new ErrorBody(
                text(error, "message"),
                text(error, "type").toLowerCase(Locale.ROOT),
                code(error),
                text(error, "param"));
        return body.equals(EMPTY) ? Optional.empty() : Optional.of(body);
    }

    private static String code(JsonNode error) {
        return text(error, "code").toLowerCase(Locale.ROOT);
    }

    private static String text(JsonNode node, String field) {
        JsonNode value = node.path(field);
        return value.isValueNode() && !value.isNull() ? value.asText() : "";
    }
}
