package dev.penstock.emulator.limiter;

import java.math.BigInteger;

/** Products of two longs that may need more than 63 bits: daily windows in nanoseconds times large limits do. */
final class Wide {
    private Wide() {}

    /** {@code floor(a * b / c)} for non-negative arguments; {@link Long#MAX_VALUE} when it does not fit a long. */
    static long multiplyDivide(long a, long b, long c) {
        long product = a * b;
        if (Math.multiplyHigh(a, b) == 0 && product >= 0) {
            return product / c;
        }
        return clamp(BigInteger.valueOf(a).multiply(BigInteger.valueOf(b)).divide(BigInteger.valueOf(c)));
    }

    static long clamp(BigInteger value) {
        return value.bitLength() < Long.SIZE ? value.longValueExact() : Long.MAX_VALUE;
    }
}
