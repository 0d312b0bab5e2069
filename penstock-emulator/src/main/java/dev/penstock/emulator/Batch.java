package dev.penstock.emulator;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One batch. What is due when follows from its creation, its pace and its rows alone; how much work is done in one go
 * changes only when it shows. Rows are read from the disk when they run. One owner.
 */
final class Batch {
    static final long WINDOW_NANOS = TimeUnit.HOURS.toNanos(24);

    private final Order order;
    private final Workshop workshop;
    private final BatchTimes times;
    private final long ownNanos;
    private @Nullable BatchScan scan;
    private BatchStatus status = BatchStatus.VALIDATING;
    private List<BatchError> errors = List.of();
    private @Nullable String model;
    private int total;
    private long enqueuedTokens;
    private long runningNanos;
    private int rowsRead;
    private long completed;
    private long failed;
    private long inputTokens;
    private long outputTokens;
    private boolean late;
    private final LineReader.Place place = new LineReader.Place();
    private final BatchOutput lines;
    private @Nullable StoredFile output;
    private @Nullable StoredFile errorOutput;

    /**
     * What a client asked for.
     *
     * @param number of the batch in the order of creation, from 1
     * @param outputSeconds how long output files stay
     */
    record Order(
            String id, int number, Route route, StoredFile input, Map<String, String> metadata, long outputSeconds) {}

    /** What batches share. */
    record Workshop(BatchSettings settings, FileStore store, BatchClock clock, TokenQueue queue, RowRunner runner) {}

    Batch(Order order, Workshop workshop, BatchScan scan, long ownNanos, long nowNanos) {
        this.order = order;
        this.workshop = workshop;
        this.scan = scan;
        this.ownNanos = ownNanos;
        this.times = new BatchTimes(nowNanos, nowNanos + WINDOW_NANOS);
        this.lines = new BatchOutput(workshop.store(), has(BatchQuirk.UNORDERED), has(BatchQuirk.BLANK_LINES));
        workshop.store().pin(order.input());
    }

    boolean has(BatchQuirk quirk) {
        return workshop.settings().quirks().befalls(quirk, order.number());
    }

    boolean needsScan() {
        return scan != null;
    }

    /** Goes on with the validation, after which the tokens of a good batch are enqueued. */
    void scan(WorkBudget budget) {
        BatchScan work = scan;
        if (work == null) {
            return;
        }
        try {
            work.work(budget);
        } catch (IOException e) {
            scan = null;
            errors = List.of(unreadable());
            return;
        }
        if (!work.isDone()) {
            return;
        }
        scan = null;
        model = work.model();
        errors = List.copyOf(work.errors());
        if (!errors.isEmpty()) {
            return;
        }
        String name = model == null ? "" : model;
        if (!workshop.queue().add(name, work.tokens())) {
            errors = List.of(overflow(name, workshop.queue().limit(name).orElseThrow()));
            return;
        }
        enqueuedTokens = work.tokens();
        total = work.rows();
        runningNanos = workshop.settings().pace().runningNanos(ownNanos, total);
        if (workshop.settings().expiring().contains(order.number())) {
            // Half of the rows are due within the window.
            runningNanos = Math.max(runningNanos, 2 * (WINDOW_NANOS - BatchPace.validatingNanos(ownNanos)));
        }
    }

    private static BatchError overflow(String model, long limit) {
        return new BatchError(
                "token_limit_exceeded",
                "Enqueued token limit reached for " + model + " in organization " + ErrorBody.ORGANIZATION + ". Limit: "
                        + String.format(Locale.ROOT, "%,d", limit)
                        + " enqueued tokens. Please try again once some in_progress batches have been completed.",
                null,
                0);
    }

    private static BatchError unreadable() {
        return new BatchError("server_error", "The emulator could not read or write the batch's files.", null, 0);
    }

    /** Does what is due, as far as the budget allows. */
    void work(long nowNanos, WorkBudget budget) {
        try {
            switch (status) {
                case VALIDATING -> validated(nowNanos);
                case IN_PROGRESS, FINALIZING, CANCELLING -> {}
                case FAILED, COMPLETED, EXPIRED, CANCELLED -> {
                    return;
                }
            }
            if (status == BatchStatus.IN_PROGRESS) {
                inProgress(nowNanos, budget);
            }
            if (status == BatchStatus.FINALIZING) {
                finalizing(nowNanos, budget);
            }
            if (status == BatchStatus.CANCELLING) {
                cancelling(nowNanos, budget);
            }
        } catch (IOException e) {
            errors = List.of(unreadable());
            times.failed = nowNanos;
            lines.discard();
            end(BatchStatus.FAILED);
        }
    }

    private void validated(long nowNanos) {
        long due = times.created + BatchPace.validatingNanos(ownNanos);
        if (scan != null || nowNanos < due) {
            return;
        }
        if (!errors.isEmpty()) {
            times.failed = due;
            end(BatchStatus.FAILED);
        } else {
            times.inProgress = due;
            status = BatchStatus.IN_PROGRESS;
        }
    }

    private void inProgress(long nowNanos, WorkBudget budget) throws IOException {
        if (!run(Math.min(nowNanos, times.expires), budget)) {
            return;
        }
        if (rowsRead == total) {
            times.finalizing = Math.min(times.expires, times.inProgress + runningNanos);
            status = BatchStatus.FINALIZING;
        } else if (nowNanos >= times.expires) {
            times.finalizing = times.expires;
            late = true;
            status = BatchStatus.FINALIZING;
        }
    }

    private void finalizing(long nowNanos, WorkBudget budget) throws IOException {
        long due = times.finalizing + BatchPace.finalizingNanos(ownNanos);
        if (late
                && !leaveRest(
                        "batch_expired",
                        "This request could not be executed before the completion window expired.",
                        budget)) {
            return;
        }
        if (nowNanos < due) {
            return;
        }
        publish(due);
        if (late) {
            times.expired = due;
            end(BatchStatus.EXPIRED);
        } else {
            times.completed = due;
            end(BatchStatus.COMPLETED);
        }
    }

    private void cancelling(long nowNanos, WorkBudget budget) throws IOException {
        long due = times.cancelling + BatchPace.cancellingNanos(ownNanos);
        // What was begun still gets done; before the validation was over, nothing was.
        if (times.inProgress != BatchTimes.NOT_YET && !run(Math.min(Math.min(nowNanos, due), times.expires), budget)) {
            return;
        }
        if (nowNanos < due) {
            return;
        }
        if (has(BatchQuirk.CANCELLED_LINES)
                && !leaveRest(
                        "batch_cancelled", "This request was not executed because the batch was cancelled.", budget)) {
            return;
        }
        publish(due);
        times.cancelled = due;
        end(BatchStatus.CANCELLED);
    }

    /** A client cancels; false when it is too late for that. */
    boolean cancel(long nowNanos) {
        switch (status) {
            case VALIDATING, IN_PROGRESS -> {
                scan = null;
                times.cancelling = nowNanos;
                status = BatchStatus.CANCELLING;
                return true;
            }
            case CANCELLING -> {
                return true;
            }
            case FINALIZING, FAILED, COMPLETED, EXPIRED, CANCELLED -> {
                return false;
            }
        }
        throw new AssertionError(status);
    }

    /** Rows are done evenly over the time that all of them take. */
    private int rowsDue(long nowNanos) {
        long since = nowNanos - times.inProgress;
        if (since >= runningNanos) {
            return total;
        }
        return since <= 0 ? 0 : (int) Math.min(total, (long) ((double) since / runningNanos * total));
    }

    private long doneNanos(int index) {
        return times.inProgress + (long) ((double) runningNanos / total * (index + 1));
    }

    /** Runs the rows that are due; false when there is work left. */
    private boolean run(long untilNanos, WorkBudget budget) throws IOException {
        int due = rowsDue(untilNanos);
        if (rowsRead >= due) {
            return true;
        }
        if (budget.isSpent()) {
            return false;
        }
        try (LineReader reader = new LineReader(order.input().path(), place);
                BatchOutput open = lines) {
            while (rowsRead < due && !budget.isSpent()) {
                BatchRow row = next(reader, budget);
                int index = rowsRead++;
                long doneAt = workshop.clock().epochSecond(Math.min(untilNanos, doneNanos(index)));
                RowRunner.Result result = workshop.runner().run(this, row, index, doneAt);
                completed += result.answered() ? 1 : 0;
                failed += result.answered() ? 0 : 1;
                inputTokens += result.inputTokens();
                outputTokens += result.outputTokens();
                write(open, index, result.answered());
            }
        }
        return rowsRead >= due;
    }

    private void write(BatchOutput to, int index, boolean answered) throws IOException {
        int copies = 1;
        if (has(BatchQuirk.MISSING_LINE) && index == total / 2) {
            copies = 0;
        } else if (has(BatchQuirk.DOUBLED_LINE) && index == total / 3) {
            copies = 2;
        }
        for (int i = 0; i < copies; i++) {
            if (answered) {
                to.answer(index, workshop.runner().line());
            } else {
                to.error(workshop.runner().line());
            }
        }
    }

    /** Writes the rows that did not run as errors; false when there is work left. */
    private boolean leaveRest(String code, String message, WorkBudget budget) throws IOException {
        if (rowsRead == total) {
            return true;
        }
        if (budget.isSpent()) {
            return false;
        }
        try (LineReader reader = new LineReader(order.input().path(), place);
                BatchOutput open = lines) {
            while (rowsRead < total && !budget.isSpent()) {
                workshop.runner().leftOver(next(reader, budget), code, message);
                rowsRead++;
                failed++;
                open.error(workshop.runner().line());
            }
        }
        return rowsRead == total;
    }

    private static BatchRow next(LineReader reader, WorkBudget budget) throws IOException {
        byte[] line = reader.next();
        if (line == null) {
            throw new IOException("the input has become shorter");
        }
        budget.spend(line.length);
        return BatchRow.read(line);
    }

    private void publish(long nowNanos) throws IOException {
        Path answers = lines.takeAnswers();
        if (answers != null && has(BatchQuirk.NULL_OUTPUT)) {
            FileStore.discard(answers);
            answers = null;
        }
        output = keep(answers, "output", nowNanos);
        errorOutput = keep(lines.takeErrors(), "error", nowNanos);
    }

    private @Nullable StoredFile keep(@Nullable Path path, String kind, long nowNanos) throws IOException {
        if (path == null) {
            return null;
        }
        long expires = nowNanos + TimeUnit.SECONDS.toNanos(order.outputSeconds());
        return workshop.store().keep(path, order.id() + "_" + kind + ".jsonl", "batch_output", nowNanos, expires);
    }

    private void end(BatchStatus last) {
        status = last;
        if (enqueuedTokens > 0) {
            workshop.queue().release(model == null ? "" : model, enqueuedTokens);
            enqueuedTokens = 0;
        }
        workshop.store().unpin(order.input());
    }

    String id() {
        return order.id();
    }

    Route route() {
        return order.route();
    }

    StoredFile input() {
        return order.input();
    }

    Map<String, String> metadata() {
        return order.metadata();
    }

    BatchTimes times() {
        return times;
    }

    BatchStatus status() {
        return status;
    }

    /** Why the batch failed, once it has. */
    List<BatchError> errors() {
        return status == BatchStatus.FAILED ? errors : List.of();
    }

    /** The model, once the validation is over. */
    @Nullable
    String model() {
        return status == BatchStatus.VALIDATING ? null : model;
    }

    /** The rows, once the validation is over. */
    int total() {
        return status == BatchStatus.VALIDATING ? 0 : total;
    }

    long completed() {
        return completed;
    }

    long failed() {
        return failed;
    }

    long inputTokens() {
        return inputTokens;
    }

    long outputTokens() {
        return outputTokens;
    }

    @Nullable
    StoredFile output() {
        return output;
    }

    @Nullable
    StoredFile errorOutput() {
        return errorOutput;
    }
}
