package dev.penstock.jobs.batch;

import java.util.Locale;

/** Where a part of a job stands on its way through the Batch API, as the job's file keeps it. */
public enum PartPhase {
    /** It has rows, and nothing of it is at the provider. */
    PLANNED,
    /** Its file is about to be uploaded, and may be there already. */
    UPLOADING,
    /** Its file is at the provider. */
    UPLOADED,
    /** A batch is about to be created, and may be there already. */
    CREATING,
    /** Its batch is known and not over. */
    SUBMITTED,
    /** Its batch is over, and what came of it is not in the job yet. */
    ENDED,
    /** What came of it is in the job. */
    MERGED,
    /** It was given up before it ran, and its rows are free for other parts. */
    DISSOLVED;

    /** The word for it in the job's file. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException if there is no such phase */
    public static PartPhase of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** Whether it has no rows any more. */
    public boolean isOver() {
        return switch (this) {
            case MERGED, DISSOLVED -> true;
            case PLANNED, UPLOADING, UPLOADED, CREATING, SUBMITTED, ENDED -> false;
        };
    }

    /** Whether a batch of it is at the provider, or may be. */
    public boolean mayRun() {
        return switch (this) {
            case CREATING, SUBMITTED, ENDED -> true;
            case PLANNED, UPLOADING, UPLOADED, MERGED, DISSOLVED -> false;
        };
    }
}
