package dev.penstock.diagnosis;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads the archive of requests that browsers and proxies write, entry by entry, keeping only what a refusal says. */
final class HarReader {
    private static final int LOOKED_AT = 2_000;
    private static final int LONGEST_BODY = 64 << 10;
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(200)
                    .maxStringLength(8 << 20)
                    .build())
            .build();

    private HarReader() {}

    static boolean looksLikeOne(byte[] buffer, int length) {
        String head = new String(buffer, 0, Math.min(length, LOOKED_AT), StandardCharsets.ISO_8859_1);
        return head.matches("(?s)[\\u00ef\\u00bb\\u00bf]{0,3}\\s*\\{\\s*\"log\"\\s*:\\s*\\{.*")
                && (head.contains("\"entries\"") || head.contains("\"creator\"") || head.contains("\"version\""));
    }

    /**
     * Reads to the end; what is cut off or broken ends it, and what was read until then counts.
     *
     * @return bytes read
     */
    static long read(byte[] head, int length, InputStream rest, TimeStamps stamps, Collector to) throws IOException {
        InputStream in = new SequenceInputStream(new ByteArrayInputStream(head, 0, length), rest);
        try (JsonParser parser = JSON.createParser(in)) {
            long entry = 0;
            try {
                JsonToken token = parser.nextToken();
                while (token != null) {
                    if (token == JsonToken.FIELD_NAME && parser.currentName().equals("entries")) {
                        if (parser.nextToken() == JsonToken.START_ARRAY) {
                            while (parser.nextToken() == JsonToken.START_OBJECT) {
                                entry++;
                                entry(parser, stamps, to, entry);
                            }
                        }
                    }
                    token = parser.nextToken();
                }
            } catch (com.fasterxml.jackson.core.JsonProcessingException cutOff) {
                long at = parser.currentLocation().getByteOffset();
                to.remark("the HAR file is broken or cut off at byte " + at
                        + "; only what stands before was read, save it again for the rest");
                return at;
            }
            return Math.max(length, parser.currentLocation().getByteOffset());
        }
    }

    private static void entry(JsonParser parser, TimeStamps stamps, Collector to, long number) throws IOException {
        StringBuilder answer = new StringBuilder();
        String url = "";
        String started = "";
        String asked = "";
        String body = "";
        boolean base64 = false;
        int status = 0;
        String name = "";
        String part = "";
        String header = "";
        int depth = 1;
        while (depth > 0) {
            JsonToken token = parser.nextToken();
            if (token == null) {
                break;
            }
            switch (token) {
                case START_OBJECT, START_ARRAY -> {
                    depth++;
                    if (depth == 2) {
                        part = String.valueOf(parser.currentName());
                    }
                }
                case END_OBJECT, END_ARRAY -> depth--;
                case FIELD_NAME -> name = parser.currentName();
                case VALUE_STRING -> {
                    boolean response = part.equals("response");
                    if (depth == 1 && name.equals("startedDateTime")) {
                        started = parser.getText();
                    } else if (part.equals("request") && depth == 2 && name.equals("url")) {
                        url = parser.getText();
                    } else if (part.equals("request") && depth == 3 && name.equals("text")) {
                        asked = shortened(parser.getText());
                    } else if (response && depth == 4 && name.equals("name")) {
                        header = parser.getText();
                    } else if (response && depth == 4 && name.equals("value") && answer.length() < LONGEST_BODY) {
                        answer.append(header)
                                .append(": ")
                                .append(shortened(parser.getText()))
                                .append('\n');
                    } else if (response && depth == 3 && name.equals("text") && status != 200) {
                        body = shortened(parser.getText());
                    } else if (response && depth == 3 && name.equals("encoding")) {
                        base64 = parser.getText().equals("base64");
                    }
                }
                case VALUE_NUMBER_INT -> {
                    if (part.equals("response") && depth == 2 && name.equals("status")) {
                        status = parser.getIntValue();
                    }
                }
                case NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE, VALUE_NULL -> {}
            }
        }
        OptionalLong at = stamps.read(started);
        boolean call = url.contains("/v1/") || url.contains("openai") || url.contains("anthropic");
        if (call && status >= 200 && status < 300) {
            to.answered();
            Optional<String> model = BlockReader.model(RequestBodies.blanked(asked));
            at.ifPresent(time -> to.answered(model, time));
            return;
        }
        if (status < 400) {
            return;
        }
        BlockReader.Reading reading = BlockReader.read(
                "HTTP/1.1 " + status + "\n" + (call ? url + "\n" : "") + answer + "\n"
                        + (base64 ? decoded(body) : body),
                false);
        if (reading.findings().isEmpty()) {
            to.notes(reading);
        } else {
            // Entries are no lines: none tells what another one told.
            to.take(reading, at, number * 1_000);
        }
    }

    private static String shortened(String text) {
        return text.length() > LONGEST_BODY ? text.substring(0, LONGEST_BODY) : text;
    }

    private static String decoded(String body) {
        try {
            String whole = body.substring(0, body.length() / 4 * 4);
            return new String(Base64.getDecoder().decode(whole), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notBase64) {
            return body;
        }
    }
}
