package dev.penstock.jobs;

import dev.penstock.jobs.batch.Part;
import dev.penstock.jobs.batch.PartSize;
import dev.penstock.wire.Price;
import dev.penstock.wire.Pricing;
import dev.penstock.wire.Usage;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** What rows cost in a batch: half. Not safe for use by several threads. */
final class BatchPricing {
    private static final int ROWS_PER_PAGE = 4_096;

    private final RunSettings settings;
    private final Pricing pricing;

    BatchPricing(RunSettings settings) {
        this.settings = settings;
        this.pricing = new Pricing(settings.prices());
    }

    /**
     * The most that a row can cost, in nano-dollars; 0 where its price or its maximum is not known, and there is no budget.
     *
     * @throws InputException if a budget cannot be kept
     */
    long worstCase(PreparedRequest request) {
        boolean known = pricing.knows(request.facts().model());
        if (known && pricing.bounds(request.facts())) {
            return Pricing.batchNanoDollars(pricing.worstCaseNanoDollars(request.facts(), request.body().length));
        }
        if (settings.budgetDollars().isEmpty()) {
            return 0;
        }
        throw known
                ? InputException.unbounded(settings.input(), request.facts().model())
                : InputException.unpriced(settings.input(), request.facts().model());
    }

    /** What an answer cost, in nano-dollars; 0 where the price is not known. */
    long cost(String model, Usage usage) {
        return Pricing.batchNanoDollars(
                Pricing.nanoDollarsRoundedUp(pricing.picoDollars(model, usage).orElse(0)));
    }

    /**
     * Finds out what parts can cost at most that were planned at other prices, when nobody could say, or by an older version.
     */
    void completeWorstCases(BatchTables tables, JobInput input) {
        List<PartSize> open = tables.unfinished().stream()
                .filter(part -> !part.phase().isOver())
                .map(Part::size)
                .toList();
        for (PartSize part : open) {
            if (part.worstCaseNanoDollars() == 0
                    || !tables.priceOf(part.key().model())
                            .equals(price(part.key().model()))) {
                tables.setWorstCase(part.number(), worstCase(tables, input, part));
            }
        }
        keepPrices(tables, open);
    }

    /** Writes down at which prices parts were planned. No other part is open. */
    void keepPrices(BatchTables tables, Collection<PartSize> parts) {
        tables.setPrices(parts.stream()
                .map(part -> part.key().model())
                .distinct()
                .collect(Collectors.toMap(model -> model, this::price)));
    }

    private String price(String model) {
        return settings.prices().find(model).map(Price::toString).orElse("");
    }

    private long worstCase(BatchTables tables, JobInput input, PartSize part) {
        long sum = 0;
        List<BatchRowState> page = tables.rows(part.number(), -1, ROWS_PER_PAGE);
        while (!page.isEmpty()) {
            for (BatchRowState row : page) {
                sum = Math.min(sum + worstCase(input.read(row.place())), Long.MAX_VALUE / 4);
            }
            page = tables.rows(part.number(), page.getLast().place().number(), ROWS_PER_PAGE);
        }
        return sum;
    }
}
