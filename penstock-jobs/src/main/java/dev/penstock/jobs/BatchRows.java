package dev.penstock.jobs;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.penstock.wire.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Rows of the Batch API's input format. What the API would only refuse after the upload is refused here.
 *
 * @see <a href="https://platform.openai.com/docs/guides/batch">Batch API guide</a>
 */
final class BatchRows implements RowParser {
    private static final String PATHS = Stream.of(Endpoint.values())
            .filter(BatchRows::isServed)
            .map(Endpoint::path)
            .collect(Collectors.joining(", "));

    @Override
    public PreparedRequest parse(byte[] bytes, int offset, int length, long number) throws BadRowException {
        String customId = null;
        boolean post = false;
        Endpoint endpoint = null;
        int bodyStart = -1;
        int bodyEnd = -1;
        try (JsonParser json = JsonLine.open(bytes, offset, length)) {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                int nameStart = JsonLine.tokenStart(json);
                JsonToken value = json.nextToken();
                switch (name) {
                    case "custom_id" -> {
                        once(customId == null, name, nameStart);
                        customId = string(json, value, name);
                    }
                    case "method" -> {
                        once(!post, name, nameStart);
                        if (!string(json, value, name).equals("POST")) {
                            throw new BadRowException(JsonLine.tokenStart(json), "method must be \"POST\"");
                        }
                        post = true;
                    }
                    case "url" -> {
                        once(endpoint == null, name, nameStart);
                        endpoint = endpoint(json, value);
                    }
                    case "body" -> {
                        once(bodyStart < 0, name, nameStart);
                        bodyStart = JsonLine.tokenStart(json);
                        if (value != JsonToken.START_OBJECT) {
                            throw new BadRowException(
                                    bodyStart, "body must be an object, but it is " + JsonLine.kind(value));
                        }
                        json.skipChildren();
                        bodyEnd = JsonLine.position(json);
                    }
                    default -> json.skipChildren();
                }
            }
            JsonLine.end(json);
        } catch (IOException e) {
            throw JsonLine.malformed(e, bytes, offset, length);
        }
        if (customId == null) {
            throw missing("custom_id", "a string that no other row has");
        }
        if (customId.isEmpty()) {
            throw new BadRowException(0, "custom_id is empty; each row needs one that no other row has");
        }
        if (!post) {
            throw missing("method", "\"POST\"");
        }
        if (endpoint == null) {
            throw missing("url", "one of " + PATHS);
        }
        if (bodyStart < 0) {
            throw missing("body", "the request as a JSON object");
        }
        byte[] body = Arrays.copyOfRange(bytes, offset + bodyStart, offset + bodyEnd);
        return Requests.prepare(endpoint, customId, body, bodyStart);
    }

    /** The id of the row that begins here, which was read before and is known to have one. */
    static String customId(InputStream row) throws IOException {
        try (JsonParser json = JsonLine.JSON.createParser(row)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                boolean isId = json.currentName().equals("custom_id");
                json.nextToken();
                if (isId) {
                    return json.getText();
                }
                json.skipChildren();
            }
        }
        throw new IOException("a row that was read before has no custom_id any more");
    }

    private static void once(boolean first, String name, int at) throws BadRowException {
        if (!first) {
            throw new BadRowException(at, name + " is there twice; keep one");
        }
    }

    private static String string(JsonParser json, JsonToken value, String name) throws IOException, BadRowException {
        if (value != JsonToken.VALUE_STRING) {
            throw new BadRowException(
                    JsonLine.tokenStart(json), name + " must be a string, but it is " + JsonLine.kind(value));
        }
        return json.getText();
    }

    private static Endpoint endpoint(JsonParser json, JsonToken value) throws IOException, BadRowException {
        Optional<Endpoint> known = Endpoint.ofPath(string(json, value, "url")).filter(BatchRows::isServed);
        if (known.isEmpty()) {
            throw new BadRowException(JsonLine.tokenStart(json), "url must be one of " + PATHS);
        }
        return known.get();
    }

    /** A job stores answers as JSON and counts their cost in tokens. */
    private static boolean isServed(Endpoint endpoint) {
        return switch (endpoint) {
            case CHAT_COMPLETIONS, RESPONSES, COMPLETIONS, EMBEDDINGS, MODERATIONS -> true;
            case IMAGES_GENERATIONS, IMAGES_EDITS, AUDIO_TRANSCRIPTIONS, AUDIO_SPEECH -> false;
        };
    }

    private static BadRowException missing(String name, String expected) {
        return new BadRowException(0, name + " is missing; expected " + expected);
    }
}
