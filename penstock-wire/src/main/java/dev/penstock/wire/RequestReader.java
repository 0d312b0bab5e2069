package dev.penstock.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One streaming pass over one request body. Single-owner, used once. */
final class RequestReader {
    /** Shared by all readers of this module: it holds the table of known field names. Thread-safe. */
    static final JsonFactory JSON = new JsonFactory();

    private static final Pattern QUOTED_INPUT = Pattern.compile("token '.*?':", Pattern.DOTALL);
    private static final int MOST_CHOICES = 1_000;

    private final Endpoint endpoint;
    private final TextSink sink;

    private String model = "";
    private long tokenIds;
    private int images;
    private int messages;
    private int inputs;
    private long maxOutput = -1;
    private int choices = 1;
    private boolean stream;
    private boolean hasPrompt;

    RequestReader(Endpoint endpoint, TextSink sink) {
        this.endpoint = endpoint;
        this.sink = sink;
    }

    RequestFacts read(byte[] body, TextSize.Counter counter) {
        walk(body);
        return new RequestFacts(
                endpoint,
                model,
                counter.size(),
                tokenIds,
                images,
                messages,
                inputs,
                maxOutput < 0 ? OptionalLong.empty() : OptionalLong.of(maxOutput),
                choices,
                stream);
    }

    private void walk(byte[] body) {
        try (JsonParser parser = JSON.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw wrong(parser, "a request body must be one JSON object");
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                field(parser, name, parser.nextToken());
            }
            requirePrompt(parser);
            if (parser.nextToken() != null) {
                throw wrong(parser, "a request body must be one JSON object, but more follows it");
            }
        } catch (JsonProcessingException e) {
            JsonLocation place = e.getLocation();
            // The parser quotes what it could not read, which may be a prompt.
            String problem = QUOTED_INPUT.matcher(e.getOriginalMessage()).replaceAll("token:");
            throw new MalformedRequestException(
                    place == null ? 1 : place.getLineNr(),
                    place == null ? 1 : place.getColumnNr(),
                    "the body is not JSON: " + problem);
        } catch (IOException e) {
            throw new MalformedRequestException(1, 1, "the body is not JSON in UTF-8");
        }
    }

    private void field(JsonParser parser, String name, JsonToken value) throws IOException {
        if (value == JsonToken.VALUE_NULL) {
            return;
        }
        switch (name) {
            case "model" -> {
                if (value != JsonToken.VALUE_STRING) {
                    throw wrong(parser, "model must be a string");
                }
                model = parser.getText();
            }
            case "messages" -> {
                if (value != JsonToken.START_ARRAY) {
                    throw wrong(parser, "messages must be an array");
                }
                hasPrompt = true;
                prompt(parser, value);
            }
            case "input", "prompt" -> {
                hasPrompt = true;
                prompt(parser, value);
            }
            case "instructions" -> {
                messages++;
                prompt(parser, value);
            }
            case "suffix" -> text(parser, value, false);
            case "tools", "functions", "response_format", "text" -> text(parser, value, true);
            case "max_tokens", "max_completion_tokens", "max_output_tokens" ->
                maxOutput = Math.max(maxOutput, count(parser, name, value, 0, Long.MAX_VALUE / MOST_CHOICES));
            case "n", "best_of" -> choices = Math.max(choices, (int) count(parser, name, value, 1, MOST_CHOICES));
            case "stream" -> {
                if (!value.isBoolean()) {
                    throw wrong(parser, "stream must be true or false");
                }
                stream = value == JsonToken.VALUE_TRUE;
            }
            default -> parser.skipChildren();
        }
    }

    private void requirePrompt(JsonParser parser) {
        String needed = switch (endpoint) {
            case CHAT_COMPLETIONS -> "messages";
            case EMBEDDINGS, MODERATIONS, AUDIO_SPEECH -> "input";
            case IMAGES_GENERATIONS -> "prompt";
            // A recording comes in a form only, and an edit in either; their server knows best.
            case IMAGES_EDITS, AUDIO_TRANSCRIPTIONS -> null;
            // Both have defaults: an empty prompt, and a conversation or prompt kept by the provider.
            case COMPLETIONS, RESPONSES -> null;
        };
        if (needed != null && !hasPrompt) {
            throw wrong(parser, "the body of " + endpoint.path() + " must have " + needed);
        }
    }

    private static long count(JsonParser parser, String name, JsonToken value, long least, long most)
            throws IOException {
        if (value == JsonToken.VALUE_NUMBER_INT && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            long number = parser.getLongValue();
            if (number >= least && number <= most) {
                return number;
            }
        }
        throw wrong(parser, name + " must be a whole number from " + least + " to " + most);
    }

    /** The value of messages, input, prompt or instructions: a string, a conversation, several inputs, or token ids. */
    private void prompt(JsonParser parser, JsonToken value) throws IOException {
        boolean conversation = endpoint == Endpoint.CHAT_COMPLETIONS || endpoint == Endpoint.RESPONSES;
        if (value != JsonToken.START_ARRAY) {
            if (conversation && value == JsonToken.VALUE_STRING && !"instructions".equals(parser.currentName())) {
                messages++;
            }
            inputs += conversation ? 0 : 1;
            text(parser, value, false);
            return;
        }
        int elements = 0;
        boolean ids = false;
        for (JsonToken element = parser.nextToken(); element != JsonToken.END_ARRAY; element = parser.nextToken()) {
            ids |= element == JsonToken.VALUE_NUMBER_INT;
            elements++;
            text(parser, element, false);
        }
        if (conversation) {
            messages += elements;
        } else {
            // One array of token ids is one input.
            inputs += ids ? 1 : elements;
        }
    }

    /**
     * All text under the current value.
     *
     * @param names whether field names are read by the model too, as they are in the schema of a tool
     */
    private void text(JsonParser parser, JsonToken value, boolean names) throws IOException {
        if (!value.isStructStart()) {
            scalar(parser, value, names ? null : parser.currentName());
            return;
        }
        int depth = 1;
        while (depth > 0) {
            JsonToken token = parser.nextToken();
            if (token == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                if (names) {
                    sink.add(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
                } else if (isBinary(name)) {
                    images += name.equals("image_url") ? 1 : 0;
                    parser.nextToken();
                    parser.skipChildren();
                }
            } else if (token.isStructStart()) {
                depth++;
            } else if (token.isStructEnd()) {
                depth--;
            } else {
                scalar(parser, token, names ? null : parser.currentName());
            }
        }
    }

    private void scalar(JsonParser parser, JsonToken value, @Nullable String name) throws IOException {
        if (value == JsonToken.VALUE_STRING) {
            if (!isLabel(name)) {
                sink.add(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
            }
        } else if (value == JsonToken.VALUE_NUMBER_INT && takesTokenIds() && name == null) {
            tokenIds++;
        }
    }

    private boolean takesTokenIds() {
        return endpoint == Endpoint.COMPLETIONS || endpoint == Endpoint.EMBEDDINGS;
    }

    /** Whether a field of a message holds no text but a file, an address of one, or ciphertext. */
    private static boolean isBinary(String name) {
        return switch (name) {
            case "image_url", "input_audio", "file_data", "file_url", "file_id", "data", "encrypted_content" -> true;
            default -> false;
        };
    }

    /** Whether a field of a message is a label of the protocol, covered by the tokens added for each message. */
    private static boolean isLabel(@Nullable String name) {
        if (name == null) {
            return false;
        }
        return switch (name) {
            case "role", "type", "id", "call_id", "tool_call_id", "status", "detail" -> true;
            default -> false;
        };
    }

    private static MalformedRequestException wrong(JsonParser parser, String expected) {
        JsonLocation place = parser.currentTokenLocation();
        return new MalformedRequestException(
                Math.max(1, place.getLineNr()), Math.max(1, place.getColumnNr()), expected);
    }
}
