package dev.penstock.jobs;

/**
 * Classes of requests of similar cost, four to every doubling: fine enough to pick a request that fits the tokens left,
 * few enough (under 250) to keep a queue for each.
 */
public final class Stratum {
    private Stratum() {}

    /** The stratum of a request charged this many tokens, 0 or more. Grows with the tokens. */
    public static int of(long tokens) {
        if (tokens < 0) {
            throw new IllegalArgumentException("tokens is " + tokens + "; it must be 0 or more");
        }
        if (tokens < 4) {
            return (int) tokens;
        }
        int octave = 63 - Long.numberOfLeadingZeros(tokens);
        int quarter = (int) (tokens >>> (octave - 2)) & 3;
        return 4 * (octave - 1) + quarter;
    }

    /** The fewest tokens of a stratum's requests; the inverse of {@link #of}. */
    public static long fewestTokens(int stratum) {
        if (stratum < 0 || stratum > of(Long.MAX_VALUE)) {
            throw new IllegalArgumentException("stratum is " + stratum + "; it must be 0 to " + of(Long.MAX_VALUE));
        }
        if (stratum < 4) {
            return stratum;
        }
        int octave = stratum / 4 + 1;
        return (4L + stratum % 4) << (octave - 2);
    }
}
