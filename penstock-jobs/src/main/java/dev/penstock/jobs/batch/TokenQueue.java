package dev.penstock.jobs.batch;

import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Input tokens that our batches have enqueued at the provider, by model family, and how many may be. They count from the
 * moment a batch is about to be created until it is over. While a limit is not known, one batch of a family at a time is
 * tried: only when it is past its validation is the next one sent, so that finding the limit costs one failed batch and
 * not all of them. Not thread-safe.
 */
public final class TokenQueue {
    private final Map<String, Long> limits = new HashMap<>();
    private final Map<String, Long> enqueued = new HashMap<>();
    private final Map<String, Integer> validating = new HashMap<>();

    /** @param limits what is known or was learned before, by family */
    public TokenQueue(Map<String, Long> limits) {
        this.limits.putAll(limits);
    }

    public OptionalLong limit(String family) {
        Long limit = limits.get(family);
        return limit == null ? OptionalLong.empty() : OptionalLong.of(limit);
    }

    /** The provider told the limit. */
    public void learn(String family, long tokens) {
        limits.put(family, tokens);
    }

    /** Whether a part may be sent now: it fits, or nothing of ours is enqueued, so that waiting would not help. */
    public boolean hasRoom(PartSize part) {
        String family = part.key().family();
        long now = enqueued(family);
        if (now == 0) {
            return true;
        }
        Long limit = limits.get(family);
        return limit == null ? validating.getOrDefault(family, 0) == 0 : now + part.tokens() <= limit;
    }

    public long enqueued(String family) {
        return enqueued.getOrDefault(family, 0L);
    }

    void enter(PartSize part) {
        // A part of no tokens is enqueued all the same.
        enqueued.merge(part.key().family(), Math.max(1, part.tokens()), Long::sum);
        validating.merge(part.key().family(), 1, Integer::sum);
    }

    void validated(PartSize part) {
        validating.merge(part.key().family(), -1, Integer::sum);
    }

    void leave(PartSize part) {
        enqueued.merge(part.key().family(), -Math.max(1, part.tokens()), Long::sum);
    }
}
