package dev.penstock.jobs;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One record of comma- or tab-separated values, cut into fields as RFC 4180 says. A quote only opens a field at its
 * very beginning; elsewhere in an unquoted field it is a character. Reused from record to record; not thread-safe.
 */
final class DelimitedRecord {
    private final byte delimiter;
    private byte[] bytes = {};
    private int start;
    private int[] from = new int[16];
    private int[] to = new int[16];
    private boolean[] doubled = new boolean[16];
    private int count;

    DelimitedRecord(byte delimiter) {
        this.delimiter = delimiter;
    }

    /** Cuts a record that has no line end behind it. The bytes are kept, not copied. */
    void read(byte[] record, int offset, int length) throws BadRowException {
        bytes = record;
        start = offset;
        count = 0;
        int end = offset + length;
        int at = offset;
        while (true) {
            if (count == from.length) {
                from = Arrays.copyOf(from, 2 * count);
                to = Arrays.copyOf(to, 2 * count);
                doubled = Arrays.copyOf(doubled, 2 * count);
            }
            doubled[count] = false;
            at = at < end && bytes[at] == '"' ? quoted(at + 1, end) : unquoted(at, end);
            count++;
            if (at == end) {
                return;
            }
            at++;
        }
    }

    private int unquoted(int begin, int end) throws BadRowException {
        int at = begin;
        while (at < end && bytes[at] != delimiter) {
            if (bytes[at] == '\r') {
                throw new BadRowException(
                        at - start,
                        "a carriage return stands alone; lines must end in LF or CR LF, and a value with line breaks"
                                + " must be in quotes");
            }
            at++;
        }
        from[count] = begin;
        to[count] = at;
        return at;
    }

    private int quoted(int begin, int end) throws BadRowException {
        int at = begin;
        while (at < end) {
            if (bytes[at] != '"') {
                at++;
            } else if (at + 1 < end && bytes[at + 1] == '"') {
                doubled[count] = true;
                at += 2;
            } else {
                from[count] = begin;
                to[count] = at;
                if (at + 1 < end && bytes[at + 1] != delimiter) {
                    throw new BadRowException(
                            at + 1 - start,
                            "text follows a closing quote; expected the next field. A quote inside a quoted field is"
                                    + " written twice");
                }
                return at + 1;
            }
        }
        throw new BadRowException(begin - 1 - start, "a quoted field is not closed; expected a quote before its end");
    }

    /** How many fields the record has; at least 1. */
    int count() {
        return count;
    }

    /** The value of a field. */
    String text(int field) {
        String text = new String(bytes, from[field], to[field] - from[field], StandardCharsets.UTF_8);
        return doubled[field] ? text.replace("\"\"", "\"") : text;
    }

    List<String> texts() {
        List<String> all = new ArrayList<>(count);
        for (int field = 0; field < count; field++) {
            all.add(text(field));
        }
        return all;
    }

    /** The value as a field of a record: quoted where it must be. */
    static void append(ByteText out, String value, byte delimiter) {
        boolean quoted = false;
        for (int i = 0; i < value.length() && !quoted; i++) {
            char c = value.charAt(i);
            quoted = c == delimiter || c == '"' || c == '\n' || c == '\r';
        }
        if (quoted) {
            out.append((byte) '"').append(value.replace("\"", "\"\"")).append((byte) '"');
        } else {
            out.append(value);
        }
    }
}
