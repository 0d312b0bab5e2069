package dev.penstock.jobs;

import dev.penstock.jobs.batch.BatchBounds;
import dev.penstock.jobs.batch.BatchSplitter;
import dev.penstock.jobs.batch.Part;
import dev.penstock.jobs.batch.PartKey;
import dev.penstock.jobs.batch.RowSize;
import dev.penstock.wire.CostEstimator;
import dev.penstock.wire.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** Deals the rows of a job that are in no part to new parts. */
final class PartPlanner {
    private static final int ROWS_PER_PAGE = 4_096;

    private final BatchTables tables;
    private final JobInput input;
    private final BatchBounds bounds;
    private final BatchPricing pricing;

    /**
     * What was planned.
     *
     * @param more whether free rows are left, which the budget does not cover as long as the others run
     */
    record Plan(List<Part> parts, boolean more) {}

    PartPlanner(BatchTables tables, JobInput input, BatchBounds bounds, BatchPricing pricing) {
        this.pricing = pricing;
        this.tables = tables;
        this.input = input;
        this.bounds = bounds;
    }

    /**
     * Makes parts of all free rows, as many as the budget covers. Either all parts are on the disk afterwards or, if it was
     * cut off, none.
     *
     * @param queueTokens see {@link BatchSplitter}
     * @param nanoDollars what is left of the budget; {@link Long#MAX_VALUE} without one
     * @param cutOff whether to give up; then the result is empty
     */
    Plan plan(Function<String, OptionalLong> queueTokens, long nanoDollars, BooleanSupplier cutOff) {
        tables.dropUnplanned();
        BatchSplitter splitter = new BatchSplitter(bounds, queueTokens, nanoDollars, tables.nextPart());
        List<Part> parts = new ArrayList<>();
        ByteText line = new ByteText(16 << 10);
        long last = -1;
        boolean covered = true;
        List<RowPlace> page;
        while (covered && !(page = tables.free(last, ROWS_PER_PAGE)).isEmpty()) {
            if (cutOff.getAsBoolean()) {
                tables.dropUnplanned();
                return new Plan(List.of(), false);
            }
            List<long[]> assigned = new ArrayList<>(page.size());
            for (RowPlace place : page) {
                RowSize size = size(input.read(place), line);
                covered = splitter.covers(size);
                if (!covered) {
                    break;
                }
                last = place.number();
                BatchSplitter.Placing placing = splitter.add(size);
                placing.closed().map(Part::planned).ifPresent(parts::add);
                assigned.add(new long[] {last, placing.part()});
            }
            tables.assign(assigned);
        }
        splitter.finish().stream().map(Part::planned).forEach(parts::add);
        pricing.keepPrices(tables, parts.stream().map(Part::size).toList());
        tables.planned(parts);
        return new Plan(parts, !covered);
    }

    /** What a row takes of a part. */
    RowSize size(PreparedRequest request, ByteText line) {
        line.clear();
        BatchLines.append(line, request);
        return new RowSize(
                new PartKey(request.facts().model(), request.endpoint().path()),
                line.size(),
                CostEstimator.estimatedInputTokens(request.facts()),
                request.endpoint() == Endpoint.EMBEDDINGS ? request.facts().inputs() : 0,
                pricing.worstCase(request));
    }
}
