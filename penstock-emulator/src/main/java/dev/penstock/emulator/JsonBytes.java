package dev.penstock.emulator;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A growing array of JSON text in UTF-8, written without a string in between. Reused; one owner. */
final class JsonBytes {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private byte[] bytes = new byte[4096];
    private int length;

    void clear() {
        length = 0;
    }

    int length() {
        return length;
    }

    byte[] copy() {
        return Arrays.copyOf(bytes, length);
    }

    JsonBytes raw(byte[] ascii) {
        room(ascii.length);
        System.arraycopy(ascii, 0, bytes, length, ascii.length);
        length += ascii.length;
        return this;
    }

    /** Plain ASCII that needs no escape. */
    JsonBytes raw(String ascii) {
        int count = ascii.length();
        room(count);
        for (int i = 0; i < count; i++) {
            bytes[length + i] = (byte) ascii.charAt(i);
        }
        length += count;
        return this;
    }

    JsonBytes raw(char ascii) {
        room(1);
        bytes[length++] = (byte) ascii;
        return this;
    }

    JsonBytes number(long value) {
        if (value < 0 || value > Integer.MAX_VALUE) {
            return raw(Long.toString(value));
        }
        room(10);
        int rest = (int) value;
        int digits = 1;
        for (int power = rest / 10; power > 0; power /= 10) {
            digits++;
        }
        for (int at = length + digits - 1; at >= length; at--) {
            bytes[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        length += digits;
        return this;
    }

    /** A number between -1 and 1 with eight decimals. */
    JsonBytes fraction(double value) {
        room(12);
        long scaled = Math.round(Math.abs(value) * 1e8);
        if (value < 0) {
            bytes[length++] = '-';
        }
        bytes[length++] = (byte) ('0' + scaled / 100_000_000);
        bytes[length++] = '.';
        long rest = scaled % 100_000_000;
        for (int at = length + 7; at >= length; at--) {
            bytes[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        length += 8;
        return this;
    }

    /** A quoted string, escaped where JSON needs it. */
    JsonBytes string(String text) {
        raw('"');
        int count = text.length();
        room(count);
        for (int i = 0; i < count; i++) {
            char c = text.charAt(i);
            if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
                bytes[length++] = (byte) c;
                continue;
            }
            if (c == '"' || c == '\\') {
                room(2 + count - i);
                bytes[length++] = '\\';
                bytes[length++] = (byte) c;
            } else {
                // Escapes keep everything ASCII, so that a body can be cut at any byte and stays readable.
                room(6 + count - i);
                bytes[length++] = '\\';
                bytes[length++] = 'u';
                for (int shift = 12; shift >= 0; shift -= 4) {
                    bytes[length++] = HEX[(c >> shift) & 15];
                }
            }
        }
        return raw('"');
    }

    /** A quoted string, or null. */
    JsonBytes optional(@Nullable String text) {
        return text == null ? raw("null") : string(text);
    }

    void writeTo(OutputStream to) throws IOException {
        to.write(bytes, 0, length);
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
