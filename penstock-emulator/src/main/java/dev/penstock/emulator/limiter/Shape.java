package dev.penstock.emulator.limiter;

import dev.penstock.limit.Limit;
import dev.penstock.wire.GoDuration;
import java.time.Duration;
import java.util.Locale;

/** How a provider enforces its limits over time. */
public sealed interface Shape {
    /** A limiter of this shape with nothing in use. */
    Limiter limiter(Limit limit, long nowNanos);

    /** What api.openai.com shows: a bucket, refilled continuously, as deep as the limit's own window. */
    static Shape bucket() {
        return new WholeWindowBucket();
    }

    /** A bucket one second deep: 60 per minute are 1 per second, without a burst. */
    static Shape quantized() {
        return new ShallowBucket(Duration.ofSeconds(1));
    }

    /**
     * Reads {@code bucket}, {@code bucket:5s} (a burst of five seconds), {@code quantized}, {@code sliding},
     * {@code fixed} or {@code fixed:20s} (windows start 20 s after the emulator).
     *
     * @throws IllegalArgumentException when it is none of these
     */
    static Shape parse(String text) {
        String spec = text.strip().toLowerCase(Locale.ROOT);
        int colon = spec.indexOf(':');
        if (colon < 0) {
            return switch (spec) {
                case "bucket" -> bucket();
                case "quantized" -> quantized();
                case "sliding" -> new Sliding();
                case "fixed" -> new Fixed(Duration.ZERO);
                default -> throw new IllegalArgumentException(refusal(text));
            };
        }
        Duration argument = GoDuration.parse(spec.substring(colon + 1))
                .orElseThrow(() -> new IllegalArgumentException(refusal(text)));
        String name = spec.substring(0, colon);
        if (name.equals("bucket") && argument.isPositive()) {
            return new ShallowBucket(argument);
        }
        if (name.equals("fixed")) {
            return new Fixed(argument);
        }
        throw new IllegalArgumentException(refusal(text));
    }

    private static String refusal(String text) {
        return "shape is '" + text + "'; it must be bucket, bucket:DEPTH, quantized, sliding, fixed or fixed:PHASE,"
                + " for example bucket:5s";
    }

    /** A bucket as deep as each limit's window. */
    record WholeWindowBucket() implements Shape {
        @Override
        public Limiter limiter(Limit limit, long nowNanos) {
            return new Bucket(limit, limit.dimension().window(), nowNanos);
        }
    }

    /**
     * A bucket of one depth for all limits per minute. Limits per day keep their whole depth: what is quantized is the
     * burst within a minute.
     *
     * @param depth longer than zero; a limit whose window is shorter gets its window
     */
    record ShallowBucket(Duration depth) implements Shape {
        private static final Duration LONGEST_QUANTIZED = Duration.ofMinutes(1);

        public ShallowBucket {
            if (!depth.isPositive()) {
                throw new IllegalArgumentException("burst depth is " + depth + "; it must be longer than zero");
            }
        }

        @Override
        public Limiter limiter(Limit limit, long nowNanos) {
            return new Bucket(limit, depthOf(limit), nowNanos);
        }

        /** How long an empty bucket of this limit takes to fill. */
        public Duration depthOf(Limit limit) {
            Duration window = limit.dimension().window();
            boolean shallow = depth.compareTo(window) < 0 && window.compareTo(LONGEST_QUANTIZED) <= 0;
            return shallow ? depth : window;
        }
    }

    /** A log of the last window. */
    record Sliding() implements Shape {
        @Override
        public Limiter limiter(Limit limit, long nowNanos) {
            return new SlidingWindow(limit, nowNanos);
        }
    }

    /**
     * Counts that start again at fixed times.
     *
     * @param phase how long after the emulator's start a window starts
     */
    record Fixed(Duration phase) implements Shape {
        @Override
        public Limiter limiter(Limit limit, long nowNanos) {
            return new FixedWindow(limit, phase, nowNanos);
        }
    }
}
