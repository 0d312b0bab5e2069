package dev.penstock.jobs;

import dev.penstock.jobs.batch.Part;
import dev.penstock.jobs.batch.PartCost;
import dev.penstock.jobs.batch.RowFate;
import dev.penstock.wire.BatchLine;
import dev.penstock.wire.BatchStatus;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.Usage;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
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
    private final JobInput input;
    private final BatchPricing pricing;
    private final Part part;
    private final Endpoint endpoint;
    private final int maxAttempts;
    private final Consumer<String> between;
    private final List<BatchRowState> rows;
    private final Map<String, Integer> byId = new HashMap<>();
    private final boolean[] ended;
    private final Evidence[] evidence;
    private final List<RowResult> unstored = new ArrayList<>();
    private final List<FailedRow> failures = new ArrayList<>();
    private long unstoredBytes;
    private long answered;
    private long failed;
    private long found;
    private Usage spent = NOTHING;
    private long answersNanoDollars;
    private long lostNanoDollars;
    private long unstoredLost;

    /** What the result files say of a row; of rows that may have been billed all the same, the first are the likeliest. */
    private enum Evidence {
        BILLABLE_FAULT,
        NO_LINE,
        FAILURE,
        ANSWER
    }

    /**
     * What came of it.
     *
     * @param freed rows that are to be sent again
     * @param spent what the answers were billed for
     * @param cost of what was stored now
     */
    record Report(long answered, long failed, long freed, Usage spent, PartCost cost, List<FailedRow> failures) {}

    /** @param between called between any two steps, see {@link BatchRun.Tuning} */
    PartMerge(
            BatchTables tables,
            JobInput input,
            BatchPricing pricing,
            Part part,
            int maxAttempts,
            Consumer<String> between) {
        this.between = between;
        this.input = input;
        this.pricing = pricing;
        this.tables = tables;
        this.part = part;
        this.endpoint = Endpoint.ofPath(part.size().key().endpoint()).orElseThrow();
        this.maxAttempts = maxAttempts;
        this.rows = tables.rows(part.number(), -1, Integer.MAX_VALUE);
        this.ended = new boolean[rows.size()];
        this.evidence = new Evidence[rows.size()];
        Arrays.fill(evidence, Evidence.NO_LINE);
        for (int i = 0; i < rows.size(); i++) {
            RowPlace place = rows.get(i).place();
            ended[i] = !rows.get(i).open();
            String id = input.format() == RowFormat.BATCH
                    ? input.read(place).customId()
                    : JobInput.tableRowId(place.number());
            byId.put(id, i);
        }
    }

    /**
     * Brings everything into the job.
     *
     * @param files the output file and the error file, those that there are
     * @param answersGone whether there was an output file, and it does not exist any more
     */
    Report merge(List<Path> files, boolean answersGone) throws IOException {
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
        long missing = missing(answersGone);
        lose(missing == 0 ? 0 : dearest(missing));
        long freed = tables.end(part.merged(), summary(), unstored, attempt, unstoredLost);
        long before = rows.stream().filter(row -> !row.open()).count();
        if (before + answered + failed + freed != rows.size()) {
            throw new IllegalStateException(
                    "part " + part.number() + " has " + rows.size() + " rows, of which " + before
                            + " had ended, " + answered + " were answered, " + failed + " failed and " + freed
                            + " are free; this is a defect of penstock");
        }
        return new Report(answered, failed, freed, spent, cost(), List.copyOf(failures));
    }

    private PartCost cost() {
        return new PartCost(answersNanoDollars, lostNanoDollars);
    }

    /** How many answers the provider may charge that it does not give. */
    private long missing(boolean answersGone) {
        long faults = count(Evidence.BILLABLE_FAULT);
        long withoutLine = answersGone ? count(Evidence.NO_LINE) : 0;
        long counted = part.completed() - found;
        return Math.clamp(Math.max(faults + withoutLine, counted), 0, rows.size() - found);
    }

    private long count(Evidence what) {
        return Arrays.stream(evidence).filter(what::equals).count();
    }

    /** The most that so many rows without an answer can have cost. */
    private long dearest(long missing) {
        record Candidate(Evidence evidence, long worstCase) {}
        List<Candidate> candidates = new ArrayList<>();
        for (int i = 0; i < evidence.length; i++) {
            if (evidence[i] != Evidence.ANSWER) {
                candidates.add(new Candidate(evidence[i], worstCase(i)));
            }
        }
        return candidates.stream()
                .sorted(Comparator.comparing(Candidate::evidence)
                        .thenComparing(
                                Comparator.comparingLong(Candidate::worstCase).reversed()))
                .limit(missing)
                .mapToLong(Candidate::worstCase)
                .sum();
    }

    private long worstCase(int row) {
        return pricing.worstCase(input.read(rows.get(row).place()));
    }

    private void lose(long nanoDollars) {
        lostNanoDollars += nanoDollars;
        unstoredLost += nanoDollars;
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
                if (line.isPresent() && row != null && evidence[row] != Evidence.ANSWER) {
                    taker.take(row, line.get(), RowFate.of(line.get(), endpoint));
                }
            }
        }
    }

    private void takeAnswer(int row, BatchLine line, RowFate fate) {
        switch (fate) {
            case RowFate.Answered(Optional<Usage> usage) -> {
                evidence[row] = Evidence.ANSWER;
                found++;
                if (ended[row]) {
                    return; // by an earlier merge that was cut off
                }
                ended[row] = true;
                answered++;
                spent = JobCounts.sum(spent, usage.orElse(NOTHING));
                if (usage.isPresent()) {
                    answersNanoDollars += pricing.cost(part.size().key().model(), usage.get());
                } else {
                    lose(worstCase(row));
                }
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
            case RowFate.FailedForGood failedForGood -> evidence[row] = Evidence.FAILURE;
            case RowFate.Again again ->
                evidence[row] = again.mayBeBilled() ? Evidence.BILLABLE_FAULT : Evidence.FAILURE;
        }
    }

    private void takeFailure(int row, BatchLine line, RowFate fate) {
        if (ended[row]) {
            return;
        }
        byte[] body = line.body().length <= MOST_ERROR_BYTES ? line.body() : new byte[0];
        String code = line.body().length == 0 ? line.errorCode() : ErrorCode.of(line.body());
        switch (fate) {
            case RowFate.Answered answeredBefore -> {}
            case RowFate.FailedForGood(String explanation) ->
                fail(row, line.status(), line.requestId(), body, code.isEmpty() ? "bad_request" : code, explanation);
            case RowFate.Again(String word, String explanation, boolean mayBeBilled) -> {
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
            tables.store(List.copyOf(unstored), unstoredLost);
            between.accept("stored some");
            unstored.clear();
            unstoredBytes = 0;
            unstoredLost = 0;
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
                part.dissolved(), failed == 0 ? "given up; its rows are free" : summary(), unstored, attempt, 0);
        return new Report(answered, failed, freed, NOTHING, PartCost.NOTHING, List.copyOf(failures));
    }

    /** Why a line was refused. */
    record FailedLine(String code, String explanation) {}
}
