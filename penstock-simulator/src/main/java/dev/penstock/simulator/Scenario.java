package dev.penstock.simulator;

import dev.penstock.emulator.Latency;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.TierTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Traffic, and the limits that it meets. The same scenario gives the same requests to every strategy. Immutable and
 * thread-safe; made by {@link #builder}, changed by {@link #toBuilder}.
 */
public final class Scenario {
    private final Builder values;

    private Scenario(Builder values) {
        this.values = values;
    }

    /** 60 requests, 1,000 tokens each, at once; answers take a second; no limits. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts from this scenario. */
    public Builder toBuilder() {
        return values.copy();
    }

    public Traffic traffic() {
        return values.traffic;
    }

    /** How long requests come; empty where the traffic ends by itself or by number. */
    public Optional<Duration> duration() {
        return values.duration;
    }

    /** The most requests that come. */
    public OptionalLong requests() {
        return values.requests;
    }

    public Tokens tokens() {
        return values.tokens;
    }

    public double outputShare() {
        return values.outputShare;
    }

    public Latency latency() {
        return values.latency;
    }

    public Duration roundTrip() {
        return values.roundTrip;
    }

    public List<Limit> limits() {
        return values.limits;
    }

    public Shape shape() {
        return values.shape;
    }

    public OptionalInt concurrency() {
        return values.concurrency;
    }

    public boolean chargeRefused() {
        return values.chargeRefused;
    }

    public List<Tenant> tenants() {
        return values.tenants;
    }

    public String model() {
        return values.model;
    }

    /** The tier that the limits were taken from, for sentences. */
    public Optional<String> tier() {
        return values.tier;
    }

    public TierTable tiers() {
        return values.tiers;
    }

    public PriceTable prices() {
        return values.prices;
    }

    public Latency batchTime() {
        return values.batchTime;
    }

    public OptionalLong batchQueueTokens() {
        return values.batchQueueTokens;
    }

    public long seed() {
        return values.seed;
    }

    /** Tokens of the mean request: as the log tells, where there is one. */
    public double meanTokens() {
        double told = values.traffic instanceof Traffic.Recorded recorded ? recorded.meanTokens() : 0;
        return told > 0 ? told : values.tokens.mean();
    }

    /**
     * Whose requests come.
     *
     * @param share of all requests, relative to the others; above 0
     */
    public record Tenant(String name, double share) {
        public Tenant {
            if (!(share > 0 && share <= 1e9)) {
                throw new IllegalArgumentException(
                        "the share of tenant '" + name + "' is " + share + "; it must be above 0, for example 1");
            }
        }
    }

    /** Collects a scenario. Not safe for use by several threads. */
    public static final class Builder {
        private static final Duration LONGEST = Duration.ofDays(30);
        private static final long MOST_REQUESTS = 1_000_000_000L;
        private static final int MOST_TENANTS = 1_000;

        private Traffic traffic = new Traffic.Pile(60);
        private Optional<Duration> duration = Optional.empty();
        private OptionalLong requests = OptionalLong.empty();
        private Tokens tokens = Tokens.of(1_000);
        private double outputShare = 0.25;
        private Latency latency = Latency.parse("1s");
        private Duration roundTrip = Duration.ofMillis(50);
        private List<Limit> limits = List.of();
        private Shape shape = Shape.bucket();
        private OptionalInt concurrency = OptionalInt.empty();
        private boolean chargeRefused;
        private List<Tenant> tenants = List.of(new Tenant("all", 1));
        private String model = "gpt-4o-mini";
        private Optional<String> tier = Optional.empty();
        private TierTable tiers = TierTable.builtIn();
        private PriceTable prices = PriceTable.builtIn();
        private Latency batchTime = Latency.parse("lognormal:20m,0.6");
        private OptionalLong batchQueueTokens = OptionalLong.empty();
        private long seed = 1;

        private Builder() {}

        private Builder copy() {
            Builder copy = new Builder();
            copy.traffic = traffic;
            copy.duration = duration;
            copy.requests = requests;
            copy.tokens = tokens;
            copy.outputShare = outputShare;
            copy.latency = latency;
            copy.roundTrip = roundTrip;
            copy.limits = limits;
            copy.shape = shape;
            copy.concurrency = concurrency;
            copy.chargeRefused = chargeRefused;
            copy.tenants = tenants;
            copy.model = model;
            copy.tier = tier;
            copy.tiers = tiers;
            copy.prices = prices;
            copy.batchTime = batchTime;
            copy.batchQueueTokens = batchQueueTokens;
            copy.seed = seed;
            return copy;
        }

        public Builder traffic(Traffic arrivals) {
            traffic = arrivals;
            return this;
        }

        /** How long requests come; above zero, at most 30 days. */
        public Builder duration(Duration time) {
            if (!time.isPositive() || time.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException(
                        "the duration is " + Words.time(time) + "; it must be above zero and at most 30 days");
            }
            duration = Optional.of(time);
            return this;
        }

        /** The most requests that come; 1 to 1,000,000,000. */
        public Builder requests(long most) {
            if (most < 1 || most > MOST_REQUESTS) {
                throw new IllegalArgumentException(
                        "requests are " + most + "; they must be 1 to " + Words.count(MOST_REQUESTS));
            }
            requests = OptionalLong.of(most);
            return this;
        }

        /** What a request takes from token limits: input and the most output; 1,000 unless set. */
        public Builder tokens(Tokens size) {
            tokens = size;
            return this;
        }

        /** The part of a request's tokens that is output, for its price and for latencies by token; 0 to 1, 0.25 unless set. */
        public Builder outputShare(double share) {
            if (!(share >= 0 && share <= 1)) {
                throw new IllegalArgumentException("the share of output is " + share + "; it must be 0 to 1");
            }
            outputShare = share;
            return this;
        }

        /** From sending to the answer; 1 s unless set. */
        public Builder latency(Latency time) {
            latency = time;
            return this;
        }

        /** From sending to a refusal; at least a microsecond, so that nobody can be refused for ever at one moment. 50 ms unless set. */
        public Builder roundTrip(Duration time) {
            if (time.toNanos() < 1_000) {
                throw new IllegalArgumentException(
                        "the round trip is " + time + "; it must be a microsecond or longer");
            }
            roundTrip = time;
            return this;
        }

        /**
         * The limits that the provider enforces; none unless set.
         *
         * @throws IllegalArgumentException when two limit the same thing over the same time, or one is 0
         */
        public Builder limits(List<Limit> enforced) {
            Set<Dimension> dimensions = new HashSet<>();
            for (Limit limit : enforced) {
                if (!dimensions.add(limit.dimension())) {
                    throw new IllegalArgumentException(
                            "the limit on " + limit.dimension().label() + " is given twice; give it once");
                }
                if (limit.amount() < 1) {
                    throw new IllegalArgumentException("the limit on "
                            + limit.dimension().label() + " is 0, so nothing ever passes; give 1 or more");
                }
            }
            limits = List.copyOf(enforced);
            return this;
        }

        /** How limits are enforced over time; a bucket as deep as each window unless set. */
        public Builder shape(Shape enforced) {
            shape = enforced;
            return this;
        }

        /** The most calls that the provider lets be in work; 1 or more, any number unless set. */
        public Builder concurrency(int most) {
            if (most < 1) {
                throw new IllegalArgumentException(
                        "the concurrency limit is " + most + "; it must be 1 or more, for example 50");
            }
            concurrency = OptionalInt.of(most);
            return this;
        }

        /** Whether a 429 takes one request from the request limits, where one is left; off unless set. */
        public Builder chargeRefused(boolean charge) {
            chargeRefused = charge;
            return this;
        }

        /** Whose requests come; one tenant unless set. */
        public Builder tenants(List<Tenant> all) {
            Set<String> names = new HashSet<>();
            all.forEach(tenant -> names.add(tenant.name()));
            if (all.isEmpty() || all.size() > MOST_TENANTS || names.size() < all.size()) {
                throw new IllegalArgumentException("there are " + all.size() + " tenants with " + names.size()
                        + " names; there must be 1 to " + MOST_TENANTS + ", each with a name of its own");
            }
            tenants = List.copyOf(all);
            return this;
        }

        /** The model, for prices and for what a tier grants; gpt-4o-mini unless set. */
        public Builder model(String name) {
            model = name;
            return this;
        }

        /** Notes that the limits are those of a tier. */
        public Builder tier(String name) {
            tier = Optional.of(name);
            return this;
        }

        /** The table that tells clients which limits are hidden, and which tier would do; the built-in one unless set. */
        public Builder tiers(TierTable table) {
            tiers = table;
            return this;
        }

        public Builder prices(PriceTable table) {
            prices = table;
            return this;
        }

        /** How long a batch takes, at most 24 h; 20 min in the median unless set, which is a guess. */
        public Builder batchTime(Latency time) {
            batchTime = time;
            return this;
        }

        /** Input tokens that batches may enqueue at once; any number unless set. */
        public Builder batchQueueTokens(long most) {
            batchQueueTokens = OptionalLong.of(most);
            return this;
        }

        /** The same seed gives the same requests and the same random numbers to strategies; 1 unless set. */
        public Builder seed(long number) {
            seed = number;
            return this;
        }

        /**
         * The scenario.
         *
         * @throws IllegalArgumentException when the traffic would never end
         */
        public Scenario build() {
            if (!traffic.ends() && duration.isEmpty() && requests.isEmpty()) {
                throw new IllegalArgumentException("the traffic (" + traffic.description()
                        + ") never ends; give a duration or a number of requests");
            }
            Builder copy = copy();
            copy.limits = List.copyOf(new ArrayList<>(limits));
            return new Scenario(copy);
        }
    }
}
