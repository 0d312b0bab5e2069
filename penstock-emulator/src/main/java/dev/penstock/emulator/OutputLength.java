package dev.penstock.emulator;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How long answers are: log-normal around a median, cut at what the request allows. The same request always gets the
 * same length. Immutable and thread-safe.
 *
 * @param medianTokens 1 or more
 * @param sigma spread, 0 to 3; 0 makes all answers the median's length
 */
public record OutputLength(int medianTokens, double sigma) {
    /** What a real model would stop at even if the request sets no limit. */
    private static final int MOST = 16_384;

    public OutputLength {
        if (medianTokens < 1 || !(sigma >= 0 && sigma <= 3)) {
            throw new IllegalArgumentException("output length has the median " + medianTokens + " tokens and sigma "
                    + sigma + "; the median must be 1 or more and sigma between 0 and 3");
        }
    }

    /**
     * Reads {@code 200} or {@code 200,0.6} (median tokens, sigma).
     *
     * @throws IllegalArgumentException when it is neither
     */
    public static OutputLength parse(String text) {
        String[] parts = text.strip().split(",", -1);
        try {
            if (parts.length <= 2) {
                return new OutputLength(
                        Integer.parseInt(parts[0].strip()),
                        parts.length == 1 ? 0 : Double.parseDouble(parts[1].strip()));
            }
        } catch (NumberFormatException e) {
            throw refusal(text, e);
        }
        throw refusal(text, null);
    }

    private static IllegalArgumentException refusal(String text, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "output length is '" + text + "'; it must be MEDIAN or MEDIAN,SIGMA in tokens, for example 200,0.6",
                cause);
    }

    /**
     * A length of at least 1 token.
     *
     * @param most what the request allows; negative when it sets no limit
     */
    int tokens(long most, RandomGenerator random) {
        double drawn = sigma == 0 ? medianTokens : medianTokens * Math.exp(sigma * random.nextGaussian());
        long allowed = most < 0 ? MOST : Math.min(most, MOST);
        return (int) Math.max(1, Math.min(allowed, Math.round(drawn)));
    }
}
