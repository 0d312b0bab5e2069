package dev.penstock.jobs;

import dev.penstock.wire.PriceTable;
import dev.penstock.wire.Pricing;
import dev.penstock.wire.Usage;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where a job stands, over all of its runs.
 *
 * @param rows good rows of the input
 * @param answered rows with an answer
 * @param failed rows that failed for good
 * @param badRows rows of the input that could not be sent and are no part of the job
 * @param attempts requests sent for the rows that ended
 * @param spent tokens by model; what was spent on rows that failed or are tried again stays counted
 * @param batchSpent what was spent in batches, likewise, which has another price
 */
public record JobCounts(
        long rows,
        long answered,
        long failed,
        long badRows,
        long attempts,
        Map<String, Usage> spent,
        Map<String, Usage> batchSpent) {
    public JobCounts {
        spent = Map.copyOf(spent);
        batchSpent = Map.copyOf(batchSpent);
    }

    /** Of a job without batches. */
    public JobCounts(long rows, long answered, long failed, long badRows, long attempts, Map<String, Usage> spent) {
        this(rows, answered, failed, badRows, attempts, spent, Map.of());
    }

    /** What the job has cost; empty if the price of a model is not known. */
    public Optional<BigDecimal> dollars(PriceTable prices) {
        return Pricing.dollars(prices, spent)
                .flatMap(live -> Pricing.dollars(prices, batchSpent)
                        .map(batch -> live.add(batch.multiply(Pricing.BATCH_SHARE))));
    }

    /** Rows without an answer or a failure. */
    public long pending() {
        return rows - answered - failed;
    }

    /** Tokens of all models together. */
    public Usage spentInAll() {
        return Stream.concat(spent.values().stream(), batchSpent.values().stream())
                .reduce(new Usage(0, 0, 0), JobCounts::sum);
    }

    static Usage sum(Usage a, Usage b) {
        return new Usage(
                a.inputTokens() + b.inputTokens(),
                a.cachedInputTokens() + b.cachedInputTokens(),
                a.outputTokens() + b.outputTokens());
    }
}
