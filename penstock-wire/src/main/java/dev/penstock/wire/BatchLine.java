package dev.penstock.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One line of a batch's output or error file. Two forms are known: a response, whatever its status, or a null response
 * and an error for a row that never ran.
 *
 * @param customId the row's own name
 * @param status the HTTP status; empty without a response. Some answers were seen to say 0
 * @param body the response's body byte by byte, empty without one. Not copied: nobody may change it
 * @param errorCode the code of an error beside the response, such as {@code batch_expired}; empty without one
 * @param errorMessage likewise
 * @see <a href="https://platform.openai.com/docs/api-reference/batch/request-output">The request output object</a>
 */
@SuppressWarnings("ArrayRecordComponent")
public record BatchLine(
        String customId,
        OptionalInt status,
        Optional<String> requestId,
        byte[] body,
        String errorCode,
        String errorMessage) {

    /** A line; empty if it is blank, is not JSON or names no row. Stateless and thread-safe. */
    public static Optional<BatchLine> read(byte[] bytes, int offset, int length) {
        try (JsonParser json = RequestReader.JSON.createParser(bytes, offset, length)) {
            return new Reader(bytes, offset).read(json);
        } catch (IOException cutOffOrNotJson) {
            return Optional.empty();
        }
    }

    /** Single-owner, used once. */
    private static final class Reader {
        private final byte[] bytes;
        private final int offset;
        private String customId = "";
        private OptionalInt status = OptionalInt.empty();
        private Optional<String> requestId = Optional.empty();
        private byte[] body = {};
        private String errorCode = "";
        private String errorMessage = "";

        Reader(byte[] bytes, int offset) {
            this.bytes = bytes;
            this.offset = offset;
        }

        Optional<BatchLine> read(JsonParser json) throws IOException {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                if (name.equals("custom_id") && value == JsonToken.VALUE_STRING) {
                    customId = json.getText();
                } else if (name.equals("response") && value == JsonToken.START_OBJECT) {
                    response(json);
                } else if (name.equals("error") && value == JsonToken.START_OBJECT) {
                    error(json);
                } else {
                    json.skipChildren();
                }
            }
            return customId.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new BatchLine(customId, status, requestId, body, errorCode, errorMessage));
        }

        private void response(JsonParser json) throws IOException {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                switch (name) {
                    case "status_code" ->
                        status = value == JsonToken.VALUE_NUMBER_INT
                                ? OptionalInt.of(json.getIntValue())
                                : OptionalInt.empty();
                    case "request_id" ->
                        requestId = Optional.ofNullable(value == JsonToken.VALUE_STRING ? json.getText() : null)
                                .filter(id -> !id.isEmpty());
                    case "body" -> {
                        int from = (int) json.currentTokenLocation().getByteOffset();
                        if (value.isStructStart()) {
                            json.skipChildren();
                            int to = (int) json.currentLocation().getByteOffset();
                            body = Arrays.copyOfRange(bytes, offset + from, offset + to);
                        }
                    }
                    default -> {}
                }
                json.skipChildren();
            }
        }

        private void error(JsonParser json) throws IOException {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                boolean text = json.nextToken() == JsonToken.VALUE_STRING;
                if (text && name.equals("code")) {
                    errorCode = json.getText();
                } else if (text && name.equals("message")) {
                    errorMessage = json.getText();
                } else {
                    json.skipChildren();
                }
            }
        }
    }
}
