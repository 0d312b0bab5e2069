package dev.penstock.emulator;

import dev.penstock.wire.GoDuration;
import java.time.Duration;
import java.util.Locale;
import java.util.random.RandomGenerator;

/** How long an answer takes. Immutable and thread-safe. */
public sealed interface Latency {
    /**
     * Time from arrival to the last byte.
     *
     * @param outputTokens length of the answer
     */
    long totalNanos(long outputTokens, RandomGenerator random);

    /** The part of a total after which a stream shows its first event. */
    default long firstEventNanos(long totalNanos) {
        return totalNanos / 5;
    }

    /** Answers at once. */
    static Latency zero() {
        return new Constant(Duration.ZERO);
    }

    /**
     * Reads {@code 0s}, {@code 1s}, {@code 1s..20s} (uniform), {@code lognormal:2s,0.5} (median, sigma) or
     * {@code tokens:300ms,80/s} (first token, output tokens a second).
     *
     * @throws IllegalArgumentException when it is none of these
     */
    static Latency parse(String text) {
        String spec = text.strip().toLowerCase(Locale.ROOT);
        if (spec.startsWith("lognormal:")) {
            String[] parts = spec.substring("lognormal:".length()).split(",", -1);
            if (parts.length == 2) {
                return new LogNormal(duration(parts[0], text), number(parts[1], text));
            }
        } else if (spec.startsWith("tokens:") && spec.endsWith("/s")) {
            String[] parts = spec.substring("tokens:".length(), spec.length() - "/s".length())
                    .split(",", -1);
            if (parts.length == 2) {
                return new PerToken(duration(parts[0], text), number(parts[1], text));
            }
        } else if (spec.contains("..")) {
            int dots = spec.indexOf("..");
            return new Uniform(duration(spec.substring(0, dots), text), duration(spec.substring(dots + 2), text));
        } else {
            return new Constant(duration(spec, text));
        }
        throw refusal(text);
    }

    private static Duration duration(String part, String text) {
        return GoDuration.parse(part.strip()).orElseThrow(() -> refusal(text));
    }

    private static double number(String part, String text) {
        try {
            return Double.parseDouble(part.strip());
        } catch (NumberFormatException e) {
            throw refusal(text);
        }
    }

    private static IllegalArgumentException refusal(String text) {
        return new IllegalArgumentException(
                "latency is '" + text + "'; it must be a duration such as 1s, a range such as"
                        + " 1s..20s, lognormal:MEDIAN,SIGMA such as lognormal:2s,0.5, or tokens:FIRST,RATE/s such as"
                        + " tokens:300ms,80/s");
    }

    /** Every answer takes the same time. */
    record Constant(Duration time) implements Latency {
        public Constant {
            if (time.isNegative()) {
                throw new IllegalArgumentException("latency is " + time + "; it must be 0 or longer");
            }
        }

        @Override
        public long totalNanos(long outputTokens, RandomGenerator random) {
            return time.toNanos();
        }
    }

    /** Evenly between two times. */
    record Uniform(Duration least, Duration most) implements Latency {
        public Uniform {
            if (least.isNegative() || most.compareTo(least) < 0) {
                throw new IllegalArgumentException("latency is between " + GoDuration.format(least.abs()) + " and "
                        + GoDuration.format(most.abs()) + "; the first must be 0 or longer and not above the second");
            }
        }

        @Override
        public long totalNanos(long outputTokens, RandomGenerator random) {
            return least.toNanos() + (long) (random.nextDouble() * (most.toNanos() - least.toNanos()));
        }
    }

    /**
     * {@code median * exp(sigma * normal)}: most answers near the median, a few much slower.
     *
     * @param sigma 0 to 3
     */
    record LogNormal(Duration median, double sigma) implements Latency {
        public LogNormal {
            if (median.isNegative() || !(sigma >= 0 && sigma <= 3)) {
                throw new IllegalArgumentException("latency is lognormal with median " + median + " and sigma " + sigma
                        + "; the median must be 0 or longer and sigma between 0 and 3");
            }
        }

        @Override
        public long totalNanos(long outputTokens, RandomGenerator random) {
            return (long) (median.toNanos() * Math.exp(sigma * random.nextGaussian()));
        }
    }

    /**
     * A time to the first token, then a rate.
     *
     * @param tokensPerSecond more than 0
     */
    record PerToken(Duration first, double tokensPerSecond) implements Latency {
        public PerToken {
            if (first.isNegative() || !(tokensPerSecond > 0)) {
                throw new IllegalArgumentException("latency is " + first + " to the first token and " + tokensPerSecond
                        + " tokens a second; the first must be 0 or longer and the rate above 0");
            }
        }

        @Override
        public long totalNanos(long outputTokens, RandomGenerator random) {
            return first.toNanos() + (long) (outputTokens / tokensPerSecond * 1e9);
        }

        @Override
        public long firstEventNanos(long totalNanos) {
            return Math.min(totalNanos, first.toNanos());
        }
    }
}
