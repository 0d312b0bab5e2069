package dev.penstock.jobs.batch;

import dev.penstock.wire.ModelFamily;

/**
 * What all rows of one batch have in common.
 *
 * @param model the model that the rows name; may be empty where the endpoint has a default
 * @param endpoint the path, such as {@code /v1/chat/completions}
 */
public record PartKey(String model, String endpoint) {
    /** Whose enqueued tokens its batches count among. */
    public String family() {
        return ModelFamily.of(model);
    }
}
