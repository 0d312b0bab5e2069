package dev.penstock.cli;

import dev.penstock.jobs.batch.Part;

/** Batches in words. */
final class BatchWords {
    private BatchWords() {}

    /** Where a part stands, such as {@code in progress}. */
    static String state(Part part) {
        return switch (part.phase()) {
            case PLANNED -> "waits";
            case UPLOADING -> "uploading";
            case UPLOADED -> "waits for room";
            case CREATING -> "being created";
            case SUBMITTED -> part.status().word().replace('_', ' ');
            case ENDED -> "fetching answers";
            case MERGED -> "over (" + part.status().word() + ")";
            case DISSOLVED -> "given up";
        };
    }

    /** How many of its rows the provider has done, such as {@code 120 of 50,000}. */
    static String done(Part part) {
        return Figures.count(part.completed() + part.failed()) + " of "
                + Figures.count(part.size().rows());
    }
}
