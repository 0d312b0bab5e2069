package dev.penstock.jobs;

import dev.penstock.wire.Usage;
import java.util.Map;

/**
 * Where a job stands, over all of its runs.
 *
 * @param rows good rows of the input
 * @param answered rows with an answer
 * @param failed rows that failed for good
 * @param badRows rows of the input that could not be sent and are no part of the job
 * @param attempts requests sent for the rows that ended
 * @param spent tokens by model; what was spent on rows that failed or are tried again stays counted
 */
public record JobCounts(long rows, long answered, long failed, long badRows, long attempts, Map<String, Usage> spent) {
    public JobCounts {
        spent = Map.copyOf(spent);
    }

    /** Rows without an answer or a failure. */
    public long pending() {
        return rows - answered - failed;
    }

    /** Tokens of all models together. */
    public Usage spentInAll() {
        return spent.values().stream().reduce(new Usage(0, 0, 0), JobCounts::sum);
    }

    static Usage sum(Usage a, Usage b) {
        return new Usage(
                a.inputTokens() + b.inputTokens(),
                a.cachedInputTokens() + b.cachedInputTokens(),
                a.outputTokens() + b.outputTokens());
    }
}
