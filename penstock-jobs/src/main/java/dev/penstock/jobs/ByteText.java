package dev.penstock.jobs;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Growing UTF-8 text with the few ways of writing that requests and output lines need. Not thread-safe. */
final class ByteText {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private byte[] bytes;
    private int size;

    ByteText(int capacity) {
        bytes = new byte[capacity];
    }

    void clear() {
        size = 0;
    }

    int size() {
        return size;
    }

    byte[] array() {
        return bytes;
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    ByteText append(byte one) {
        room(1);
        bytes[size++] = one;
        return this;
    }

    ByteText append(byte[] source) {
        return append(source, 0, source.length);
    }

    ByteText append(byte[] source, int from, int length) {
        room(length);
        System.arraycopy(source, from, bytes, size, length);
        size += length;
        return this;
    }

    /** Text as it is; half a surrogate pair becomes a question mark. */
    ByteText append(String text) {
        return append(text.getBytes(StandardCharsets.UTF_8));
    }

    ByteText append(long number) {
        return append(Long.toString(number));
    }

    /** The text as a JSON string in quotes. Half a surrogate pair is written as an escape, so nothing is lost. */
    ByteText appendJsonString(CharSequence text) {
        append((byte) '"');
        appendJsonCharacters(text);
        return append((byte) '"');
    }

    /** The text as the inside of a JSON string, without quotes. */
    ByteText appendJsonCharacters(CharSequence text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            room(6);
            if (c < 0x80) {
                appendAscii(c);
            } else if (c < 0x800) {
                bytes[size++] = (byte) (0xC0 | c >> 6);
                bytes[size++] = (byte) (0x80 | c & 0x3F);
            } else if (!Character.isSurrogate(c)) {
                bytes[size++] = (byte) (0xE0 | c >> 12);
                bytes[size++] = (byte) (0x80 | c >> 6 & 0x3F);
                bytes[size++] = (byte) (0x80 | c & 0x3F);
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                int point = Character.toCodePoint(c, text.charAt(++i));
                bytes[size++] = (byte) (0xF0 | point >> 18);
                bytes[size++] = (byte) (0x80 | point >> 12 & 0x3F);
                bytes[size++] = (byte) (0x80 | point >> 6 & 0x3F);
                bytes[size++] = (byte) (0x80 | point & 0x3F);
            } else {
                escape(c);
            }
        }
        return this;
    }

    private void appendAscii(char c) {
        switch (c) {
            case '"', '\\' -> {
                bytes[size++] = '\\';
                bytes[size++] = (byte) c;
            }
            case '\n' -> {
                bytes[size++] = '\\';
                bytes[size++] = 'n';
            }
            case '\r' -> {
                bytes[size++] = '\\';
                bytes[size++] = 'r';
            }
            case '\t' -> {
                bytes[size++] = '\\';
                bytes[size++] = 't';
            }
            default -> {
                if (c < 0x20) {
                    escape(c);
                } else {
                    bytes[size++] = (byte) c;
                }
            }
        }
    }

    private void escape(char c) {
        bytes[size++] = '\\';
        bytes[size++] = 'u';
        for (int shift = 12; shift >= 0; shift -= 4) {
            bytes[size++] = HEX[c >> shift & 0xF];
        }
    }

    /**
     * JSON text on one line. A raw line break cannot stand inside a JSON string, so each one, and the indent after it,
     * is space between tokens and may go; everything else stays byte for byte.
     */
    ByteText appendOnOneLine(byte[] json, int from, int length) {
        int end = from + length;
        int kept = from;
        for (int at = from; at < end; at++) {
            if (json[at] == '\n' || json[at] == '\r') {
                append(json, kept, at - kept);
                while (at + 1 < end && isSpace(json[at + 1])) {
                    at++;
                }
                kept = at + 1;
            }
        }
        return append(json, kept, end - kept);
    }

    static boolean isSpace(byte b) {
        return b == ' ' || b == '\t' || b == '\n' || b == '\r';
    }

    private void room(int more) {
        int needed = Math.addExact(size, more);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - 8, Math.max(needed, 2L * bytes.length)));
        }
    }
}
