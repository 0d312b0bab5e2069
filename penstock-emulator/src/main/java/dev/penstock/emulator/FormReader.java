package dev.penstock.emulator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@code multipart/form-data} body piece by piece: the part {@code file} goes on as it comes, the others are short
 * and are kept. Grammar: RFC 2046 5.1.1 and RFC 7578. One owner, used once.
 */
final class FormReader {
    private static final int MOST_PARTS = 100;
    private static final int MOST_HEADER_BYTES = 8_192;
    private static final int MOST_VALUE_BYTES = 4_096;
    private static final Pattern BOUNDARY =
            Pattern.compile(";\\s*boundary\\s*=\\s*(?:\"([^\"]{1,70})\"|([^;\\s]{1,70}))", Pattern.CASE_INSENSITIVE);
    private static final Pattern PARAMETER =
            Pattern.compile(";\\s*([A-Za-z]+)\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^;\\s\"]+))");
    private static final byte[] END_OF_HEADERS = {'\r', '\n', '\r', '\n'};

    private final byte[] delimiter;
    private final Sink sink;
    private final Map<String, String> fields = new HashMap<>();
    private @Nullable String fileName;
    private boolean hasFile;
    private State state = State.PREAMBLE;
    private byte[] pending = {'\r', '\n'};
    private int from;
    private int to = 2;
    private int parts;
    private String name = "";
    private int valueLength;
    private byte[] value = new byte[64];

    /** Where the file's content goes. */
    @FunctionalInterface
    interface Sink {
        void write(byte[] bytes, int offset, int length) throws IOException;
    }

    /** The body is not a form, or not one that can be taken. */
    static final class BadFormException extends IOException {
        private static final long serialVersionUID = 1;

        BadFormException(String message) {
            super(message);
        }
    }

    private enum State {
        PREAMBLE,
        AFTER_DELIMITER,
        HEADERS,
        CONTENT,
        DONE
    }

    FormReader(byte[] boundary, Sink sink) {
        this.delimiter = new byte[boundary.length + 4];
        delimiter[0] = '\r';
        delimiter[1] = '\n';
        delimiter[2] = '-';
        delimiter[3] = '-';
        System.arraycopy(boundary, 0, delimiter, 4, boundary.length);
        this.sink = sink;
    }

    /** The boundary that a content type names; empty when it is not that of a form. */
    static Optional<byte[]> boundary(@Nullable String contentType) {
        if (contentType == null || !contentType.toLowerCase(Locale.ROOT).startsWith("multipart/form-data")) {
            return Optional.empty();
        }
        Matcher found = BOUNDARY.matcher(contentType);
        if (!found.find()) {
            return Optional.empty();
        }
        String text = found.group(1) != null ? found.group(1) : found.group(2);
        return Optional.of(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** @throws BadFormException when this cannot be part of a form */
    void read(byte[] piece) throws IOException {
        append(piece);
        boolean progress = true;
        while (progress) {
            progress = switch (state) {
                case PREAMBLE, CONTENT -> content();
                case AFTER_DELIMITER -> afterDelimiter();
                case HEADERS -> headers();
                case DONE -> {
                    from = to;
                    yield false;
                }
            };
        }
    }

    /** @throws BadFormException when the form is not complete */
    void end() throws BadFormException {
        if (state != State.DONE) {
            throw new BadFormException("the form must end with its boundary and two dashes");
        }
    }

    Optional<String> field(String name) {
        return Optional.ofNullable(fields.get(name));
    }

    boolean hasFile() {
        return hasFile;
    }

    /** The name of the file; empty when it has none. */
    String fileName() {
        return fileName == null ? "" : fileName;
    }

    private void append(byte[] piece) {
        int left = to - from;
        if (pending.length < left + piece.length) {
            pending = Arrays.copyOf(Arrays.copyOfRange(pending, from, to), left + piece.length);
        } else {
            System.arraycopy(pending, from, pending, 0, left);
        }
        System.arraycopy(piece, 0, pending, left, piece.length);
        from = 0;
        to = left + piece.length;
    }

    private boolean content() throws IOException {
        int at = indexOf(delimiter);
        // What may be the beginning of a delimiter stays until more has come.
        int end = at >= 0 ? at : Math.max(from, to - delimiter.length + 1);
        if (state == State.CONTENT) {
            partContent(from, end - from);
        }
        from = end;
        if (at < 0) {
            return false;
        }
        if (state == State.CONTENT && !name.equals("file")) {
            fields.put(name, new String(value, 0, valueLength, StandardCharsets.UTF_8));
        }
        from += delimiter.length;
        state = State.AFTER_DELIMITER;
        return true;
    }

    private void partContent(int offset, int length) throws IOException {
        if (name.equals("file")) {
            sink.write(pending, offset, length);
            return;
        }
        if (valueLength + length > MOST_VALUE_BYTES) {
            throw new BadFormException(
                    "a part of the form other than the file must have at most " + MOST_VALUE_BYTES + " bytes");
        }
        if (value.length < valueLength + length) {
            value = Arrays.copyOf(value, MOST_VALUE_BYTES);
        }
        System.arraycopy(pending, offset, value, valueLength, length);
        valueLength += length;
    }

    private boolean afterDelimiter() throws BadFormException {
        int at = from;
        while (at < to && (pending[at] == ' ' || pending[at] == '\t')) {
            at++;
        }
        if (at - from > MOST_HEADER_BYTES) {
            throw new BadFormException(
                    "a boundary of the form must end its line within " + MOST_HEADER_BYTES + " bytes");
        }
        if (to - at < 2) {
            return false;
        }
        if (pending[at] == '-' && pending[at + 1] == '-') {
            state = State.DONE;
            return true;
        }
        if (pending[at] != '\r' || pending[at + 1] != '\n') {
            throw new BadFormException("a boundary of the form must end its line");
        }
        if (++parts > MOST_PARTS) {
            throw new BadFormException("a form must have at most " + MOST_PARTS + " parts");
        }
        // The line break stays: together with an empty line it ends the headers of a part that has none.
        from = at;
        state = State.HEADERS;
        return true;
    }

    private boolean headers() throws BadFormException {
        int at = indexOf(END_OF_HEADERS);
        if ((at < 0 ? to : at) - from > MOST_HEADER_BYTES) {
            throw new BadFormException(
                    "the headers of a form's part must end with an empty line, within " + MOST_HEADER_BYTES + " bytes");
        }
        if (at < 0) {
            return false;
        }
        name = "";
        valueLength = 0;
        for (String header : new String(pending, from, at - from, StandardCharsets.UTF_8).split("\r\n", -1)) {
            if (header.toLowerCase(Locale.ROOT).startsWith("content-disposition:")) {
                disposition(header);
            }
        }
        if (name.equals("file")) {
            if (hasFile) {
                throw new BadFormException("a form must have one file");
            }
            hasFile = true;
        }
        from = at + END_OF_HEADERS.length;
        state = State.CONTENT;
        return true;
    }

    private void disposition(String header) {
        Matcher parameter = PARAMETER.matcher(header);
        String file = null;
        while (parameter.find()) {
            String text =
                    parameter.group(2) != null ? parameter.group(2).replaceAll("\\\\(.)", "$1") : parameter.group(3);
            switch (parameter.group(1).toLowerCase(Locale.ROOT)) {
                case "name" -> name = text;
                case "filename" -> file = text;
                default -> {}
            }
        }
        if (name.equals("file")) {
            fileName = file;
        }
    }

    private int indexOf(byte[] wanted) {
        for (int at = from; at + wanted.length <= to; at++) {
            if (pending[at] == wanted[0] && Arrays.equals(pending, at, at + wanted.length, wanted, 0, wanted.length)) {
                return at;
            }
        }
        return -1;
    }
}
