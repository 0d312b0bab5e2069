package dev.penstock.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a whole answer of status 200 holds.
 *
 * @param text the generated text of the first choice; empty for embeddings, moderations, tool calls and refusals
 * @param finishReason why generation ended, in the provider's word: {@code finish_reason}, or the {@code status} of a
 *     response; empty for embeddings and moderations
 * @param usage what is billed; empty if the answer does not say
 */
public record AnswerBody(Optional<String> text, Optional<String> finishReason, Optional<Usage> usage) {

    /**
     * Reads an answer in one pass. Stateless and thread-safe.
     *
     * @return empty if the body is cut off, is not one JSON object, or is not an answer of this endpoint, for example an
     *     error that was sent with status 200
     */
    public static Optional<AnswerBody> read(Endpoint endpoint, byte[] body) {
        return read(endpoint, body, true);
    }

    /**
     * What {@link #read} finds to be billed, for who does not want the text: it is skipped, which takes much less time.
     * Stateless and thread-safe.
     */
    public static Optional<Usage> usage(Endpoint endpoint, byte[] body) {
        return read(endpoint, body, false).flatMap(AnswerBody::usage);
    }

    private static Optional<AnswerBody> read(Endpoint endpoint, byte[] body, boolean textWanted) {
        if (endpoint == Endpoint.AUDIO_TRANSCRIPTIONS || endpoint == Endpoint.AUDIO_SPEECH) {
            // Sound, JSON or one of several texts: whether it is whole cannot be told.
            return body.length == 0
                    ? Optional.empty()
                    : Optional.of(new AnswerBody(Optional.empty(), Optional.empty(), Optional.empty()));
        }
        try (JsonParser parser = RequestReader.JSON.createParser(body)) {
            return new Reader(endpoint, textWanted).read(parser);
        } catch (IOException cutOffOrNotJson) {
            return Optional.empty();
        }
    }

    /** Single-owner, used once. */
    private static final class Reader {
        private final Endpoint endpoint;
        private final boolean textWanted;
        private @Nullable StringBuilder text;
        private @Nullable String finishReason;
        private @Nullable Usage usage;
        private boolean hasResults;

        Reader(Endpoint endpoint, boolean textWanted) {
            this.endpoint = endpoint;
            this.textWanted = textWanted;
        }

        Optional<AnswerBody> read(JsonParser parser) throws IOException {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            String results = switch (endpoint) {
                case CHAT_COMPLETIONS, COMPLETIONS -> "choices";
                case RESPONSES -> "output";
                case EMBEDDINGS, IMAGES_GENERATIONS, IMAGES_EDITS -> "data";
                case MODERATIONS -> "results";
                // Not asked: their answers are of many forms.
                case AUDIO_TRANSCRIPTIONS, AUDIO_SPEECH -> "";
            };
            boolean failed = false;
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (name.equals(results) && value == JsonToken.START_ARRAY) {
                    hasResults = true;
                    if (textWanted) {
                        results(parser);
                    } else {
                        parser.skipChildren();
                    }
                } else if (name.equals("usage") && value == JsonToken.START_OBJECT) {
                    usage = UsageReader.read(parser);
                } else if (name.equals("status") && endpoint == Endpoint.RESPONSES) {
                    finishReason = parser.getValueAsString();
                    parser.skipChildren();
                } else {
                    failed |= name.equals("error") && value != JsonToken.VALUE_NULL;
                    parser.skipChildren();
                }
            }
            if (failed || !hasResults || parser.nextToken() != null) {
                return Optional.empty();
            }
            return Optional.of(new AnswerBody(
                    Optional.ofNullable(text).map(StringBuilder::toString),
                    Optional.ofNullable(finishReason),
                    Optional.ofNullable(usage)));
        }

        private void results(JsonParser parser) throws IOException {
            boolean first = true;
            for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
                if (token == JsonToken.START_OBJECT && endpoint == Endpoint.RESPONSES) {
                    outputItem(parser);
                } else if (token == JsonToken.START_OBJECT && endpoint.generates() && first) {
                    choice(parser);
                } else {
                    parser.skipChildren();
                }
                first = false;
            }
        }

        private void choice(JsonParser parser) throws IOException {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                switch (name) {
                    case "finish_reason" -> finishReason = parser.getValueAsString();
                    case "text" -> append(parser, value);
                    case "message" -> {
                        if (value == JsonToken.START_OBJECT) {
                            message(parser);
                        }
                    }
                    default -> {}
                }
                // Whatever was not read, or is not of the expected form.
                parser.skipChildren();
            }
        }

        private void message(JsonParser parser) throws IOException {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (name.equals("content")) {
                    append(parser, value);
                }
                parser.skipChildren();
            }
        }

        /** One item of a response; only messages have content of type output_text. */
        private void outputItem(JsonParser parser) throws IOException {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (!name.equals("content") || value != JsonToken.START_ARRAY) {
                    parser.skipChildren();
                    continue;
                }
                for (JsonToken part = parser.nextToken(); part != JsonToken.END_ARRAY; part = parser.nextToken()) {
                    if (part == JsonToken.START_OBJECT) {
                        contentPart(parser);
                    } else {
                        parser.skipChildren();
                    }
                }
            }
        }

        private void contentPart(JsonParser parser) throws IOException {
            String type = null;
            String partText = null;
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (value == JsonToken.VALUE_STRING && name.equals("type")) {
                    type = parser.getText();
                } else if (value == JsonToken.VALUE_STRING && name.equals("text")) {
                    partText = parser.getText();
                } else {
                    parser.skipChildren();
                }
            }
            if ("output_text".equals(type) && partText != null) {
                builder().append(partText);
            }
        }

        private void append(JsonParser parser, JsonToken value) throws IOException {
            if (value == JsonToken.VALUE_STRING) {
                builder().append(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
            }
        }

        private StringBuilder builder() {
            StringBuilder current = text;
            if (current == null) {
                current = new StringBuilder();
                text = current;
            }
            return current;
        }
    }
}
