package dev.penstock.jobs.batch;

/**
 * What one batch may hold, as the provider documents it.
 *
 * @param rows requests of a batch
 * @param bytes of its input file, all line ends included
 * @param embeddingInputs inputs of embedding requests, of all rows together
 * @param creationsPerHour batches that may be created within any hour
 * @see <a href="https://platform.openai.com/docs/guides/batch">Batch API guide, rate limits</a>
 */
public record BatchBounds(long rows, long bytes, long embeddingInputs, int creationsPerHour) {
    /** The documented figures; 200 MB is enforced as 200 MiB. */
    public static final BatchBounds DOCUMENTED = new BatchBounds(50_000, 200L << 20, 50_000, 2_000);

    /** With fewer rows, if these are fewer. */
    public BatchBounds withRows(long most) {
        return new BatchBounds(Math.min(rows, most), bytes, embeddingInputs, creationsPerHour);
    }

    public BatchBounds {
        if (rows < 1 || bytes < 1 || embeddingInputs < 1 || creationsPerHour < 1) {
            throw new IllegalArgumentException("bounds of a batch are " + rows + " rows, " + bytes + " bytes, "
                    + embeddingInputs + " embedding inputs and " + creationsPerHour
                    + " creations an hour; each must be 1 or more");
        }
    }
}
