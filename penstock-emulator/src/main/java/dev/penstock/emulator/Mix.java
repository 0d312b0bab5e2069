package dev.penstock.emulator;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Hashes that spread well; not for secrets. */
final class Mix {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ODD = 0x9e3779b97f4a7c15L;

    private Mix() {}

    /** A bijection of 64 bits: different values stay different. The finalizer of SplitMix64. */
    static long mix(long value) {
        long z = value + ODD;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    static long hash(long seed, byte[] bytes) {
        long hash = mix(seed ^ bytes.length);
        int at = 0;
        for (; at + Long.BYTES <= bytes.length; at += Long.BYTES) {
            long folded = hash ^ (long) LONGS.get(bytes, at);
            hash = (folded * ODD) ^ Math.multiplyHigh(folded, ODD);
        }
        for (; at < bytes.length; at++) {
            hash = (hash ^ bytes[at]) * ODD;
        }
        return mix(hash);
    }

    static long hash(long seed, char[] text, int offset, int length) {
        long hash = seed;
        for (int i = offset; i < offset + length; i++) {
            hash = (hash ^ text[i]) * 0x100000001b3L;
        }
        return mix(hash);
    }
}
