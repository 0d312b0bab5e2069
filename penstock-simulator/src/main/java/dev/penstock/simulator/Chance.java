package dev.penstock.simulator;

import java.util.random.RandomGenerator;

/**
 * Random numbers that are the same on every machine and JDK: SplitMix64, and transformations in {@link StrictMath}. What
 * the JDK's own generators do beyond {@code nextLong} may change with its version.
 *
 * <p>Source: G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom Number Generators" (2014). Not safe for use
 * by several threads.
 */
final class Chance implements RandomGenerator {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
    private static final double ULP = 0x1.0p-53;

    private long state;

    /** A stream of its own for each seed and number. */
    Chance(long seed, long stream) {
        state = mixed(seed + GOLDEN_GAMMA * (stream + 1));
    }

    @Override
    public long nextLong() {
        state += GOLDEN_GAMMA;
        return mixed(state);
    }

    @Override
    public double nextDouble() {
        return (nextLong() >>> 11) * ULP;
    }

    /** By the polar method of Marsaglia; of its two numbers the second is not kept. */
    @Override
    public double nextGaussian() {
        while (true) {
            double x = 2 * nextDouble() - 1;
            double y = 2 * nextDouble() - 1;
            double square = x * x + y * y;
            if (square > 0 && square < 1) {
                return x * StrictMath.sqrt(-2 * StrictMath.log(square) / square);
            }
        }
    }

    @Override
    public double nextExponential() {
        return -StrictMath.log(1 - nextDouble());
    }

    private static long mixed(long bits) {
        long z = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
