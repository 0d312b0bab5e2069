package dev.penstock.quota;

import dev.penstock.limit.Limit;
import java.util.List;

/**
 * What is known about a quota before the first answer.
 *
 * @param known limits that the provider is known to enforce; answers correct them
 * @param caps the user's own limits, kept beside the provider's
 * @param hidden tells limits that answers imply but do not show
 * @param maxConcurrency the most calls in flight, at least 1
 * @param learning whether a provider stands behind it whose limits have to be found out
 */
public record QuotaSettings(
        List<Limit> known, List<Limit> caps, HiddenLimits hidden, int maxConcurrency, boolean learning) {
    /** Enough for 10,000 calls a minute of 20 s each, with room to spare. */
    public static final int DEFAULT_MAX_CONCURRENCY = 4096;

    public QuotaSettings {
        known = List.copyOf(known);
        caps = List.copyOf(caps);
        if (maxConcurrency < 1) {
            throw new IllegalArgumentException("maxConcurrency is " + maxConcurrency + "; it must be at least 1");
        }
    }

    /** Nothing known, nothing capped. */
    public static QuotaSettings learnEverything() {
        return new QuotaSettings(List.of(), List.of(), HiddenLimits.unknown(), DEFAULT_MAX_CONCURRENCY, true);
    }

    /** Nothing but limits of the user's own, which are all known. */
    public static QuotaSettings capsAlone(List<Limit> limits) {
        return new QuotaSettings(List.of(), limits, HiddenLimits.unknown(), DEFAULT_MAX_CONCURRENCY, false);
    }

    public QuotaSettings withKnown(List<Limit> limits) {
        return new QuotaSettings(limits, caps, hidden, maxConcurrency, learning);
    }

    public QuotaSettings withCaps(List<Limit> limits) {
        return new QuotaSettings(known, limits, hidden, maxConcurrency, learning);
    }

    public QuotaSettings withHidden(HiddenLimits hiddenLimits) {
        return new QuotaSettings(known, caps, hiddenLimits, maxConcurrency, learning);
    }

    public QuotaSettings withMaxConcurrency(int calls) {
        return new QuotaSettings(known, caps, hidden, calls, learning);
    }
}
