package dev.penstock.simulator;

import dev.penstock.limit.Cost;
import dev.penstock.limit.LimitState;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One request of the traffic, from its arrival until it is answered or given up, however often it is sent. Belongs to its
 * simulation; a strategy may look at it and keep a note with it.
 */
public final class Call {
    enum Phase {
        /** The strategy has it. */
        WITH_STRATEGY,
        /** It will be woken. */
        ASLEEP,
        IN_FLIGHT,
        IN_BATCH,
        ENDED
    }

    final long latencyNanos;
    final int tenant;
    private final long number;
    private final long arrivedNanos;
    private final long tokens;
    private final long outputTokens;
    private final String tenantName;
    private final long seed;

    Phase phase = Phase.WITH_STRATEGY;
    long admittedNanos;
    long endsNanos;

    @Nullable
    Refusal refusal;

    List<LimitState> shown = List.of();
    private @Nullable Chance chance;
    private @Nullable Object note;

    Call(
            long number,
            long arrivedNanos,
            long tokens,
            long outputTokens,
            long latencyNanos,
            int tenant,
            String tenantName,
            long seed) {
        this.number = number;
        this.arrivedNanos = arrivedNanos;
        this.tokens = tokens;
        this.outputTokens = outputTokens;
        this.latencyNanos = latencyNanos;
        this.tenant = tenant;
        this.tenantName = tenantName;
        this.seed = seed;
    }

    /** Its place in the traffic, from 0. */
    public long number() {
        return number;
    }

    /** When it came. */
    public long arrivedNanos() {
        return arrivedNanos;
    }

    /** What it takes from token limits: input and the most output that it asks for. */
    public long tokens() {
        return tokens;
    }

    /** The tokens of its answer, a part of {@link #tokens}. */
    public long outputTokens() {
        return outputTokens;
    }

    /** Whose it is. */
    public String tenant() {
        return tenantName;
    }

    /** What it takes from all limits. */
    public Cost cost() {
        return Cost.ofTokens(tokens);
    }

    /** What the headers of its answer said of the limits; empty unless the strategy reads them. */
    public List<LimitState> shown() {
        return shown;
    }

    /** Notes what the headers of its answer said, for drivers of one's own. */
    public void answeredWith(List<LimitState> states) {
        shown = List.copyOf(states);
    }

    /** Random numbers of its own, so that what it draws does not depend on what other calls do. */
    public RandomGenerator random() {
        Chance own = chance;
        if (own == null) {
            own = new Chance(seed, number);
            chance = own;
        }
        return own;
    }

    /** What the strategy keeps with it; null until it is set. */
    public @Nullable Object note() {
        return note;
    }

    /** Keeps something with it. */
    public void keep(Object something) {
        note = something;
    }
}
