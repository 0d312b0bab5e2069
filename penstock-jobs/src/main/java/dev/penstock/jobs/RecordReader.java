package dev.penstock.jobs;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Cuts a stream of bytes into the records of a text file in one pass: lines, or delimited records whose quoted fields
 * may span lines. Blank lines are skipped. A record is a range of {@link #bytes}, valid until the next call; memory is
 * one buffer, as long as the longest record. Not thread-safe.
 */
final class RecordReader implements Closeable {
    /** Why {@link #next} gave no record. */
    enum Found {
        RECORD,
        /** Longer than the limit; it was skipped up to its line end. */
        TOO_LONG,
        END
    }

    /** Where the cutting stands inside a record; only delimited records know more than PLAIN. */
    private enum State {
        PLAIN,
        FIELD_START,
        QUOTED,
        QUOTE_IN_QUOTED
    }

    private static final int NO_DELIMITER = -1;
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private final InputStream in;
    private final MessageDigest digest;
    private final int delimiter;
    private final int longest;

    private byte[] bytes;
    /** The file's offset of the buffer's first byte. */
    private long base;
    /** End of what was read into the buffer. */
    private int limit;
    /** Where the next record begins. */
    private int position;

    private boolean ended;
    private boolean started;

    private int start;
    private int length;
    private long line = 1;
    private long nextLine = 1;
    private long quoteLine;
    private boolean openQuote;

    private RecordReader(InputStream in, MessageDigest digest, int delimiter, int buffer, int longest) {
        this.in = in;
        this.digest = digest;
        this.delimiter = delimiter;
        this.longest = longest;
        this.bytes = new byte[buffer];
    }

    static RecordReader ofLines(InputStream in, MessageDigest digest, int buffer, int longest) {
        return new RecordReader(in, digest, NO_DELIMITER, buffer, longest);
    }

    static RecordReader ofDelimited(InputStream in, MessageDigest digest, byte delimiter, int buffer, int longest) {
        return new RecordReader(in, digest, delimiter, buffer, longest);
    }

    /** The next record that is not blank. */
    Found next() throws IOException {
        if (!started) {
            started = true;
            skipByteOrderMark();
        }
        while (true) {
            line = nextLine;
            State state = delimiter == NO_DELIMITER ? State.PLAIN : State.FIELD_START;
            int at = position;
            boolean tooLong = false;
            boolean endOfRecord = false;
            while (!endOfRecord) {
                if (at == limit) {
                    if (at - position > longest && !tooLong) {
                        if (state == State.QUOTED) {
                            start = position;
                            length = at - position;
                            openQuote = true;
                            return Found.TOO_LONG;
                        }
                        tooLong = true;
                    }
                    if (tooLong) {
                        // Only the line end is still of interest: let the buffer be used again.
                        position = at;
                    }
                    int moved = position;
                    boolean more = fill();
                    at -= moved - position;
                    if (!more) {
                        break;
                    }
                    continue;
                }
                if (state == State.PLAIN && delimiter == NO_DELIMITER) {
                    while (at < limit && bytes[at] != '\n') {
                        at++;
                    }
                    if (at < limit) {
                        endOfRecord = true;
                        at++;
                        nextLine++;
                    }
                    continue;
                }
                byte b = bytes[at++];
                switch (state) {
                    case PLAIN, FIELD_START, QUOTE_IN_QUOTED -> {
                        if (b == '\n') {
                            nextLine++;
                            endOfRecord = true;
                        } else if (b == delimiter) {
                            state = State.FIELD_START;
                        } else if (b == '"' && state != State.PLAIN) {
                            if (state == State.FIELD_START) {
                                quoteLine = nextLine;
                            }
                            state = State.QUOTED;
                        } else {
                            state = State.PLAIN;
                        }
                    }
                    case QUOTED -> {
                        if (b == '"') {
                            state = State.QUOTE_IN_QUOTED;
                        } else if (b == '\n') {
                            nextLine++;
                        }
                    }
                }
            }
            if (at == position && !tooLong) {
                return Found.END;
            }
            openQuote = state == State.QUOTED;
            start = position;
            length = at - position;
            position = at;
            if (tooLong) {
                return Found.TOO_LONG;
            }
            if (length > 0 && bytes[start + length - 1] == '\n') {
                length--;
            }
            if (length > 0 && bytes[start + length - 1] == '\r') {
                length--;
            }
            if (length > longest) {
                return Found.TOO_LONG;
            }
            if (!isBlank()) {
                return Found.RECORD;
            }
        }
    }

    /** The buffer that holds the record; replaced when it grows. */
    byte[] bytes() {
        return bytes;
    }

    /** Index of the record's first byte in {@link #bytes}. */
    int start() {
        return start;
    }

    /** Bytes of the record, without its line end. */
    int length() {
        return length;
    }

    /** The record's place in the file. */
    long offset() {
        return base + start;
    }

    /** The record's first line, counted from 1. */
    long line() {
        return line;
    }

    /** The line on which the last quoted field of the record opened. */
    long quoteLine() {
        return quoteLine;
    }

    /** Whether the record ends, or became too long, inside a quoted field: the rest of the file cannot be trusted. */
    boolean openQuote() {
        return openQuote;
    }

    /** Bytes of the file read so far. */
    long bytesRead() {
        return base + limit;
    }

    private boolean isBlank() {
        for (int at = start; at < start + length; at++) {
            byte b = bytes[at];
            // In a tab-separated record tabs are empty fields.
            if (b != ' ' && b != '\r' && (b != '\t' || delimiter == '\t')) {
                return false;
            }
        }
        return true;
    }

    /** Drops what lies before the current record and reads more behind it; false at the end of the file. */
    private boolean fill() throws IOException {
        if (ended) {
            return false;
        }
        System.arraycopy(bytes, position, bytes, 0, limit - position);
        base += position;
        limit -= position;
        position = 0;
        if (limit == bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.multiplyExact(2, bytes.length));
        }
        int read = in.read(bytes, limit, bytes.length - limit);
        if (read < 0) {
            ended = true;
            return false;
        }
        digest.update(bytes, limit, read);
        limit += read;
        return true;
    }

    private void skipByteOrderMark() throws IOException {
        while (limit < BYTE_ORDER_MARK.length) {
            if (!fill()) {
                return;
            }
        }
        if (Arrays.equals(bytes, 0, BYTE_ORDER_MARK.length, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length)) {
            position = BYTE_ORDER_MARK.length;
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
