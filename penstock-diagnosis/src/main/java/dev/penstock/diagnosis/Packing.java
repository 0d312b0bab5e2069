package dev.penstock.diagnosis;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** What an input is made of, by its first bytes. Rotated logs are often packed. */
final class Packing {
    private static final int LOOKED_AT = 6;
    private static final int BUFFER_BYTES = 64 << 10;
    /** Bytes below a blank that text has: line ends, tabs, form feeds, and the beginning of colours. */
    private static final String IN_TEXT = "\t\n\r\f\b\u001b";

    private static final int CONTROLS_OF_BINARY = 10;

    private Packing() {}

    /**
     * The text of an input that gzip packed; any other as it is.
     *
     * @throws IOException if it cannot be read
     */
    static InputStream unpacked(InputStream in) throws IOException {
        PushbackInputStream again = new PushbackInputStream(in, LOOKED_AT);
        byte[] first = again.readNBytes(2);
        if (first.length < 2) {
            return new ByteArrayInputStream(first);
        }
        again.unread(first);
        boolean gzip = (first[0] & 0xff) == 0x1f && (first[1] & 0xff) == 0x8b;
        return gzip ? new GZIPInputStream(again, BUFFER_BYTES) : again;
    }

    /** Why nothing can be found in bytes like these; empty if they may be text. */
    static Optional<String> remark(byte[] bytes, int length) {
        if (length == 0) {
            return Optional.of("the input is empty, so nothing can be said of it");
        }
        for (String[] format : new String[][] {
            {"zip", "504b0304", "unzip -p"},
            {"xz", "fd377a585a", "xz -dc"},
            {"bzip2", "425a68", "bzip2 -dc"},
            {"zstd", "28b52ffd", "zstd -dc"},
        }) {
            if (startsWith(bytes, length, format[1])) {
                return Optional.of("the input is packed with " + format[0]
                        + ", in which nothing can be found; unpack it: " + format[2] + " FILE | ./penstock diagnose -");
            }
        }
        int looked = Math.min(length, 2_000);
        int controls = 0;
        for (int i = 0; i < looked; i++) {
            controls += bytes[i] >= 0 && bytes[i] < ' ' && IN_TEXT.indexOf(bytes[i]) < 0 ? 1 : 0;
        }
        return controls > looked / CONTROLS_OF_BINARY
                ? Optional.of("the input is no text, so nothing can be found in it; give the log as text")
                : Optional.empty();
    }

    private static boolean startsWith(byte[] bytes, int length, String hex) {
        byte[] magic = java.util.HexFormat.of().parseHex(hex);
        return length >= magic.length && Arrays.equals(bytes, 0, magic.length, magic, 0, magic.length);
    }
}
