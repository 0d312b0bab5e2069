package dev.penstock.emulator;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.MalformedRequestException;
import dev.penstock.wire.RequestFacts;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a request body asks for, read in one pass. */
final class Ask {
    private static final JsonFactory JSON = new JsonFactory();

    /** Token ids stand for about four characters each. */
    private static final int CHARACTERS_PER_TOKEN_ID = 4;

    /** More than any model writes, and small enough that products with it fit a long. */
    private static final long MOST_OUTPUT_TOKENS = 1_000_000_000;

    String model = "";
    boolean hasPrompt;
    long promptCharacters;
    int messages;

    /** Negative when the request sets no limit. */
    long mostOutputTokens = -1;

    long n = 1;
    boolean stream;
    boolean includeUsage;
    int dimensions;
    boolean base64;

    /** Prompts of a list, inputs of an embedding: 1 for a single string. */
    int inputs;

    /** One hash per input, so that equal inputs get equal embeddings. */
    long[] inputHashes = new long[1];

    private Ask() {}

    /**
     * Reads a body.
     *
     * @param contentType as the request names it; null if it does not
     * @throws IOException when it is neither a JSON object nor, where the endpoint takes one, a form
     */
    static Ask read(Route route, @Nullable String contentType, byte[] body) throws IOException {
        Ask ask = new Ask();
        if (contentType != null && contentType.toLowerCase(Locale.ROOT).startsWith("multipart/form-data")) {
            ask.form(route, contentType, body);
            return ask;
        }
        try (JsonParser parser = JSON.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("not an object");
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                JsonToken value = parser.nextToken();
                ask.field(route, field, value, parser);
            }
            if (parser.nextToken() != null) {
                throw new IOException("more than one value");
            }
        }
        return ask;
    }

    private void form(Route route, String contentType, byte[] body) throws IOException {
        if (route != Route.IMAGES_EDITS && route != Route.AUDIO_TRANSCRIPTIONS) {
            throw new IOException("no form is taken here");
        }
        try {
            RequestFacts facts = RequestFacts.read(Endpoint.ofPath(route.path()).orElseThrow(), contentType, body);
            model = facts.model();
            n = facts.choices();
            hasPrompt = true;
            inputs = 1;
        } catch (MalformedRequestException e) {
            throw new IOException("not a form", e);
        }
    }

    private void field(Route route, String field, JsonToken value, JsonParser parser) throws IOException {
        switch (field) {
            case "model" -> model = value == JsonToken.VALUE_STRING ? parser.getText() : "";
            case "messages", "input", "prompt" -> {
                hasPrompt = true;
                prompt(route, value, parser);
            }
            case "instructions" -> text(value, parser);
            case "max_tokens", "max_completion_tokens", "max_output_tokens" -> {
                if (value == JsonToken.VALUE_NUMBER_INT) {
                    mostOutputTokens = Math.max(mostOutputTokens, Math.min(MOST_OUTPUT_TOKENS, parser.getLongValue()));
                }
            }
            case "n", "best_of" -> {
                if (value == JsonToken.VALUE_NUMBER_INT) {
                    n = Math.max(n, parser.getLongValue());
                }
            }
            case "dimensions" -> {
                if (value == JsonToken.VALUE_NUMBER_INT) {
                    dimensions = parser.getIntValue();
                }
            }
            case "stream" -> stream = value == JsonToken.VALUE_TRUE;
            case "encoding_format" ->
                base64 = value == JsonToken.VALUE_STRING && parser.getText().equals("base64");
            case "stream_options" -> streamOptions(value, parser);
            default -> parser.skipChildren();
        }
    }

    private void streamOptions(JsonToken value, JsonParser parser) throws IOException {
        if (value != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return;
        }
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            boolean isUsage = parser.currentName().equals("include_usage");
            JsonToken option = parser.nextToken();
            if (isUsage) {
                includeUsage = option == JsonToken.VALUE_TRUE;
            }
            parser.skipChildren();
        }
    }

    private void prompt(Route route, JsonToken value, JsonParser parser) throws IOException {
        if (value != JsonToken.START_ARRAY) {
            messages = Math.max(messages, 1);
            input(route, value, parser);
            return;
        }
        boolean tokenIds = false;
        for (JsonToken item = parser.nextToken(); item != JsonToken.END_ARRAY; item = parser.nextToken()) {
            if (item == JsonToken.VALUE_NUMBER_INT) {
                // One input as a list of token ids.
                if (!tokenIds) {
                    addInput(0);
                    tokenIds = true;
                }
                inputHashes[inputs - 1] = Mix.mix(inputHashes[inputs - 1] ^ parser.getLongValue());
                promptCharacters += CHARACTERS_PER_TOKEN_ID;
            } else {
                messages++;
                input(route, item, parser);
            }
        }
    }

    private void input(Route route, JsonToken value, JsonParser parser) throws IOException {
        if (route == Route.EMBEDDINGS && value == JsonToken.VALUE_STRING) {
            addInput(Mix.hash(0, parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength()));
        } else if (route == Route.EMBEDDINGS && value == JsonToken.START_ARRAY) {
            long hash = 1;
            for (JsonToken id = parser.nextToken(); id != JsonToken.END_ARRAY; id = parser.nextToken()) {
                hash = id == JsonToken.VALUE_NUMBER_INT ? Mix.mix(hash ^ parser.getLongValue()) : hash;
                text(id, parser);
            }
            addInput(hash);
            return;
        } else {
            addInput(inputs);
        }
        text(value, parser);
    }

    private void addInput(long hash) {
        if (inputs == inputHashes.length) {
            inputHashes = Arrays.copyOf(inputHashes, inputs * 4);
        }
        inputHashes[inputs++] = hash;
    }

    /** Counts the characters that a model would read; pictures, names and identifiers are none. */
    private void text(JsonToken value, JsonParser parser) throws IOException {
        switch (value) {
            case VALUE_STRING -> promptCharacters += parser.getTextLength();
            case VALUE_NUMBER_INT -> promptCharacters += CHARACTERS_PER_TOKEN_ID;
            case START_ARRAY -> {
                for (JsonToken item = parser.nextToken(); item != JsonToken.END_ARRAY; item = parser.nextToken()) {
                    text(item, parser);
                }
            }
            case START_OBJECT -> {
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    boolean isText = switch (parser.currentName()) {
                        case "content", "text", "arguments", "output", "function", "tool_calls" -> true;
                        default -> false;
                    };
                    JsonToken field = parser.nextToken();
                    if (isText) {
                        text(field, parser);
                    } else {
                        parser.skipChildren();
                    }
                }
            }
            default -> {}
        }
    }
}
