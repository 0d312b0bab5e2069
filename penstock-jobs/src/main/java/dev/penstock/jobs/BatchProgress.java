package dev.penstock.jobs;

import dev.penstock.jobs.batch.Part;
import java.util.List;

/**
 * Batches of a run at one moment.
 *
 * @param doing what is being done right now, such as {@code uploading part 3}; empty for nothing
 * @param parts that are not over, by number
 * @param partsOver how many are over
 */
public record BatchProgress(String doing, List<Part> parts, long partsOver) {
    public BatchProgress {
        parts = List.copyOf(parts);
    }

    /** Rows that the provider says it has done and that are not fetched; some may have to be done again. */
    public long rowsDone() {
        return parts.stream()
                .mapToLong(part -> part.completed() + part.failed())
                .sum();
    }
}
