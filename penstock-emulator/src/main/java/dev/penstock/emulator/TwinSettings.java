package dev.penstock.emulator;

import dev.penstock.emulator.limiter.Shape;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** How a {@link Twin} behaves. Immutable and thread-safe; changed by {@link #toBuilder}. */
public final class TwinSettings {
    private final Builder values;

    private TwinSettings(Builder values) {
        this.values = values;
    }

    /** No limits, no latency, no faults. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts from these settings. */
    public Builder toBuilder() {
        return values.copy();
    }

    public FamilyLimits limits() {
        return values.limits;
    }

    public Shape shape() {
        return values.shape;
    }

    public boolean limitHeaders() {
        return values.limitHeaders;
    }

    public OptionalInt concurrency() {
        return values.concurrency;
    }

    public ChargeRule chargeRule() {
        return values.chargeRule;
    }

    public boolean refund() {
        return values.refund;
    }

    public boolean chargeFailed() {
        return values.chargeFailed;
    }

    public boolean chargeRefused() {
        return values.chargeRefused;
    }

    public Latency latency() {
        return values.latency;
    }

    public OutputLength outputLength() {
        return values.outputLength;
    }

    public FaultPlan faults() {
        return values.faults;
    }

    public OtherClient otherClient() {
        return values.otherClient;
    }

    public OptionalLong rampAboveInputTokens() {
        return values.rampAboveInputTokens;
    }

    public Optional<String> apiKey() {
        return values.apiKey;
    }

    public Set<String> models() {
        return values.models;
    }

    public int embeddingDimensions() {
        return values.embeddingDimensions;
    }

    public long startEpochSecond() {
        return values.startEpochSecond;
    }

    public int rememberedRequests() {
        return values.rememberedRequests;
    }

    public BatchSettings batches() {
        return values.batches;
    }

    /** Collects settings. Not safe for use by several threads. */
    public static final class Builder {
        private FamilyLimits limits = FamilyLimits.none();
        private Shape shape = Shape.bucket();
        private boolean limitHeaders = true;
        private OptionalInt concurrency = OptionalInt.empty();
        private ChargeRule chargeRule = ChargeRule.SUM;
        private boolean refund;
        private boolean chargeFailed = true;
        private boolean chargeRefused;
        private Latency latency = Latency.zero();
        private OutputLength outputLength = new OutputLength(200, 0.6);
        private FaultPlan faults = FaultPlan.none();
        private OtherClient otherClient = OtherClient.none();
        private OptionalLong rampAboveInputTokens = OptionalLong.empty();
        private Optional<String> apiKey = Optional.empty();
        private Set<String> models = Set.of();
        private int embeddingDimensions = 1536;
        private long startEpochSecond = 1_767_225_600;
        private int rememberedRequests = 3_000_000;
        private BatchSettings batches = BatchSettings.standard();

        private Builder() {}

        private Builder copy() {
            return new Builder()
                    .limits(limits)
                    .shape(shape)
                    .limitHeaders(limitHeaders)
                    .concurrency(concurrency)
                    .chargeRule(chargeRule)
                    .refund(refund)
                    .chargeFailed(chargeFailed)
                    .chargeRefused(chargeRefused)
                    .latency(latency)
                    .outputLength(outputLength)
                    .faults(faults)
                    .otherClient(otherClient)
                    .rampAboveInputTokens(rampAboveInputTokens)
                    .apiKey(apiKey)
                    .models(models)
                    .embeddingDimensions(embeddingDimensions)
                    .startEpochSecond(startEpochSecond)
                    .rememberedRequests(rememberedRequests)
                    .batches(batches);
        }

        /** Limits by model family; none unless set. */
        public Builder limits(FamilyLimits limits) {
            this.limits = limits;
            return this;
        }

        /** How limits are enforced over time; a bucket as deep as each window unless set. */
        public Builder shape(Shape shape) {
            this.shape = shape;
            return this;
        }

        /**
         * Whether answers show the limits in {@code x-ratelimit-*} headers and refusals their figures; on unless set.
         * Without them a refusal says no more than {@code Retry-After}, as many compatible servers do.
         */
        public Builder limitHeaders(boolean shown) {
            this.limitHeaders = shown;
            return this;
        }

        /** A cap on requests in work at a time, over all models; none unless set. */
        public Builder concurrency(int most) {
            return concurrency(OptionalInt.of(most));
        }

        Builder concurrency(OptionalInt most) {
            if (most.isPresent() && most.getAsInt() < 1) {
                throw new IllegalArgumentException(
                        "concurrency cap is " + most.getAsInt() + "; it must be 1 or more, for example 50");
            }
            this.concurrency = most;
            return this;
        }

        /** What a request takes from the token limits; {@link ChargeRule#SUM} unless set. */
        public Builder chargeRule(ChargeRule rule) {
            this.chargeRule = rule;
            return this;
        }

        /** Whether tokens that an answer did not use are given back when it is done; off unless set. */
        public Builder refund(boolean refund) {
            this.refund = refund;
            return this;
        }

        /** Whether requests that end in a fault stay charged; on unless set, as the vendor documents. */
        public Builder chargeFailed(boolean charge) {
            this.chargeFailed = charge;
            return this;
        }

        /** Whether a 429 takes one request from the request limits, where one is left; off unless set. */
        public Builder chargeRefused(boolean charge) {
            this.chargeRefused = charge;
            return this;
        }

        /** How long answers take; no time unless set. */
        public Builder latency(Latency latency) {
            this.latency = latency;
            return this;
        }

        /** How long answers are; 200 tokens in the median unless set. */
        public Builder outputLength(OutputLength length) {
            this.outputLength = length;
            return this;
        }

        /** What goes wrong how often; nothing unless set. */
        public Builder faults(FaultPlan faults) {
            this.faults = faults;
            return this;
        }

        /** Another client of the same account; nobody unless set. */
        public Builder otherClient(OtherClient other) {
            this.otherClient = other;
            return this;
        }

        /**
         * Refuses with {@code slow_down} what raises input tokens per minute by more than half within 15 minutes, above
         * this many; off unless set. The vendor names 1,000,000.
         */
        public Builder rampAboveInputTokens(long tokensPerMinute) {
            return rampAboveInputTokens(OptionalLong.of(tokensPerMinute));
        }

        Builder rampAboveInputTokens(OptionalLong tokensPerMinute) {
            if (tokensPerMinute.isPresent() && tokensPerMinute.getAsLong() < 1) {
                throw new IllegalArgumentException("the ramp rule starts above " + tokensPerMinute.getAsLong()
                        + " input tokens per minute; it must be 1 or more, for example 1000000");
            }
            this.rampAboveInputTokens = tokensPerMinute;
            return this;
        }

        /** The only key that is accepted; any, and none at all, unless set. */
        public Builder apiKey(String key) {
            return apiKey(Optional.of(key));
        }

        Builder apiKey(Optional<String> key) {
            this.apiKey = key;
            return this;
        }

        /** The only models that exist; every name unless set. */
        public Builder models(Set<String> models) {
            this.models = Set.copyOf(models);
            return this;
        }

        /** Length of an embedding whose request names none, 1 to 4096; 1536 unless set. */
        public Builder embeddingDimensions(int dimensions) {
            if (dimensions < 1 || dimensions > 4096) {
                throw new IllegalArgumentException(
                        "embeddings have " + dimensions + " dimensions; they must have 1 to 4096, for example 1536");
            }
            this.embeddingDimensions = dimensions;
            return this;
        }

        /**
         * What {@code created} fields count from, in Unix seconds; the start of 2026 unless set, so that answers are the
         * same in every run.
         */
        public Builder startEpochSecond(long second) {
            this.startEpochSecond = second;
            return this;
        }

        /**
         * How many different requests the ledger can tell apart, and as many rows of batches; 3,000,000 unless set, at 11
         * to 22 bytes for each request and twice that for each row.
         */
        public Builder rememberedRequests(int requests) {
            if (requests < 1) {
                throw new IllegalArgumentException(
                        "the ledger remembers " + requests + " requests; it must remember 1 or more");
            }
            this.rememberedRequests = requests;
            return this;
        }

        /** How files and batches are treated; {@link BatchSettings#standard} unless set. */
        public Builder batches(BatchSettings batches) {
            this.batches = batches;
            return this;
        }

        public TwinSettings build() {
            return new TwinSettings(copy());
        }
    }
}
