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

    PartPlanner(BatchTables tables, JobInput input, BatchBounds bounds) {
        this.tables = tables;
        this.input = input;
        this.bounds = bounds;
    }

    /**
     * Makes parts of all free rows. Either all of them are on the disk afterwards or, if it was cut off, none.
     *
     * @param queueTokens see {@link BatchSplitter}
     * @param cutOff whether to give up; then the result is empty
     */
    List<Part> plan(Function<String, OptionalLong> queueTokens, BooleanSupplier cutOff) {
        tables.dropUnplanned();
        BatchSplitter splitter = new BatchSplitter(bounds, queueTokens, tables.nextPart());
        List<Part> parts = new ArrayList<>();
        ByteText line = new ByteText(16 << 10);
        long last = -1;
        List<RowPlace> page;
        while (!(page = tables.free(last, ROWS_PER_PAGE)).isEmpty()) {
            if (cutOff.getAsBoolean()) {
                tables.dropUnplanned();
                return List.of();
            }
            List<long[]> assigned = new ArrayList<>(page.size());
            for (RowPlace place : page) {
                last = place.number();
                BatchSplitter.Placing placing = splitter.add(size(input.read(place), line));
                placing.closed().map(Part::planned).ifPresent(parts::add);
                assigned.add(new long[] {last, placing.part()});
            }
            tables.assign(assigned);
        }
        splitter.finish().stream().map(Part::planned).forEach(parts::add);
        tables.planned(parts);
        return parts;
    }

    /** What a row takes of a part. */
    static RowSize size(PreparedRequest request, ByteText line) {
        line.clear();
        BatchLines.append(line, request);
        return new RowSize(
                new PartKey(request.facts().model(), request.endpoint().path()),
                line.size(),
                CostEstimator.estimatedInputTokens(request.facts()),
                request.endpoint() == Endpoint.EMBEDDINGS ? request.facts().inputs() : 0);
    }
}
