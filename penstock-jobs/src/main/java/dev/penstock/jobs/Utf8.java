package dev.penstock.jobs;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Checks and measures UTF-8 in place. */
final class Utf8 {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH_BITS = 0x8080808080808080L;

    private Utf8() {}

    /**
     * The index of the first byte that is not well-formed UTF-8 (Unicode 16, table 3-7), or -1.
     *
     * @param from first byte looked at
     * @param to byte after the last one
     */
    static int firstMalformed(byte[] bytes, int from, int to) {
        int at = from;
        while (true) {
            while (at + Long.BYTES <= to && ((long) LONGS.get(bytes, at) & HIGH_BITS) == 0) {
                at += Long.BYTES;
            }
            while (at < to && bytes[at] >= 0) {
                at++;
                if (at + Long.BYTES <= to && ((long) LONGS.get(bytes, at) & HIGH_BITS) == 0) {
                    break;
                }
            }
            if (at >= to) {
                return -1;
            }
            if (bytes[at] < 0) {
                int length = sequence(bytes, at, to);
                if (length == 0) {
                    return at;
                }
                at += length;
            }
        }
    }

    /** Bytes of the well-formed sequence that starts here with a non-ASCII byte, or 0. */
    private static int sequence(byte[] bytes, int at, int to) {
        int first = bytes[at] & 0xFF;
        if (first < 0xC2 || first > 0xF4) {
            return 0;
        }
        if (first < 0xE0) {
            return continues(bytes, at + 1, to, 0x80, 0xBF) ? 2 : 0;
        }
        if (first < 0xF0) {
            int low = first == 0xE0 ? 0xA0 : 0x80;
            int high = first == 0xED ? 0x9F : 0xBF;
            return continues(bytes, at + 1, to, low, high) && continues(bytes, at + 2, to, 0x80, 0xBF) ? 3 : 0;
        }
        int low = first == 0xF0 ? 0x90 : 0x80;
        int high = first == 0xF4 ? 0x8F : 0xBF;
        return continues(bytes, at + 1, to, low, high)
                        && continues(bytes, at + 2, to, 0x80, 0xBF)
                        && continues(bytes, at + 3, to, 0x80, 0xBF)
                ? 4
                : 0;
    }

    private static boolean continues(byte[] bytes, int at, int to, int low, int high) {
        if (at >= to) {
            return false;
        }
        int value = bytes[at] & 0xFF;
        return value >= low && value <= high;
    }

    /** Characters (code points) that start in these bytes; of malformed bytes an approximation. */
    static int characters(byte[] bytes, int from, int to) {
        int count = 0;
        for (int at = from; at < to; at++) {
            if ((bytes[at] & 0xC0) != 0x80) {
                count++;
            }
        }
        return count;
    }
}
