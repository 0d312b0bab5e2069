package dev.penstock.jobs;

import dev.penstock.wire.CostEstimator;
import dev.penstock.wire.ModelFamily;
import dev.penstock.wire.Pricing;
import dev.penstock.wire.Usage;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** What open rows are like, by some of them. Immutable once it is made. */
final class RowSample {
    private static final int ROWS = 400;

    /** Of an answer whose request sets no maximum, where no answer is known. */
    private static final long ASSUMED_OUTPUT_TOKENS = 256;

    private final Map<String, Long> rows = new HashMap<>();
    private final Map<String, Long> inputTokens = new HashMap<>();
    private long sampled;
    private long picoDollars;
    private boolean priced = true;
    private boolean assumed;

    /** @param counts where the job stands; its answers say how long answers are */
    RowSample(BatchTables tables, JobInput input, JobCounts counts, Pricing pricing) {
        long answered = counts.answered();
        long output = counts.spentInAll().outputTokens();
        for (RowPlace place : tables.sample(ROWS)) {
            PreparedRequest request = input.read(place);
            String family = ModelFamily.of(request.facts().model());
            long in = CostEstimator.estimatedInputTokens(request.facts());
            rows.merge(family, 1L, Long::sum);
            inputTokens.merge(family, in, Long::sum);
            long out = 0;
            if (request.endpoint().generates()) {
                out = answered > 0
                        ? output / answered
                        : request.facts().maxOutputTokens().orElse(ASSUMED_OUTPUT_TOKENS);
                assumed |= answered == 0;
            }
            OptionalLong price = pricing.picoDollars(request.facts().model(), new Usage(in, 0, out));
            priced &= price.isPresent();
            picoDollars += price.orElse(0);
            sampled++;
        }
    }

    /** Input tokens of a row of a family on average; 0 if there was none. */
    double inputTokensPerRow(String family) {
        long count = rows.getOrDefault(family, 0L);
        return count == 0 ? 0 : (double) inputTokens.getOrDefault(family, 0L) / count;
    }

    /** What this many rows cost live; empty if a price is not known. */
    Optional<BigDecimal> liveDollars(double count) {
        return !priced || sampled == 0
                ? Optional.empty()
                : Optional.of(Pricing.dollars((long) ((double) picoDollars / sampled * count)));
    }

    /** Whether the length of the answers is a guess. */
    boolean outputsAssumed() {
        return assumed;
    }
}
