package dev.penstock.jobs;

import dev.penstock.jobs.batch.Part;
import dev.penstock.jobs.batch.RowFate;
import dev.penstock.wire.BatchLine;
import dev.penstock.wire.BatchStatus;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.Usage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Brings what came of a batch into the job. Trusts nothing: lines may be in any order, blank, cut, doubled or missing, name
 * rows that nobody asked for, or say nothing; a row with a good answer anywhere is answered. May be cut off and repeated at
 * any point, because a row that has ended keeps its result.
 */
final class PartMerge {
    private static final int ROWS_PER_TRANSACTION = 1_000;
    private static final long BYTES_PER_TRANSACTION = 8L << 20;
    private static final int MOST_ERROR_BYTES = 64 << 10;
    private static final int MOST_FAILURES_KEPT = 10;
    private static final Usage NOTHING = new Usage(0, 0, 0);

    private final BatchTables tables;
    private final Part part;
    private final Endpoint endpoint;
    private final int maxAttempts;
    private final Consumer<String> between;
    private final List<BatchRowState> rows;
    private final Map<String, Integer> byId = new HashMap<>();
    private final boolean[] ended;
    private final List<RowResult> unstored = new ArrayList<>();
    private final List<FailedRow> failures = new ArrayList<>();
    private long unstoredBytes;
    private long answered;
    private long failed;
    private Usage spent = NOTHING;

    /**
     * What came of it.
     *
     * @param freed rows that are to be sent again
     * @param spent what the answers were billed for
     */
    record Report(long answered, long failed, long freed, Usage spent, List<FailedRow> failures) {}

    /** @param between called between any two steps, see {@link BatchRun.Tuning} */
    PartMerge(BatchTables tables, JobInput input, Part part, int maxAttempts, Consumer<String> between) {
        this.between = between;
        this.tables = tables;
        this.part = part;
        this.endpoint = Endpoint.ofPath(part.size().key().endpoint()).orElseThrow();
        this.maxAttempts = maxAttempts;
        this.rows = tables.rows(part.number(), -1, Integer.MAX_VALUE);
        this.ended = new boolean[rows.size()];
        for (int i = 0; i < rows.size(); i++) {
            RowPlace place = rows.get(i).place();
            ended[i] = !rows.get(i).open();
            String id = input.format() == RowFormat.BATCH
                    ? input.read(place).customId()
                    : JobInput.tableRowId(place.number());
            byId.put(id, i);
        }
    }

    /** @param files the output file and the error file, those that there are */
    Report merge(List<Path> files) throws IOException {
        if (rows.size() != part.size().rows()) {
            throw new IllegalStateException("part " + part.number() + " has " + rows.size()
                    + " rows and was planned with " + part.size().rows() + "; this is a defect of penstock");
        }
        for (Path file : files) {
            forEachLine(file, this::takeAnswer);
        }
        for (Path file : files) {
            forEachLine(file, this::takeFailure);
        }
        boolean attempt = part.status() != BatchStatus.CANCELLED;
        for (int i = 0; i < ended.length; i++) {
            if (!ended[i] && attempt && isLastAttempt(i)) {
                fail(i, OptionalInt.empty(), Optional.empty(), new byte[0], "no_answer", leftOut());
            }
        }
        long freed = tables.end(part.merged(), summary(), unstored, attempt);
        long before = rows.stream().filter(row -> !row.open()).count();
        if (before + answered + failed + freed != rows.size()) {
            throw new IllegalStateException(
                    "part " + part.number() + " has " + rows.size() + " rows, of which " + before
                            + " had ended, " + answered + " were answered, " + failed + " failed and " + freed
                            + " are free; this is a defect of penstock");
        }
        return new Report(answered, failed, freed, spent, List.copyOf(failures));
    }

    private String summary() {
        return answered + " answered, " + failed + " failed for good, of " + rows.size() + " rows";
    }

    private String leftOut() {
        return switch (part.status()) {
            case EXPIRED -> "The batch expired before it came to this row, as did those before.";
            case COMPLETED, CANCELLED, FAILED, VALIDATING, IN_PROGRESS, FINALIZING, CANCELLING, UNKNOWN ->
                "The batch ended without an answer to this row, as did those before.";
        };
    }

    @FunctionalInterface
    private interface LineTaker {
        void take(int row, BatchLine line, RowFate fate);
    }

    private void forEachLine(Path file, LineTaker taker) throws IOException {
        try (LineFile lines = new LineFile(file)) {
            while (lines.next()) {
                Optional<BatchLine> line = BatchLine.read(lines.bytes(), 0, lines.length());
                Integer row = line.map(found -> byId.get(found.customId())).orElse(null);
                if (line.isPresent() && row != null && !ended[row]) {
                    taker.take(row, line.get(), RowFate.of(line.get(), endpoint));
                }
            }
        }
    }

    private void takeAnswer(int row, BatchLine line, RowFate fate) {
        switch (fate) {
            case RowFate.Answered(Optional<Usage> usage) -> {
                ended[row] = true;
                answered++;
                spent = JobCounts.sum(spent, usage.orElse(NOTHING));
                BatchRowState state = rows.get(row);
                add(
                        new RowResult.Answered(
                                state.place().number(),
                                line.status().orElse(0),
                                line.requestId(),
                                line.body(),
                                part.size().key().model(),
                                usage.orElse(NOTHING),
                                state.attempts() + 1,
                                Duration.ZERO),
                        line.body().length);
            }
            case RowFate.FailedForGood failedForGood -> {}
            case RowFate.Again again -> {}
        }
    }

    private void takeFailure(int row, BatchLine line, RowFate fate) {
        byte[] body = line.body().length <= MOST_ERROR_BYTES ? line.body() : new byte[0];
        String code = line.body().length == 0 ? line.errorCode() : ErrorCode.of(line.body());
        switch (fate) {
            case RowFate.Answered answeredBefore -> {}
            case RowFate.FailedForGood(String explanation) ->
                fail(row, line.status(), line.requestId(), body, code.isEmpty() ? "bad_request" : code, explanation);
            case RowFate.Again(String word, String explanation) -> {
                if (isLastAttempt(row) && part.status() != BatchStatus.CANCELLED) {
                    OptionalInt status = line.status().orElse(0) == 0 ? OptionalInt.empty() : line.status();
                    fail(row, status, line.requestId(), body, code.isEmpty() ? word : code, explanation);
                }
            }
        }
    }

    private boolean isLastAttempt(int row) {
        return rows.get(row).attempts() + 1 >= maxAttempts;
    }

    private void fail(
            int row, OptionalInt status, Optional<String> requestId, byte[] body, String code, String explanation) {
        ended[row] = true;
        failed++;
        RowPlace place = rows.get(row).place();
        if (failures.size() < MOST_FAILURES_KEPT) {
            failures.add(new FailedRow(place.line(), code, explanation));
        }
        add(
                new RowResult.Failed(
                        place.number(),
                        status,
                        requestId,
                        body,
                        code,
                        explanation,
                        part.size().key().model(),
                        NOTHING,
                        rows.get(row).attempts() + 1,
                        Duration.ZERO),
                body.length);
    }

    private void add(RowResult result, long bytes) {
        unstored.add(result);
        unstoredBytes += bytes;
        if (unstored.size() >= ROWS_PER_TRANSACTION || unstoredBytes >= BYTES_PER_TRANSACTION) {
            tables.store(List.copyOf(unstored));
            between.accept("stored some");
            unstored.clear();
            unstoredBytes = 0;
        }
    }

    /**
     * Ends a part whose batch did not run: rows that the provider refuses fail for good, all others are free.
     *
     * @param refused the code and the reason by the line of the part's file, from 1
     */
    Report release(Map<Long, FailedLine> refused, boolean attempt) {
        for (int i = 0; i < ended.length; i++) {
            FailedLine why = refused.get(i + 1L);
            if (ended[i]) {
                continue;
            }
            if (why != null) {
                fail(i, OptionalInt.empty(), Optional.empty(), new byte[0], why.code(), why.explanation());
            } else if (attempt && isLastAttempt(i)) {
                fail(
                        i,
                        OptionalInt.empty(),
                        Optional.empty(),
                        new byte[0],
                        "batch_refused",
                        "Each batch with this row failed in its validation.");
            }
        }
        long freed = tables.end(
                part.dissolved(), failed == 0 ? "given up; its rows are free" : summary(), unstored, attempt);
        return new Report(answered, failed, freed, NOTHING, List.copyOf(failures));
    }

    /** Why a line was refused. */
    record FailedLine(String code, String explanation) {}
}
