package dev.penstock.simulator;

import java.util.Locale;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** How many tokens requests take. Immutable and thread-safe. */
public sealed interface Tokens {
    /** The most that one request may take. */
    long MOST = 10_000_000;

    /** Tokens of one request, 0 to {@link #MOST}. */
    long draw(RandomGenerator random);

    /** The mean over many requests. */
    double mean();

    /** Always this many. */
    static Tokens of(long tokens) {
        return new Constant(tokens);
    }

    /**
     * Reads {@code 1500}, {@code 500..3000} (evenly) or {@code lognormal:1200,0.6} (median, sigma).
     *
     * @throws IllegalArgumentException when it is none of these
     */
    static Tokens parse(String text) {
        String spec = text.strip().toLowerCase(Locale.ROOT).replace("_", "");
        try {
            if (spec.startsWith("lognormal:")) {
                String[] parts = spec.substring("lognormal:".length()).split(",", -1);
                if (parts.length == 2) {
                    return new LogNormal(Long.parseLong(parts[0].strip()), Double.parseDouble(parts[1].strip()));
                }
                throw refusal(text, null);
            }
            int dots = spec.indexOf("..");
            return dots < 0
                    ? new Constant(Long.parseLong(spec))
                    : new Uniform(
                            Long.parseLong(spec.substring(0, dots).strip()),
                            Long.parseLong(spec.substring(dots + 2).strip()));
        } catch (NumberFormatException e) {
            throw refusal(text, e);
        }
    }

    private static IllegalArgumentException refusal(String text, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "tokens are '" + text + "'; they must be a number such as 1500, a range such as 500..3000, or"
                        + " lognormal:MEDIAN,SIGMA such as lognormal:1200,0.6",
                cause);
    }

    /** Always the same. */
    record Constant(long tokens) implements Tokens {
        public Constant {
            if (tokens < 0 || tokens > MOST) {
                throw new IllegalArgumentException("tokens are " + tokens + "; they must be 0 to " + MOST);
            }
        }

        @Override
        public long draw(RandomGenerator random) {
            return tokens;
        }

        @Override
        public double mean() {
            return tokens;
        }
    }

    /** Evenly between two numbers, both included. */
    record Uniform(long least, long most) implements Tokens {
        public Uniform {
            if (least < 0 || most < least || most > MOST) {
                throw new IllegalArgumentException("tokens are between " + least + " and " + most
                        + "; it must be 0 <= first <= second <= " + MOST);
            }
        }

        @Override
        public long draw(RandomGenerator random) {
            return least + (long) (random.nextDouble() * (most - least + 1));
        }

        @Override
        public double mean() {
            return (least + most) / 2.0;
        }
    }

    /**
     * {@code median * exp(sigma * normal)}: most near the median, a few much larger.
     *
     * @param sigma 0 to 3
     */
    record LogNormal(long median, double sigma) implements Tokens {
        public LogNormal {
            if (median < 1 || median > MOST || !(sigma >= 0 && sigma <= 3)) {
                throw new IllegalArgumentException("tokens are lognormal with median " + median + " and sigma " + sigma
                        + "; the median must be 1 to " + MOST + " and sigma between 0 and 3");
            }
        }

        @Override
        public long draw(RandomGenerator random) {
            return Math.min(MOST, Math.round(median * StrictMath.exp(sigma * random.nextGaussian())));
        }

        @Override
        public double mean() {
            return median * StrictMath.exp(sigma * sigma / 2);
        }
    }
}
