package dev.penstock.emulator;

import dev.penstock.wire.ModelFamily;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Prompt tokens that are enqueued in batches, by model family. They count from the creation of a batch until it is over.
 * One owner.
 */
final class TokenQueue {
    private final TwinSettings settings;
    private final BatchTally tally;
    private final Map<String, Long> enqueued = new HashMap<>();

    TokenQueue(TwinSettings settings, BatchTally tally) {
        this.settings = settings;
        this.tally = tally;
    }

    /** The most that a model's family may have; empty for no limit. */
    OptionalLong limit(String model) {
        OptionalLong own = settings.batches().queueTokens();
        return own.isPresent() ? own : settings.limits().batchQueueTokens(ModelFamily.of(model));
    }

    /** Enqueues tokens if there is room for all of them. */
    boolean add(String model, long tokens) {
        String family = ModelFamily.of(model);
        long sum = enqueued.getOrDefault(family, 0L) + tokens;
        OptionalLong limit = limit(model);
        if (limit.isPresent() && sum > limit.getAsLong()) {
            return false;
        }
        enqueued.put(family, sum);
        tally.enqueued(tokens);
        return true;
    }

    void release(String model, long tokens) {
        // A family without a batch needs no entry, so that made-up names do not pile up.
        enqueued.computeIfPresent(ModelFamily.of(model), (family, sum) -> sum == tokens ? null : sum - tokens);
        tally.enqueued(-tokens);
    }
}
