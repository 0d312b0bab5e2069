package dev.penstock.emulator;

import dev.penstock.limit.Cost;

/** One admitted request until it is done. Belongs to the {@link Twin} that handed it out and to its owner. */
public final class Ticket {
    final Family family;
    final Cost charged;
    final long tokensUsed;
    final long outputTokens;
    final long admittedNanos;
    final long requestHash;
    final Outcome outcome;
    private boolean done;

    Ticket(
            Family family,
            Cost charged,
            long tokensUsed,
            long outputTokens,
            long admittedNanos,
            long requestHash,
            Outcome outcome) {
        this.family = family;
        this.charged = charged;
        this.tokensUsed = tokensUsed;
        this.outputTokens = outputTokens;
        this.admittedNanos = admittedNanos;
        this.requestHash = requestHash;
        this.outcome = outcome;
    }

    /** True the first time only, so that a request is never released twice. */
    boolean settle() {
        boolean first = !done;
        done = true;
        return first;
    }
}
