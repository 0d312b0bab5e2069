package dev.penstock.jobs;

import dev.penstock.time.Ticker;
import dev.penstock.wire.CostEstimator;
import dev.penstock.wire.Pricing;
import dev.penstock.wire.Usage;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Sends the rows of an input as fast as the quota allows, keeps every answer in the job's file and writes the output.
 * Running again with the same settings goes on where an earlier run stopped, however that ended.
 *
 * <p>One run per object. {@link #interrupt} and {@link #progress} are safe to call from any thread.
 */
public final class JobRun {
    private static final String BASE_URL = "--base-url";
    private static final int ROWS_PER_INSERT = 4_096;
    private static final long SCAN_NEWS_NANOS = Duration.ofMillis(100).toNanos();
    private static final Duration CLOSING_PATIENCE = Duration.ofSeconds(5);
    private static final Usage NOTHING = new Usage(0, 0, 0);

    private final RunSettings settings;
    private final RunListener listener;
    private final LiveRun.Patience patience;
    private final BatchRun.Tuning tuning;
    private final Ticker ticker = Ticker.system();
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicInteger interrupts = new AtomicInteger();
    private volatile @Nullable LiveRun live;
    private volatile @Nullable BatchRun batches;
    private volatile @Nullable AutoRun auto;
    private Optional<PlanOutcome> outcome = Optional.empty();
    private volatile RunProgress progress = idle(RunPhase.SCANNING, 0, 0, noCounts());

    public JobRun(RunSettings settings, RunListener listener) {
        this(settings, listener, LiveRun.Patience.DEFAULT);
    }

    JobRun(RunSettings settings, RunListener listener, LiveRun.Patience patience) {
        this(settings, listener, patience, BatchRun.Tuning.DEFAULT.withSettling(settings.settling()));
    }

    JobRun(RunSettings settings, RunListener listener, LiveRun.Patience patience, BatchRun.Tuning tuning) {
        this.tuning = tuning;
        this.settings = settings;
        this.listener = listener;
        this.patience = patience;
    }

    /**
     * Runs to the end and returns what was done, also if the run ended early.
     *
     * @throws InputException if the input cannot be used, or holds rows that cannot be sent and may not be skipped
     * @throws JobChangedException if the job was started with another input or other options
     * @throws JobLockedException if another process works on the job
     * @throws JobFileException if the job's file cannot be used
     * @throws OutputException if the output cannot be written
     * @throws StorageFullException if the disk is full before anything is sent
     * @throws IllegalStateException if it was called before
     */
    public RunReport run() {
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException("this run was started before; make a new one to run again");
        }
        try (JobInput input = JobInput.open(settings.input(), settings.inputOptions())) {
            settings.output().ifPresent(output -> OutputWriter.check(input, output));
            try (JobStore store = JobStore.open(settings.jobFile())) {
                return run(input, store);
            }
        }
    }

    private RunReport run(JobInput input, JobStore store) {
        try {
            takeUp(input, store);
        } catch (ScanInterrupted interrupted) {
            return scanInterrupted();
        }
        requirePrices(store.families());
        JobCounts counts = store.counts();
        requireWayIsFree(store);
        if (batchesOf(store).isPresent()) {
            BatchRun.deleteLeftResults(store.path());
        }
        requirePricesOf(counts.spent());
        requirePricesOf(counts.batchSpent());
        progress = idle(RunPhase.SENDING, input.size(), input.size(), counts);
        LiveRun.Result result;
        if (counts.pending() == 0 && !isLeftToTidy(store)) {
            result = LiveRun.Result.nothing(Optional.empty());
        } else if (interrupts.get() > 0) {
            result = LiveRun.Result.nothing(Optional.of(new StopCause.Interrupted()));
        } else {
            RunStart start = new RunStart(counts, store.families(), store.path(), settings.baseUrl());
            tell(() -> listener.started(start));
            Optional<BatchOptions> inBatches = settings.batch();
            Optional<Duration> deadline = inBatches.flatMap(BatchOptions::deadline);
            if (deadline.isPresent() && counts.pending() > 0) {
                result = sendByDeadline(inBatches.get(), deadline.get(), input, store, counts);
            } else {
                result = inBatches.isPresent()
                        ? sendInBatches(inBatches.get(), input, store, counts)
                        : send(input, store, counts);
            }
        }
        return finish(input, store, result);
    }

    /** Makes the store hold this job: the one that it holds already, or a new one. */
    private void takeUp(JobInput input, JobStore store) {
        if (settings.restart()) {
            if (batchesOf(store).map(BatchTables::mayRun).orElse(false)) {
                throw new BatchesRunException(store.path(), "--restart");
            }
            store.discard();
        }
        Optional<JobIdentity> stored = store.identity();
        if (stored.isPresent()) {
            progress = idle(RunPhase.SCANNING, 0, input.size(), store.counts());
            InputDigest digest = input.digest(Optional.of(stored.get().input()));
            List<String> differences = stored.get().difference(identity(input, digest));
            if (differences.isEmpty()) {
                resume(store);
                return;
            }
            JobCounts counts = store.counts();
            if (counts.answered() > 0
                    || !counts.spentInAll().equals(NOTHING)
                    || store.spendMark() > 0
                    || store.lostInBatches() > 0
                    || batchesOf(store).map(BatchTables::mayRun).orElse(false)) {
                throw new JobChangedException(store.path(), differences, counts.answered());
            }
            tell(() -> listener.notice("The job was started differently before (" + String.join("; ", differences)
                    + "), but has no answers yet; it begins anew."));
            store.discard();
        }
        if (stored.isEmpty() && !settings.restart()) {
            settings.output().ifPresent(OutputWriter::requireNothingToLose);
        }
        scan(input, store);
    }

    private JobIdentity identity(JobInput input, InputDigest digest) {
        return JobIdentity.of(digest, input.requestOptions(), Map.of(BASE_URL, settings.upstream()));
    }

    private void resume(JobStore store) {
        JobCounts counts = store.counts();
        if (counts.badRows() > 0 && !settings.skipBad()) {
            throw InputException.skippedBefore(settings.input(), counts.badRows());
        }
        if (settings.retryFailed()) {
            long unused = store.retryFailed();
            counts = store.counts();
        }
        JobCounts now = counts;
        tell(() -> listener.resumed(now));
    }

    private void scan(JobInput input, JobStore store) {
        store.begin(settings.toolVersion());
        Scan scan = new Scan(input, store);
        boolean done = false;
        try {
            ScanReport report = input.scan(scan);
            scan.flush();
            if (report.badRows() > 0 && !settings.skipBad()) {
                throw InputException.badRows(settings.input(), report);
            }
            requirePrices(scan.unpriced);
            if (!scan.unbounded.isEmpty()) {
                throw InputException.unbounded(settings.input(), scan.unbounded);
            }
            store.scanFinished(identity(input, report.digest()), report, scan.families.names());
            done = true;
            tell(() -> listener.scanned(report));
        } finally {
            if (!done) {
                store.abandon();
            }
        }
    }

    private void requirePricesOf(Map<String, Usage> spent) {
        spent.forEach((model, usage) -> {
            if (!usage.equals(NOTHING)) {
                requirePrices(List.of(model));
            }
        });
    }

    private void requirePrices(Iterable<String> models) {
        if (settings.budgetDollars().isEmpty()) {
            return;
        }
        for (String model : models) {
            if (!model.equals(Families.OTHERS) && settings.prices().find(model).isEmpty()) {
                throw InputException.unpriced(settings.input(), model);
            }
        }
    }

    /** Rows that are in a batch already must not be sent live, or forgotten. */
    private void requireWayIsFree(JobStore store) {
        Optional<BatchTables> batches = batchesOf(store);
        if (batches.isPresent() && settings.batch().isEmpty()) {
            if (batches.get().mayRun()) {
                throw new BatchesRunException(store.path(), "Sending live calls");
            }
            batches.get().releaseIdle();
        }
    }

    /** Whether files are still at the provider although every row has ended. */
    private boolean isLeftToTidy(JobStore store) {
        return settings.batch().filter(options -> !options.keepRemote()).isPresent()
                && batchesOf(store)
                        .map(BatchTables::unfinished)
                        .filter(parts -> !parts.isEmpty())
                        .isPresent();
    }

    private static Optional<BatchTables> batchesOf(JobStore store) {
        return BatchTables.openIfAny(store, InstantSource.system()::millis);
    }

    /** Keeps the budget for everything that this run sends. */
    private SpendGuard spendGuard(JobInput input, JobStore store) {
        Optional<BatchTables> tables = batchesOf(store);
        if (settings.budgetDollars().isPresent()) {
            tables.ifPresent(parts -> new BatchPricing(settings).completeWorstCases(parts, input));
        }
        return SpendGuard.of(settings, store, tables);
    }

    private LiveRun.Result sendInBatches(BatchOptions options, JobInput input, JobStore store, JobCounts counts) {
        Vertx vertx = vertx();
        try {
            BatchRun run = new BatchRun(
                    settings,
                    options,
                    tuning,
                    input,
                    store,
                    counts,
                    spendGuard(input, store),
                    ticker,
                    vertx,
                    text -> tell(() -> listener.notice(text)));
            batches = run;
            if (interrupts.get() > 0) {
                run.interrupt();
            }
            if (options.goal().sends() && counts.pending() > 0) {
                expectedCost(run, input, counts).ifPresent(cost -> tell(() -> listener.expected(cost)));
            }
            return run.run();
        } finally {
            close(vertx);
        }
    }

    /** What the rows that are in no batch yet will cost there; empty if nobody knows, or there are none. */
    private Optional<BatchCost> expectedCost(BatchRun run, JobInput input, JobCounts counts) {
        long rows = counts.pending()
                - run.machine().parts().stream()
                        .mapToLong(part -> part.size().rows())
                        .sum();
        if (rows <= 0) {
            return Optional.empty();
        }
        RowSample sample = new RowSample(run.tables(), input, counts, new Pricing(settings.prices()));
        return sample.liveDollars(rows * Pricing.BATCH_SHARE.doubleValue())
                .map(dollars -> new BatchCost(rows, dollars, sample.outputsAssumed()));
    }

    private LiveRun.Result sendByDeadline(
            BatchOptions options, Duration deadline, JobInput input, JobStore store, JobCounts counts) {
        SpendGuard spend = spendGuard(input, store);
        Queue<String> liveNews = new ConcurrentLinkedQueue<>();
        CountDownLatch liveEnded = new CountDownLatch(1);
        Vertx vertx = vertx();
        try {
            BatchRun inBatches = new BatchRun(
                    settings,
                    options,
                    tuning.withPolls(
                            AutoRun.steering(deadline, settings.cancelling()).polls()),
                    input,
                    store,
                    counts,
                    spend,
                    ticker,
                    vertx,
                    text -> tell(() -> listener.notice(text)));
            LiveRun liveCalls = new LiveRun(
                    settings,
                    patience,
                    input,
                    store,
                    counts,
                    spend,
                    ticker,
                    vertx,
                    liveNews::add,
                    true,
                    liveEnded::countDown);
            AutoRun run = new AutoRun(
                    settings,
                    deadline,
                    input,
                    store,
                    counts,
                    inBatches,
                    liveCalls,
                    liveEnded,
                    plan -> tell(() -> listener.planned(plan)),
                    text -> tell(() -> listener.notice(text)),
                    liveNews);
            auto = run;
            liveCalls.start();
            if (interrupts.get() > 0) {
                run.interrupt(interrupts.get() > 1);
            }
            LiveRun.Result result;
            boolean ended = false;
            try {
                result = run.run();
                ended = true;
            } finally {
                if (!ended) {
                    run.abandon();
                }
            }
            outcome = run.outcome(result);
            return result;
        } finally {
            close(vertx);
        }
    }

    private LiveRun.Result send(JobInput input, JobStore store, JobCounts counts) {
        LinkedBlockingQueue<Optional<String>> news = new LinkedBlockingQueue<>();
        Vertx vertx = vertx();
        try {
            LiveRun run = new LiveRun(
                    settings,
                    patience,
                    input,
                    store,
                    counts,
                    spendGuard(input, store),
                    ticker,
                    vertx,
                    text -> news.add(Optional.of(text)),
                    false,
                    () -> news.add(Optional.empty()));
            live = run;
            run.start();
            if (interrupts.get() > 0) {
                run.interrupt(interrupts.get() > 1);
            }
            hearUntilEnded(news);
            close(vertx);
            return run.close();
        } finally {
            close(vertx);
        }
    }

    private void hearUntilEnded(LinkedBlockingQueue<Optional<String>> news) {
        boolean interrupted = false;
        while (true) {
            try {
                // Without a deadline: a run may take days. Once interrupted, the run's own timer ends it.
                Optional<String> text = news.take();
                if (text.isEmpty()) {
                    break;
                }
                tell(() -> listener.notice(text.get()));
            } catch (InterruptedException e) {
                interrupted = true;
                interrupt();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private RunReport finish(JobInput input, JobStore store, LiveRun.Result result) {
        JobCounts counts = store.counts();
        Optional<BigDecimal> cost = counts.dollars(settings.prices());
        RunProgress sent = progress();
        progress = ended(RunPhase.WRITING, sent, counts, result, cost);
        live = null;
        batches = null;
        auto = null;
        Optional<StopCause> stop = whyOpen(counts.pending(), result.stop());
        Optional<OutputSummary> output = Optional.empty();
        try {
            output = Optional.of(write(input, store));
        } catch (StorageFullException e) {
            if (stop.isEmpty()) {
                stop = Optional.of(new StopCause.StorageFailed(String.valueOf(e.getMessage())));
            }
        }
        RunEnd end =
                stop.map(JobRun::end).orElse(counts.failed() > 0 ? RunEnd.COMPLETE_WITH_FAILURES : RunEnd.COMPLETE);
        progress = ended(RunPhase.DONE, sent, counts, result, cost);
        return new RunReport(
                end,
                stop.map(StopCause::explanation),
                counts,
                result.answered(),
                result.failed(),
                result.requests(),
                result.retries(),
                result.refusals(),
                result.duration(),
                result.spent(),
                result.costDollars(),
                cost,
                result.leastTime(),
                result.latencyMedian(),
                result.latency95(),
                result.latencyLongest(),
                output,
                result.firstFailures(),
                store.path(),
                outcome);
    }

    /**
     * Why rows are still open; empty if none is, since a run that was told to stop and had nothing left has done all.
     *
     * @throws IllegalStateException if rows are open although nothing stopped the run
     */
    static Optional<StopCause> whyOpen(long pending, Optional<StopCause> stop) {
        if (pending == 0) {
            return Optional.empty();
        }
        if (stop.isEmpty()) {
            throw new IllegalStateException(
                    "the run ended by itself with " + pending
                            + " rows still open; this is a defect of penstock. What was answered is stored: run again to go on.");
        }
        return stop;
    }

    private OutputSummary write(JobInput input, JobStore store) {
        return settings.output().isPresent()
                ? OutputWriter.toFile(store, input, settings.output().get())
                : OutputWriter.toStream(store, input, settings.stream().orElseThrow(), settings.errorsFile());
    }

    private RunReport scanInterrupted() {
        LiveRun.Result nothing = LiveRun.Result.nothing(Optional.of(new StopCause.Interrupted()));
        progress = ended(RunPhase.DONE, progress, noCounts(), nothing, nothing.costDollars());
        return new RunReport(
                RunEnd.INTERRUPTED,
                Optional.of("Interrupted while reading the input; nothing was sent."),
                noCounts(),
                0,
                0,
                0,
                0,
                0,
                Duration.ZERO,
                NOTHING,
                nothing.costDollars(),
                nothing.costDollars(),
                Optional.empty(),
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                Optional.empty(),
                List.of(),
                settings.jobFile(),
                Optional.empty());
    }

    private static RunEnd end(StopCause cause) {
        return switch (cause) {
            case StopCause.Interrupted interrupted -> RunEnd.INTERRUPTED;
            case StopCause.ByProvider provider -> RunEnd.STOPPED_BY_PROVIDER;
            case StopCause.BudgetReached budget -> RunEnd.BUDGET_REACHED;
            case StopCause.Unreachable unreachable -> RunEnd.UNREACHABLE;
            case StopCause.StorageFailed storage -> RunEnd.STORAGE_FAILED;
            case StopCause.TooLate tooLate -> RunEnd.TOO_LATE;
            case StopCause.WayChanged changed -> RunEnd.INTERRUPTED;
            case StopCause.AtProvider atProvider -> RunEnd.AT_PROVIDER;
        };
    }

    /**
     * Ends the run soon: nothing new is sent, what is in flight has a few seconds to come in, is stored, and the output
     * is written. A second call does not wait for what is in flight.
     */
    public void interrupt() {
        boolean again = interrupts.getAndIncrement() > 0;
        LiveRun run = live;
        if (run != null) {
            run.interrupt(again);
        }
        BatchRun inBatches = batches;
        if (inBatches != null) {
            inBatches.interrupt();
        }
        AutoRun byDeadline = auto;
        if (byDeadline != null) {
            byDeadline.interrupt(again);
        }
    }

    /** Where the run stands. Cheap. */
    public RunProgress progress() {
        LiveRun run = live;
        BatchRun inBatches = batches;
        AutoRun byDeadline = auto;
        if (byDeadline != null) {
            return byDeadline.progress();
        }
        return run != null ? run.progress() : inBatches != null ? inBatches.progress() : progress;
    }

    /** Does not let a listener's failure touch the run. */
    private static void tell(Runnable news) {
        try {
            news.run();
        } catch (RuntimeException e) {
            System.getLogger(JobRun.class.getName()).log(System.Logger.Level.DEBUG, "a listener failed", e);
        }
    }

    static Vertx vertx() {
        return Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                // It would print to the terminal whenever the machine sleeps.
                .setBlockedThreadCheckInterval(TimeUnit.DAYS.toMillis(1))
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
    }

    static void close(Vertx vertx) {
        try {
            vertx.close()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(CLOSING_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // Its threads die with the process; every answer is stored already or by the caller.
            System.getLogger(JobRun.class.getName()).log(System.Logger.Level.DEBUG, "connections did not close", e);
        }
    }

    private static JobCounts noCounts() {
        return new JobCounts(0, 0, 0, 0, 0, Map.of());
    }

    /** A progress without anything that only a live run has. */
    static RunProgress idle(RunPhase phase, long bytesRead, long inputBytes, JobCounts counts) {
        return new RunProgress(
                phase,
                bytesRead,
                inputBytes,
                counts.rows(),
                counts.answered(),
                counts.failed(),
                0,
                0,
                0,
                0,
                Duration.ZERO,
                new RunRate(0, 0),
                new RunRate(0, 0),
                List.of(),
                Optional.empty(),
                0,
                0,
                0,
                Optional.empty(),
                counts.spentInAll(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    /** The last progress of a live run with what became of it afterwards. */
    private static RunProgress ended(
            RunPhase phase, RunProgress sent, JobCounts counts, LiveRun.Result result, Optional<BigDecimal> cost) {
        return new RunProgress(
                phase,
                sent.bytesRead(),
                sent.inputBytes(),
                counts.rows(),
                counts.answered(),
                counts.failed(),
                result.answered(),
                result.failed(),
                0,
                0,
                sent.elapsed(),
                sent.lastMinute(),
                sent.wholeRun(),
                sent.limits(),
                Optional.empty(),
                result.retries(),
                result.refusals(),
                sent.concurrencyLimit(),
                cost,
                counts.spentInAll(),
                Optional.empty(),
                counts.pending() == 0 ? cost : sent.forecastDollars(),
                sent.batch());
    }

    /** Ends a scan. Carries no stack trace, as it is no error. */
    private static final class ScanInterrupted extends RuntimeException {
        ScanInterrupted() {
            super("interrupted", null, false, false);
        }
    }

    /** Brings the good rows of a scan into the store. */
    private final class Scan implements RowVisitor {
        private static final int UNPRICED_KEPT = 5;

        private final long inputBytes;
        private final JobStore store;
        private final Families families = new Families();
        private final Set<String> unpriced = new LinkedHashSet<>();
        private final Pricing pricing = new Pricing(settings.prices());
        /** The first model that a row asks without any limit on the answer, if a budget needs one. */
        private String unbounded = "";

        private List<RowEntry> batch = new ArrayList<>(ROWS_PER_INSERT);
        private long rows;
        private long lastNews = ticker.nanos();

        Scan(JobInput input, JobStore store) {
            this.inputBytes = input.size();
            this.store = store;
        }

        @Override
        public void visit(RowPlace place, PreparedRequest request) {
            if (interrupts.get() > 0) {
                throw new ScanInterrupted();
            }
            long tokens = CostEstimator.estimatedInputTokens(request.facts())
                    + CostEstimator.reservedOutputTokens(request.facts());
            String model = request.facts().model();
            batch.add(new RowEntry(place, families.stratum(model, tokens), tokens));
            rows++;
            if (settings.budgetDollars().isPresent()) {
                if (!pricing.knows(model)) {
                    if (unpriced.size() < UNPRICED_KEPT) {
                        unpriced.add(model);
                    }
                } else if (unbounded.isEmpty() && !pricing.bounds(request.facts())) {
                    unbounded = model;
                }
            }
            if (batch.size() == ROWS_PER_INSERT) {
                flush();
                tellOfScan(place.offset() + place.length());
            }
        }

        void flush() {
            store.add(batch);
            batch = new ArrayList<>(ROWS_PER_INSERT);
        }

        private void tellOfScan(long bytes) {
            long now = ticker.nanos();
            if (now - lastNews < SCAN_NEWS_NANOS) {
                return;
            }
            lastNews = now;
            progress = idle(RunPhase.SCANNING, bytes, inputBytes, new JobCounts(rows, 0, 0, 0, 0, Map.of()));
            tell(() -> listener.scanning(rows, bytes, inputBytes));
        }
    }
}
