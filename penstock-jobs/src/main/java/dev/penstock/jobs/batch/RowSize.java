package dev.penstock.jobs.batch;

/**
 * What a row takes of a batch.
 *
 * @param bytes of its line as it is sent, the line end included
 * @param tokens estimated input tokens
 * @param embeddingInputs inputs that it wants embedded; 0 for other endpoints
 * @param worstCaseNanoDollars the most that it can cost in a batch; 0 where a price or a maximum is not known
 */
public record RowSize(PartKey key, long bytes, long tokens, long embeddingInputs, long worstCaseNanoDollars) {
    public RowSize {
        if (bytes < 1 || tokens < 0 || embeddingInputs < 0 || worstCaseNanoDollars < 0) {
            throw new IllegalArgumentException("a row has " + bytes + " bytes, " + tokens + " tokens, "
                    + embeddingInputs + " embedding inputs and a worst case of " + worstCaseNanoDollars
                    + " nano-dollars; bytes are 1 or more, the others 0 or more");
        }
    }
}
