package dev.penstock.jobs.batch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Deals rows to parts, each of which becomes one batch: a row goes to the open part of its model and endpoint, which is
 * closed when the row does not fit any more. Of rows in a given order this makes the fewest parts. Keeps nothing of a row,
 * so its memory does not grow with their number. A row that is larger than a limit by itself gets a part of its own: our
 * figure is an estimate, and the provider's word counts. Under a budget only rows are dealt that it covers together, and
 * at least one. Not thread-safe.
 */
public final class BatchSplitter {
    /** Parts that are open at a time. Beyond it the largest is closed, so that memory stays bounded. */
    private static final int MOST_OPEN = 1_000;

    private final BatchBounds bounds;
    private final Function<String, OptionalLong> queueTokens;
    private final long mostNanoDollars;
    private final Map<PartKey, Open> open = new LinkedHashMap<>();
    private int nextNumber;
    private long nanoDollars;
    private @Nullable Open last;

    /**
     * Where a row goes.
     *
     * @param part number of its part
     * @param closed the part that is complete now, if one is; never the row's own
     */
    public record Placing(int part, Optional<PartSize> closed) {}

    private static final class Open {
        final int number;
        final PartKey key;
        final long mostTokens;
        long rows;
        long bytes;
        long tokens;
        long embeddingInputs;
        long worstCaseNanoDollars;

        Open(int number, PartKey key, long mostTokens) {
            this.number = number;
            this.key = key;
            this.mostTokens = mostTokens;
        }

        boolean fits(RowSize row, BatchBounds bounds) {
            return rows == 0
                    || (rows < bounds.rows()
                            && bytes + row.bytes() <= bounds.bytes()
                            && embeddingInputs + row.embeddingInputs() <= bounds.embeddingInputs()
                            && tokens + row.tokens() <= mostTokens);
        }

        PartSize size() {
            return new PartSize(number, key, rows, bytes, tokens, worstCaseNanoDollars);
        }
    }

    /**
     * @param queueTokens the most input tokens that a model family may have enqueued; empty where that is not known
     * @param mostNanoDollars what is left of the budget; {@link Long#MAX_VALUE} without one
     * @param firstNumber of the parts
     */
    public BatchSplitter(
            BatchBounds bounds, Function<String, OptionalLong> queueTokens, long mostNanoDollars, int firstNumber) {
        this.bounds = bounds;
        this.mostNanoDollars = mostNanoDollars;
        this.queueTokens = queueTokens;
        this.nextNumber = firstNumber;
    }

    /**
     * Whether the budget covers one more row. If not, the row is for a later planning, when it is known what the others
     * did cost.
     */
    public boolean covers(RowSize row) {
        return open.isEmpty() || row.worstCaseNanoDollars() <= mostNanoDollars - nanoDollars;
    }

    /** Takes the next row. */
    public Placing add(RowSize row) {
        Open part = last;
        if (part == null || !part.key.equals(row.key())) {
            part = open.get(row.key());
        }
        Optional<PartSize> closed = Optional.empty();
        if (part == null || !part.fits(row, bounds)) {
            if (part != null) {
                closed = Optional.of(part.size());
            } else if (open.size() == MOST_OPEN) {
                closed = Optional.of(closeLargest());
            }
            part = new Open(
                    nextNumber++,
                    row.key(),
                    queueTokens.apply(row.key().family()).orElse(Long.MAX_VALUE));
            open.put(row.key(), part);
        }
        part.rows++;
        part.bytes += row.bytes();
        part.tokens += row.tokens();
        part.embeddingInputs += row.embeddingInputs();
        part.worstCaseNanoDollars = sum(part.worstCaseNanoDollars, row.worstCaseNanoDollars());
        nanoDollars = sum(nanoDollars, row.worstCaseNanoDollars());
        last = part;
        return new Placing(part.number, closed);
    }

    /** Amounts that nobody can pay stay such. */
    private static long sum(long a, long b) {
        return Math.min(a + b, Long.MAX_VALUE / 4);
    }

    private PartSize closeLargest() {
        Open largest = null;
        for (Open part : open.values()) {
            largest = largest == null || part.bytes > largest.bytes ? part : largest;
        }
        if (largest == null) {
            throw new IllegalStateException("no part is open, so none can be closed");
        }
        open.remove(largest.key);
        return largest.size();
    }

    /** Closes the parts that are still open, in the order of their numbers. */
    public List<PartSize> finish() {
        List<PartSize> rest = new ArrayList<>(open.values().stream()
                .sorted((a, b) -> Integer.compare(a.number, b.number))
                .map(Open::size)
                .toList());
        open.clear();
        last = null;
        return rest;
    }
}
