package dev.penstock.wire;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reads the few fields of a {@code multipart/form-data} body that decide its cost: {@code model}, {@code n} and {@code
 * stream}. Files are passed over without being looked at but for the boundary. Single-owner, used once.
 *
 * <p>Grammar: RFC 2046 5.1.1 for the parts and RFC 7578 for their names; lines end in CR LF.
 */
final class MultipartReader {
    private static final String FORM = "multipart/form-data";
    /** The standard's own bound. */
    private static final int LONGEST_BOUNDARY = 70;

    private static final int MOST_PARTS = 1_000;
    private static final int MOST_HEADER_BYTES = 8_192;
    private static final int MOST_VALUE_BYTES = 256;
    private static final int MOST_CHOICES = 1_000;

    private final Endpoint endpoint;
    private final byte[] body;
    private final byte[] delimiter;

    private String model = "";
    private int choices = 1;
    private boolean stream;

    private MultipartReader(Endpoint endpoint, byte[] body, String boundary) {
        this.endpoint = endpoint;
        this.body = body;
        this.delimiter = ("--" + boundary).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Whether a content type is that of a form. */
    static boolean isForm(String contentType) {
        return contentType.length() >= FORM.length()
                && contentType.substring(0, FORM.length()).equalsIgnoreCase(FORM)
                && (contentType.length() == FORM.length() || " ;\t".indexOf(contentType.charAt(FORM.length())) >= 0);
    }

    /**
     * The facts of a form.
     *
     * @throws MalformedRequestException if the body is not one form with this content type's boundary
     */
    static RequestFacts read(Endpoint endpoint, String contentType, byte[] body) {
        Optional<String> boundary =
                parameter(contentType, "boundary").filter(text -> !text.isEmpty() && text.length() <= LONGEST_BOUNDARY);
        if (boundary.isEmpty()) {
            throw new MalformedRequestException(
                    1,
                    1,
                    "the content type of a form must name its boundary, of 1 to " + LONGEST_BOUNDARY + " characters");
        }
        return new MultipartReader(endpoint, body, boundary.get()).read();
    }

    private RequestFacts read() {
        int at = startsAt(0, delimiter) ? 0 : nextDelimiter(0);
        for (int parts = 0; parts < MOST_PARTS; parts++) {
            if (at < 0) {
                throw wrong(body.length, "the form must end with its boundary and two dashes");
            }
            int after = at + delimiter.length;
            if (hasAt(after, '-') && hasAt(after + 1, '-')) {
                return facts();
            }
            while (hasAt(after, ' ') || hasAt(after, '\t')) {
                after++;
            }
            if (!hasAt(after, '\r') || !hasAt(after + 1, '\n')) {
                throw wrong(after, "a boundary of the form must end its line");
            }
            at = part(after + 2);
        }
        throw wrong(at, "a form must have at most " + MOST_PARTS + " parts");
    }

    private RequestFacts facts() {
        return new RequestFacts(endpoint, model, TextSize.NONE, 0, 0, 0, 0, OptionalLong.empty(), choices, stream);
    }

    /** Reads one part and returns where the delimiter after it begins; negative if there is none. */
    private int part(int start) {
        String name = null;
        boolean isFile = false;
        int line = start;
        while (!(hasAt(line, '\r') && hasAt(line + 1, '\n'))) {
            int end = endOfLine(line, start + MOST_HEADER_BYTES);
            String header = new String(body, line, end - line, StandardCharsets.UTF_8);
            int colon = header.indexOf(':');
            if (colon > 0 && header.substring(0, colon).strip().equalsIgnoreCase("content-disposition")) {
                name = parameter(header, "name").orElse(null);
                isFile = parameter(header, "filename").isPresent()
                        || parameter(header, "filename*").isPresent();
            }
            line = end + 2;
        }
        // The line break before a delimiter belongs to it, and the empty line may be that very break.
        int content = line + 2;
        int delimiterAt = nextDelimiter(line);
        if (name != null && !isFile && delimiterAt >= 0) {
            field(name, content, Math.max(content, delimiterAt - 2));
        }
        return delimiterAt;
    }

    private int endOfLine(int from, int limit) {
        for (int at = from; at < limit && at + 1 < body.length; at++) {
            if (body[at] == '\r' && body[at + 1] == '\n') {
                return at;
            }
        }
        throw wrong(
                from,
                "the headers of a form's part must end with an empty line, within " + MOST_HEADER_BYTES + " bytes");
    }

    private void field(String name, int from, int to) {
        switch (name) {
            case "model" -> model = value(name, from, to);
            case "n" -> {
                String text = value(name, from, to);
                if (!text.matches("\\d{1,4}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > MOST_CHOICES) {
                    throw wrong(from, "n must be a whole number from 1 to " + MOST_CHOICES);
                }
                choices = Integer.parseInt(text);
            }
            case "stream" -> {
                String text = value(name, from, to).toLowerCase(Locale.ROOT);
                stream = text.equals("true") || text.equals("1");
            }
            default -> {}
        }
    }

    private String value(String name, int from, int to) {
        if (to - from > MOST_VALUE_BYTES) {
            throw wrong(from, name + " must have at most " + MOST_VALUE_BYTES + " bytes");
        }
        return new String(body, from, to - from, StandardCharsets.UTF_8).strip();
    }

    /** Where the delimiter begins that stands at the start of a line after {@code from}; negative if there is none. */
    private int nextDelimiter(int from) {
        for (int at = from; at + 2 + delimiter.length <= body.length; at++) {
            if (body[at] == '\r' && body[at + 1] == '\n' && startsAt(at + 2, delimiter)) {
                return at + 2;
            }
        }
        return -1;
    }

    private boolean startsAt(int at, byte[] bytes) {
        if (at + bytes.length > body.length) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            if (body[at + i] != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    private boolean hasAt(int at, char expected) {
        return at < body.length && body[at] == expected;
    }

    /** A parameter of a header's value, unquoted. A name that only ends in it, or stands in quotes, is another one. */
    private static Optional<String> parameter(String header, String name) {
        int at = 0;
        while (at < header.length()) {
            at = header.indexOf(';', at);
            if (at < 0) {
                return Optional.empty();
            }
            int equals = at + 1;
            while (equals < header.length() && header.charAt(equals) != '=' && header.charAt(equals) != ';') {
                equals++;
            }
            if (equals == header.length() || header.charAt(equals) == ';') {
                at = equals;
                continue;
            }
            boolean found = header.substring(at + 1, equals).strip().equalsIgnoreCase(name);
            StringBuilder value = new StringBuilder();
            at = value(header, equals + 1, value);
            if (found) {
                return Optional.of(value.toString());
            }
        }
        return Optional.empty();
    }

    /** Reads a token or a quoted string and returns where it ends. */
    private static int value(String header, int from, StringBuilder into) {
        int at = from;
        while (at < header.length() && header.charAt(at) == ' ') {
            at++;
        }
        if (at < header.length() && header.charAt(at) == '"') {
            at++;
            while (at < header.length() && header.charAt(at) != '"') {
                if (header.charAt(at) == '\\' && at + 1 < header.length()) {
                    at++;
                }
                into.append(header.charAt(at++));
            }
            return Math.min(header.length(), at + 1);
        }
        int end = header.indexOf(';', at);
        end = end < 0 ? header.length() : end;
        into.append(header.substring(at, end).strip());
        return end;
    }

    private MalformedRequestException wrong(int at, String expected) {
        int line = 1;
        int lineStart = 0;
        for (int i = 0; i < Math.min(at, body.length); i++) {
            if (body[i] == '\n') {
                line++;
                lineStart = i + 1;
            }
        }
        return new MalformedRequestException(line, Math.max(1, at - lineStart + 1), expected);
    }
}
