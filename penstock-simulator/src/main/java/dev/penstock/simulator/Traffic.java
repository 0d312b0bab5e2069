package dev.penstock.simulator;

import java.time.Duration;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** When requests come. Immutable and thread-safe. */
public sealed interface Traffic {
    /** The lowest rate, in requests a second: nine a day. */
    double LEAST_PER_SECOND = 1e-4;

    /** The highest rate, in requests a second. */
    double MOST_PER_SECOND = 1e6;

    /**
     * The requests in order, without an end unless there is a natural one.
     *
     * @param random the same numbers give the same requests
     */
    Arrivals begin(RandomGenerator random);

    /** One clause for a person, for example {@code 8 requests a second}. */
    String description();

    /** Whether it ends by itself. */
    default boolean ends() {
        return false;
    }

    /**
     * A rate that changes from second to second by chance.
     *
     * @param perSecond mean, above 0
     * @param jitter each second has {@code U(1 - jitter, 1 + jitter)} times the mean, evenly spread over it; 0 to 1
     */
    record Steady(double perSecond, double jitter) implements Traffic {
        public Steady {
            checkRate(perSecond);
            checkShare("jitter", jitter);
        }

        @Override
        public Arrivals begin(RandomGenerator random) {
            return new Seconds(second -> perSecond * (1 + jitter * (2 * random.nextDouble() - 1)));
        }

        @Override
        public String description() {
            return Words.rate(perSecond) + (jitter > 0 ? " ± " + Words.percent(jitter) : "");
        }
    }

    /** Requests that know nothing of each other: exponential gaps. */
    record Poisson(double perSecond) implements Traffic {
        public Poisson {
            checkRate(perSecond);
        }

        @Override
        public Arrivals begin(RandomGenerator random) {
            return new Gaps(at -> random.nextExponential() / perSecond);
        }

        @Override
        public String description() {
            return Words.rate(perSecond) + " at random";
        }
    }

    /**
     * So many at once, again and again.
     *
     * @param size requests of a burst, 1 or more
     * @param every from one burst to the next, above zero
     */
    record Bursts(int size, Duration every) implements Traffic {
        public Bursts {
            if (size < 1 || !every.isPositive()) {
                throw new IllegalArgumentException("bursts are of " + size + " requests every " + Words.time(every)
                        + "; there must be 1 request or more, and some time between");
            }
        }

        @Override
        public Arrivals begin(RandomGenerator random) {
            long period = every.toNanos();
            return new Arrivals() {
                private long count;

                @Override
                public boolean next() {
                    count++;
                    return true;
                }

                @Override
                public long atNanos() {
                    return (count - 1) / size * period;
                }
            };
        }

        @Override
        public String description() {
            return Words.count(size) + " requests at once every " + Words.time(every);
        }
    }

    /**
     * A rate that rises or falls evenly and then stays.
     *
     * @param from requests a second at the beginning, 0 or more
     * @param to at the end of the ramp, above 0
     * @param over how long that takes, above zero
     */
    record Ramp(double from, double to, Duration over) implements Traffic {
        public Ramp {
            checkRate(to);
            if (!(from >= 0 && from <= MOST_PER_SECOND) || !over.isPositive()) {
                throw new IllegalArgumentException("a ramp is from " + from + " a second over " + Words.time(over)
                        + "; it must begin at 0 to " + MOST_PER_SECOND + " and take some time");
            }
        }

        @Override
        public Arrivals begin(RandomGenerator random) {
            double seconds = over.toNanos() / 1e9;
            return new Seconds(second -> from + (to - from) * Math.min(1, (second + 0.5) / seconds));
        }

        @Override
        public String description() {
            return Words.rate(from) + " rising to " + Words.rate(to) + " within " + Words.time(over);
        }
    }

    /**
     * Day and night: a rate that follows a cosine, lowest at the beginning, at random around it.
     *
     * @param perSecond mean, above 0
     * @param swing how far it goes to both sides, as a part of the mean; 0 to 1
     * @param period of the cosine, usually a day
     */
    record Diurnal(double perSecond, double swing, Duration period) implements Traffic {
        public Diurnal {
            checkRate(perSecond);
            checkShare("swing", swing);
            if (!period.isPositive()) {
                throw new IllegalArgumentException("the period is " + period + "; it must be longer than zero");
            }
        }

        @Override
        public Arrivals begin(RandomGenerator random) {
            double seconds = period.toNanos() / 1e9;
            // Thinning by the highest rate; see Lewis and Shedler, "Simulation of Nonhomogeneous Poisson Processes"
            // (1979).
            double most = perSecond * (1 + swing);
            return new Gaps(at -> {
                double gap = 0;
                while (true) {
                    gap += random.nextExponential() / most;
                    double phase = 2 * StrictMath.PI * ((at + gap) / seconds);
                    double rate = perSecond * (1 - swing * StrictMath.cos(phase));
                    if (random.nextDouble() * most < rate) {
                        return gap;
                    }
                }
            });
        }

        @Override
        public String description() {
            return Words.rate(perSecond) + " on average, " + Words.percent(swing) + " more by day and less by night";
        }
    }

    /**
     * Work that is all there at the beginning.
     *
     * @param requests 1 or more
     */
    record Pile(long requests) implements Traffic {
        public Pile {
            if (requests < 1) {
                throw new IllegalArgumentException("a pile has " + requests + " requests; it must have 1 or more");
            }
        }

        @Override
        public Arrivals begin(RandomGenerator random) {
            return new Arrivals() {
                private long count;

                @Override
                public boolean next() {
                    count++;
                    return count <= requests;
                }

                @Override
                public long atNanos() {
                    return 0;
                }
            };
        }

        @Override
        public boolean ends() {
            return true;
        }

        @Override
        public String description() {
            return Words.count(requests) + " requests at once";
        }
    }

    /** Requests as a log tells them, see {@link TrafficLog}. */
    final class Recorded implements Traffic {
        private final long[] atNanos;
        private final long[] tokens;
        private final long[] latencyNanos;

        /**
         * @param atNanos from the first request on, in order
         * @param tokens of each, or {@link Arrivals#NOT_SAID}
         * @param latencyNanos of each, or {@link Arrivals#NOT_SAID}
         */
        Recorded(long[] atNanos, long[] tokens, long[] latencyNanos) {
            this.atNanos = atNanos.clone();
            this.tokens = tokens.clone();
            this.latencyNanos = latencyNanos.clone();
        }

        /** How many requests there are. */
        public int requests() {
            return atNanos.length;
        }

        /** The mean of the tokens that the log tells; 0 if it tells none. */
        public double meanTokens() {
            return Arrays.stream(tokens).filter(each -> each >= 0).average().orElse(0);
        }

        @Override
        public Arrivals begin(RandomGenerator random) {
            return new Arrivals() {
                private int at = -1;

                @Override
                public boolean next() {
                    at++;
                    return at < atNanos.length;
                }

                @Override
                public long atNanos() {
                    return atNanos[at];
                }

                @Override
                public long tokens() {
                    return tokens[at];
                }

                @Override
                public long latencyNanos() {
                    return latencyNanos[at];
                }
            };
        }

        @Override
        public boolean ends() {
            return true;
        }

        @Override
        public String description() {
            return Words.count(atNanos.length) + " recorded requests";
        }
    }

    private static void checkRate(double perSecond) {
        if (!(perSecond >= LEAST_PER_SECOND && perSecond <= MOST_PER_SECOND)) {
            throw new IllegalArgumentException("the rate is " + perSecond + " requests a second; it must be "
                    + LEAST_PER_SECOND + " to " + Words.count((long) MOST_PER_SECOND));
        }
    }

    private static void checkShare(String name, double share) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("the " + name + " is " + share + "; it must be 0 to 1 (0% to 100%)");
        }
    }
}
