package dev.penstock.jobs;

import dev.penstock.jobs.ProviderLists.Search;
import dev.penstock.jobs.auto.BatchHistory;
import dev.penstock.jobs.batch.Admission;
import dev.penstock.jobs.batch.BatchAction;
import dev.penstock.jobs.batch.BatchBounds;
import dev.penstock.jobs.batch.BatchGoal;
import dev.penstock.jobs.batch.BatchMachine;
import dev.penstock.jobs.batch.BatchStop;
import dev.penstock.jobs.batch.CreationPace;
import dev.penstock.jobs.batch.MachineSettings;
import dev.penstock.jobs.batch.Part;
import dev.penstock.jobs.batch.PartJournal;
import dev.penstock.jobs.batch.PartPhase;
import dev.penstock.jobs.batch.PartSize;
import dev.penstock.jobs.batch.PollPace;
import dev.penstock.jobs.batch.TokenQueue;
import dev.penstock.time.Ticker;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.AnswerReading;
import dev.penstock.wire.BatchObject;
import dev.penstock.wire.BatchStatus;
import dev.penstock.wire.ErrorBody;
import dev.penstock.wire.FileObject;
import dev.penstock.wire.ModelFamily;
import dev.penstock.wire.TierRow;
import dev.penstock.wire.Usage;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;

/**
 * Drives the batches of a job: does what the {@link BatchMachine} says, on the thread of the caller, one thing after
 * another. {@link #interrupt} and {@link #progress} may be called from any thread.
 */
final class BatchRun {
    /** Somebody waits for a single step and can type it again. */
    private static final Duration SHORT_OUTAGE = Duration.ofMinutes(1);

    private static final long NO_HURRY_NANOS = Duration.ofDays(1).toNanos();
    private static final int MOST_FAILURES_KEPT = 10;
    private static final int MOST_ROWS_ALONE = 10;
    /** Our clock and the provider's may differ by less than this. */
    private static final long CLOCK_SKEW_SECONDS = Duration.ofDays(1).toSeconds();

    private static final Usage NOTHING = new Usage(0, 0, 0);

    private final RunSettings settings;
    private final BatchOptions options;
    private final Tuning tuning;
    private final JobInput input;
    private final JobStore store;
    private final JobCounts before;
    private final SpendGuard spend;
    private final BatchPricing pricing;
    private final Ticker ticker;
    private final BatchClient client;
    private final BatchTables tables;
    private final Consumer<String> notices;
    private final JobTag tag;
    private final ProviderLists lists;
    private final TokenQueue queue;
    private final BatchMachine machine;
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final List<FailedRow> firstFailures = new ArrayList<>();
    private final long started;
    private long partsOver;
    private long answered;
    private long failed;
    /** Rows by the part whose batch this run created; without those whose batch was refused before it ran. */
    private final Map<Integer, Long> sent = new HashMap<>();

    private final BatchTrouble trouble = new BatchTrouble();
    private final BatchForecast forecast = new BatchForecast();
    private final Set<String> learned = new HashSet<>();
    private Optional<BigDecimal> costDollars;
    private long again;
    private Usage spent = NOTHING;
    private final Map<String, Long> endedByFamily = new HashMap<>();
    private final Map<String, Long> createdMillis = new HashMap<>();
    private Admission admission = Admission.ALWAYS;
    private boolean warnedOfSmallParts;
    private volatile String doing = "";
    private volatile RunProgress progress;

    /**
     * What tests change.
     *
     * @param between called between any two steps, with the name of the step that was done
     */
    record Tuning(BatchBounds bounds, PollPace polls, Duration settling, Consumer<String> between) {
        static final Tuning DEFAULT =
                new Tuning(BatchBounds.DOCUMENTED, PollPace.DEFAULT, MachineSettings.DEFAULT.settling(), step -> {});

        Tuning withPolls(PollPace newPolls) {
            return new Tuning(bounds, newPolls, settling, between);
        }

        Tuning withSettling(Duration newSettling) {
            return new Tuning(bounds, polls, newSettling, between);
        }
    }

    BatchRun(
            RunSettings settings,
            BatchOptions options,
            Tuning tuning,
            JobInput input,
            JobStore store,
            JobCounts before,
            SpendGuard spend,
            Ticker ticker,
            Vertx vertx,
            Consumer<String> notices) {
        this.settings = settings;
        this.options = options;
        this.tuning = tuning;
        this.input = input;
        this.store = store;
        this.before = before;
        this.spend = spend;
        this.pricing = new BatchPricing(settings);
        this.ticker = ticker;
        this.notices = notices;
        this.client = new BatchClient(vertx, settings, ticker);
        InstantSource clock = InstantSource.system();
        this.tables = BatchTables.open(store, clock::millis);
        this.tag = tables.tag().map(JobTag::new).orElseGet(() -> newTag(tables));
        this.lists = new ProviderLists(client, () -> between("listed"));
        this.queue = new TokenQueue(limits());
        long wall = tables.wallMillis();
        MachineSettings machineSettings = MachineSettings.DEFAULT
                .withGoal(options.goal())
                .withKeptFiles(options.keepRemote())
                .withForgetful(options.forgetMissing()
                        || !settings.upstream().equals(settings.baseUrl().toString()))
                .withOutage(options.goal() == BatchGoal.COMPLETE ? MachineSettings.DEFAULT.outage() : SHORT_OUTAGE)
                .withPolls(tuning.polls())
                .withSettling(tuning.settling());
        tables.dropUnplanned();
        tables.freeLive();
        this.started = ticker.nanos();
        this.machine = new BatchMachine(
                machineSettings,
                tables.unfinished(),
                queue,
                new CreationPace(
                        tuning.bounds().creationsPerHour(),
                        tables.creationsSince(wall - Duration.ofHours(1).toMillis())),
                spend,
                new SteppedJournal(),
                RandomGeneratorFactory.of("L64X128MixRandom").create(settings.seed()),
                started);
        this.partsOver = tables.over();
        this.costDollars = before.dollars(settings.prices());
        this.progress = snapshot(RunPhase.SENDING);
    }

    private static JobTag newTag(BatchTables tables) {
        JobTag fresh = JobTag.fresh(new SecureRandom());
        tables.setTag(fresh.value());
        return fresh;
    }

    /** What the user says comes first, then what was learned, then what the tier is said to grant. */
    private Map<String, Long> limits() {
        Map<String, Long> limits = new HashMap<>();
        options.tier()
                .ifPresent(tier -> settings.tiers().rows().stream()
                        .map(TierRow::family)
                        .distinct()
                        .forEach(family -> settings.tiers()
                                .find(family, tier)
                                .map(TierRow::batchQueueTokens)
                                .filter(OptionalLong::isPresent)
                                .ifPresent(tokens -> limits.put(family, tokens.getAsLong()))));
        limits.putAll(tables.limits());
        options.queueTokens()
                .ifPresent(tokens -> store.families().forEach(family -> limits.put(ModelFamily.of(family), tokens)));
        return limits;
    }

    /** Goes as far as the goal says, or until nothing more can be done. */
    LiveRun.Result run() {
        while (true) {
            Optional<LiveRun.Result> end = step(NO_HURRY_NANOS);
            if (end.isPresent()) {
                if (end.get().stop().isEmpty()) {
                    tables.requireSum();
                }
                return end.get();
            }
        }
    }

    /**
     * Does one thing.
     *
     * @param mostNanos the longest that it may wait for something to do
     * @return what was done so far, if nothing is left to be done or nothing more can be
     */
    Optional<LiveRun.Result> step(long mostNanos) {
        between("deciding");
        if (interrupted.getCount() == 0) {
            return Optional.of(result(Optional.of(new StopCause.Interrupted())));
        }
        BatchAction action = machine.next(ticker.nanos(), tables.wallMillis());
        between("decided");
        if (action instanceof BatchAction.Finished) {
            return Optional.of(finished());
        }
        try {
            if (action instanceof BatchAction.Wait(OptionalLong until)) {
                await(until, mostNanos);
            } else {
                act(action);
            }
        } catch (StorageFullException full) {
            return Optional.of(result(Optional.of(new StopCause.StorageFailed(String.valueOf(full.getMessage())))));
        }
        if (machine.unreachableSince().isEmpty()) {
            trouble.answered(ticker.nanos()).ifPresent(notices);
        }
        progress = snapshot(RunPhase.SENDING);
        return Optional.empty();
    }

    /** Lets somebody hold parts back from now on. */
    void admit(Admission by) {
        admission = by;
        machine.admit(by);
    }

    BatchMachine machine() {
        return machine;
    }

    BatchTables tables() {
        return tables;
    }

    boolean isInterrupted() {
        return interrupted.getCount() == 0;
    }

    /** Cancels the batch of a part; rows that it has not answered will be free. */
    void cancelSoon(int part) {
        machine.cancel(part, ticker.nanos());
    }

    /** Gives a part up whose file is uploaded; its rows will be free. */
    void giveUp(int part) {
        machine.giveUp(part, ticker.nanos());
    }

    /** How long ago the batch of a part was created; zero if none was. */
    Duration age(Part part) {
        if (!part.phase().mayRun()) {
            return Duration.ZERO;
        }
        long created = createdMillis.computeIfAbsent(
                part.number() + "-" + part.attempt(),
                key -> tables.createdMillis(part.number()).orElseGet(tables::wallMillis));
        return Duration.ofMillis(Math.max(0, tables.wallMillis() - created));
    }

    /**
     * Gives the last rows of a part to live calls, of which nothing is at the provider.
     *
     * @return how many there were
     */
    long giveLastRows(Part part, long rows, int helping) {
        List<RowPlace> places = tables.lastRows(part.number(), rows);
        PartSize size = part.size();
        if (places.size() >= size.rows()) {
            tables.giveLastRows(part.dissolved(), places.size(), helping);
            partsOver++;
            machine.released(part.number(), 0, ticker.nanos());
            return places.size();
        }
        ByteText line = new ByteText(16 << 10);
        PartPlanner planner = new PartPlanner(tables, input, tuning.bounds(), pricing);
        PartSize rest = size;
        for (RowPlace place : places) {
            rest = rest.without(planner.size(input.read(place), line));
        }
        tables.giveLastRows(part.resized(rest), places.size(), helping);
        machine.resized(rest);
        return places.size();
    }

    /** Tokens that a family may have enqueued, if that is known. */
    OptionalLong queueTokens(String family) {
        return queue.limit(family);
    }

    /** Rows that ended in batches during this run, by model family. */
    Map<String, Long> endedByFamily() {
        return endedByFamily;
    }

    /** How long batches of the account took lately; nothing if it cannot be asked. */
    BatchHistory history() {
        doing("asking how long batches took");
        return new BatchHistory(lists.newestBatches().stream()
                .filter(batch -> batch.status() == BatchStatus.COMPLETED
                        && batch.completedAtSeconds().isPresent()
                        && batch.createdAtSeconds() > 0)
                .map(batch -> new BatchHistory.Past(
                        batch.total(),
                        Duration.ofSeconds(
                                Math.max(1, batch.completedAtSeconds().getAsLong() - batch.createdAtSeconds()))))
                .toList());
    }

    /** Waits for an interrupt. */
    void pause(long nanos) {
        await(OptionalLong.of(ticker.nanos() + nanos), nanos);
    }

    private void act(BatchAction action) {
        switch (action) {
            case BatchAction.Upload(Part part) -> upload(part);
            case BatchAction.FindFile(Part part) -> findFile(part);
            case BatchAction.Create(Part part) -> create(part);
            case BatchAction.FindBatch(Part part) -> findBatch(part);
            case BatchAction.Poll(Part part) -> poll(part);
            case BatchAction.Cancel(Part part) -> cancel(part);
            case BatchAction.Merge(Part part) -> merge(part);
            case BatchAction.Release release -> release(release);
            case BatchAction.DeleteFile(Part part) -> deleteFile(part);
            case BatchAction.Plan plan -> plan();
            case BatchAction.Wait wait -> {}
            case BatchAction.Finished finished -> {}
        }
    }

    private LiveRun.Result finished() {
        Optional<BatchStop> stop = machine.stopped();
        if (stop.isPresent()) {
            String explanation = stop.get().explanation() + whatGoesOn();
            return result(Optional.of(
                    switch (stop.get().kind()) {
                        case PROVIDER -> new StopCause.ByProvider(explanation);
                        case UNREACHABLE -> new StopCause.Unreachable(explanation);
                        case BUDGET -> new StopCause.BudgetReached(spend.reached());
                    }));
        }
        if (options.goal() == BatchGoal.COMPLETE && !options.keepRemote() && tables.mayHaveStrayFiles()) {
            deleteStrayFiles();
        }
        return result(
                options.goal() == BatchGoal.COMPLETE || store.counts().pending() == 0
                        ? Optional.empty()
                        : Optional.of(new StopCause.AtProvider(whereItStands())));
    }

    /** Who is told that everything stopped must know what still costs money. */
    private String whatGoesOn() {
        long running =
                machine.parts().stream().filter(part -> part.phase().mayRun()).count();
        return running == 0
                ? ""
                : (running == 1 ? " A batch of the job goes on" : " " + running + " batches of the job go on")
                        + " at the provider; 'penstock batch cancel' with the same arguments ends "
                        + (running == 1 ? "it." : "them.");
    }

    private String whereItStands() {
        List<Part> parts = machine.parts();
        long running = parts.stream().filter(part -> part.phase().mayRun()).count();
        long waiting = parts.size() - running;
        if (parts.isEmpty() && options.goal() != BatchGoal.CANCEL) {
            return "No batch of this job is at the provider.";
        }
        long unplanned = store.counts().pending()
                - parts.stream().mapToLong(part -> part.size().rows()).sum();
        return switch (options.goal()) {
            case SUBMIT, FETCH, COMPLETE ->
                running
                        + (running == 1 ? " batch runs" : " batches run")
                        + " at the provider"
                        + (waiting == 0
                                ? "."
                                : ", and " + waiting + (waiting == 1 ? " part waits" : " parts wait")
                                        + " until there is room for more tokens in the queue.")
                        + (options.goal() == BatchGoal.SUBMIT
                                        && settings.budgetDollars().isPresent()
                                        && unplanned > 0
                                ? " The budget does not cover the other rows at their worst, so they wait until it is"
                                        + " known what these did cost."
                                : "");
            case CANCEL -> running == 0 ? "No batch of this job runs any more." : "Batches of this job still run.";
        };
    }

    private void plan() {
        doing("dealing rows to batches");
        PartPlanner.Plan plan = new PartPlanner(
                        tables, input, tuning.bounds().withRows(Math.max(1, admission.mostPartRows())), pricing)
                .plan(queue::limit, spend.left(), () -> interrupted.getCount() == 0);
        between("planned");
        warnOfSmallParts(plan.parts());
        machine.planned(plan.parts(), plan.more(), ticker.nanos());
    }

    /** Two million that was meant is easily typed as two. */
    private void warnOfSmallParts(List<Part> parts) {
        long alone = parts.stream()
                .filter(part -> part.size().rows() == 1
                        && part.size().tokens()
                                > queue.limit(part.size().key().family()).orElse(Long.MAX_VALUE))
                .count();
        if (alone >= MOST_ROWS_ALONE && !warnedOfSmallParts) {
            warnedOfSmallParts = true;
            notices.accept(
                    "So few tokens may be enqueued that rows are batches of their own, one after another. If that is"
                            + " not meant, stop and give another --queue-limit.");
        }
    }

    private void upload(Part part) {
        doing("uploading part " + part.number());
        PartLines lines = new PartLines(tables, input, part);
        ApiReply reply = client.upload(tag.filename(part), part.size().bytes(), lines::next);
        between("uploaded");
        Optional<FileObject> file = reply.isOk() ? FileObject.read(reply.body()) : Optional.empty();
        if (file.isPresent()) {
            machine.uploaded(part.number(), file.get().id(), ticker.nanos());
        } else {
            failed(part, reply);
        }
    }

    private void findFile(Part part) {
        doing("looking for the file of part " + part.number());
        switch (lists.file(file -> tag.marks(file, part))) {
            case Search.Done<FileObject> done ->
                machine.foundFile(part.number(), done.first().map(FileObject::id), ticker.nanos());
            case Search.Failed<FileObject>(ApiReply reply) -> failed(part, reply);
        }
    }

    private void create(Part part) {
        doing("creating the batch of part " + part.number());
        ApiReply reply = client.post("/batches", tag.creation(part));
        between("created");
        Optional<BatchObject> batch = reply.isOk() ? BatchObject.read(reply.body()) : Optional.empty();
        if (batch.isPresent()) {
            sent.put(part.number(), part.size().rows());
            machine.created(part.number(), batch.get(), ticker.nanos());
        } else if (isRejected(reply) && ErrorBody.of(reply.body()).param().equals("input_file_id")) {
            machine.fileIsGone(part.number(), refusal(reply), ticker.nanos());
        } else {
            failed(part, reply);
        }
    }

    private static boolean isRejected(ApiReply reply) {
        return reply.verdict() instanceof Verdict.Rejected;
    }

    private void findBatch(Part part) {
        doing("looking for the batch of part " + part.number());
        List<String> former = tables.formerBatches(part.number());
        long oldest = tables.firstCreationMillis().orElse(0) / 1_000 - CLOCK_SKEW_SECONDS;
        switch (lists.batch(
                batch -> tag.marks(batch, part) && !former.contains(batch.id()),
                batch -> batch.createdAtSeconds() > 0 && batch.createdAtSeconds() < oldest)) {
            case Search.Done<BatchObject> done -> {
                done.first()
                        .ifPresent(batch -> sent.put(part.number(), part.size().rows()));
                machine.foundBatch(part.number(), done.first(), ticker.nanos());
            }
            case Search.Failed<BatchObject>(ApiReply reply) -> failed(part, reply);
        }
    }

    private void poll(Part part) {
        ApiReply reply = client.get("/batches/" + BatchClient.escaped(part.batchId()));
        between("polled");
        Optional<BatchObject> batch = reply.isOk() ? BatchObject.read(reply.body()) : Optional.empty();
        if (batch.isPresent()) {
            machine.polled(part.number(), batch.get(), ticker.nanos());
        } else {
            failed(part, reply);
        }
    }

    private void cancel(Part part) {
        doing("cancelling the batch of part " + part.number());
        ApiReply reply = client.post("/batches/" + BatchClient.escaped(part.batchId()) + "/cancel", new byte[0]);
        between("cancelled");
        // 409: it is over already.
        if (reply.isOk() || reply.status().orElse(0) == 409) {
            machine.cancelled(part.number(), ticker.nanos());
        } else {
            failed(part, reply);
        }
    }

    private void merge(Part part) {
        doing("fetching the answers of part " + part.number());
        List<Path> files = new ArrayList<>();
        boolean answersGone = false;
        try {
            for (String id : List.of(part.outputFileId(), part.errorFileId())) {
                if (id.isEmpty()) {
                    continue;
                }
                Path file = results(part, files.size());
                ApiReply reply = client.download(id, file);
                between("downloaded");
                if (reply.status().orElse(0) == 404) {
                    answersGone |= id.equals(part.outputFileId());
                    notices.accept("A result file of batch " + part.batchId()
                            + " does not exist any more; its rows count as not answered.");
                } else if (reply.isOk()) {
                    files.add(file);
                } else {
                    failed(part, reply);
                    return;
                }
            }
            PartMerge.Report report = new PartMerge(tables, input, pricing, part, settings.maxAttempts(), this::between)
                    .merge(files, answersGone);
            between("merged");
            count(part, report);
            again += report.freed();
            machine.merged(part.number(), report.freed(), report.cost(), ticker.nanos());
        } catch (IOException e) {
            throw new StorageFullException(results(part, 0), e);
        } finally {
            delete(results(part, 0));
            delete(results(part, 1));
        }
    }

    private void count(Part part, PartMerge.Report report) {
        endedByFamily.merge(part.size().key().family(), report.answered() + report.failed(), Long::sum);
        partsOver++;
        answered += report.answered();
        failed += report.failed();
        spent = JobCounts.sum(spent, report.spent());
        costDollars = store.counts().dollars(settings.prices());
        report.failures().stream()
                .limit(MOST_FAILURES_KEPT - firstFailures.size())
                .forEach(firstFailures::add);
    }

    private Path results(Part part, int number) {
        Path job = store.path();
        return job.resolveSibling(job.getFileName() + ".part-" + part.number() + "-" + number);
    }

    /** Deletes result files that a process left that died between the last step of a part and their deletion. */
    static void deleteLeftResults(Path job) {
        Path folder = job.toAbsolutePath().getParent();
        if (folder == null) {
            return;
        }
        String prefix = job.getFileName() + ".part-";
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(file -> String.valueOf(file.getFileName()).startsWith(prefix))
                    .forEach(BatchRun::delete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path file) {
        try {
            boolean unused = Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void release(BatchAction.Release release) {
        Map<Long, PartMerge.FailedLine> refused = new HashMap<>();
        for (BatchObject.Problem problem : release.problems()) {
            refused.putIfAbsent(
                    problem.line().orElse(0),
                    new PartMerge.FailedLine(
                            problem.code().isEmpty() ? "batch_refused" : problem.code(),
                            "The provider refuses the row: " + problem.message()));
        }
        PartMerge.Report report = new PartMerge(
                        tables, input, pricing, release.part(), settings.maxAttempts(), this::between)
                .release(refused, release.attempt());
        between("released");
        count(release.part(), report);
        again += release.attempt() ? report.freed() : 0;
        sent.remove(release.part().number());
        machine.released(release.part().number(), report.freed(), ticker.nanos());
    }

    private void deleteFile(Part part) {
        ApiReply reply = client.delete("/files/" + BatchClient.escaped(part.fileId()));
        between("deleted");
        if (reply.isOk() || reply.status().orElse(0) == 404) {
            machine.deleted(part.number());
        } else {
            failed(part, reply);
        }
    }

    /**
     * What was on its way when a process died may arrive after it was looked for and sent again. All parts are over, so
     * every file of the job is of no use. If the provider does not answer, the files stay: they cost nothing.
     */
    private void deleteStrayFiles() {
        doing("looking for files that were uploaded twice");
        switch (lists.files(tag::marks)) {
            case Search.Done<FileObject>(List<FileObject> stray) ->
                stray.forEach(file -> {
                    ApiReply unused = client.delete("/files/" + BatchClient.escaped(file.id()));
                });
            case Search.Failed<FileObject> failed -> {}
        }
        between("tidied");
    }

    private void failed(Part part, ApiReply reply) {
        if (interrupted.getCount() == 0) {
            return; // the call was cut off by us; what became of it is looked for in the next run
        }
        Verdict verdict = switch (reply.verdict()) {
            case Verdict.Accepted accepted ->
                AnswerReading.ofFault(
                                Verdict.Fault.BROKEN_ANSWER, "The provider's answer is not what the Batch API says.")
                        .verdict();
            case Verdict.Rejected rejected -> new Verdict.Rejected(rejected.reason(), refusal(reply));
            case Verdict.Transient fault -> fault;
            case Verdict.Throttled throttled -> throttled;
            case Verdict.SlowDown slowDown -> slowDown;
            case Verdict.AccountStopped stopped -> stopped;
        };
        machine.failed(part.number(), verdict, ticker.nanos());
        if (machine.isBeingFreed(part.number())) {
            notices.accept("Batch " + part.batchId() + " does not exist any more; its rows are sent again.");
        } else if (machine.stopped().isEmpty()) {
            trouble.failed(verdict.explanation(), machine.unreachableSince(), ticker.nanos())
                    .forEach(notices);
        }
    }

    /** These calls hold no prompt, so neither does what is said against them. */
    private static String refusal(ApiReply reply) {
        String message = ErrorBody.of(reply.body()).message();
        return reply.verdict().explanation()
                + (message.isEmpty() ? "" : " It says: " + message + (message.endsWith(".") ? "" : "."));
    }

    private void await(OptionalLong until, long mostNanos) {
        doing("");
        progress = snapshot(RunPhase.SENDING);
        long nanos = Math.min(mostNanos, until.orElse(ticker.nanos()) - ticker.nanos());
        try {
            boolean unused = interrupted.await(Math.max(1, nanos), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            interrupt();
        }
    }

    private void doing(String what) {
        // Tries alternate with pauses for hours, which is nothing to tell.
        doing = machine.unreachableSince().isPresent() ? "no connection" : what;
        progress = snapshot(RunPhase.SENDING);
    }

    private void between(String step) {
        tuning.between().accept(step);
    }

    /** What was done so far. */
    LiveRun.Result result(Optional<StopCause> stop) {
        return new LiveRun.Result(
                stop,
                answered,
                failed,
                sent.values().stream().mapToLong(Long::longValue).sum(),
                again,
                0,
                Duration.ofNanos(ticker.nanos() - started),
                spent,
                costNow(),
                Optional.empty(),
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                List.copyOf(firstFailures));
    }

    /** What the job has cost since the beginning of this run. */
    Optional<BigDecimal> costNow() {
        Optional<BigDecimal> all = store.counts().dollars(settings.prices());
        return all.flatMap(now -> before.dollars(settings.prices()).map(now::subtract));
    }

    /** Ends the run soon. Batches go on at the provider. */
    void interrupt() {
        interrupted.countDown();
        client.abort();
    }

    RunProgress progress() {
        return progress;
    }

    private RunProgress snapshot(RunPhase phase) {
        List<Part> parts = machine.parts();
        long atProvider = parts.stream()
                .filter(part -> part.phase() == PartPhase.SUBMITTED)
                .mapToLong(part -> part.size().rows())
                .sum();
        RunProgress base = JobRun.idle(
                phase,
                input.size(),
                input.size(),
                new JobCounts(
                        before.rows(),
                        before.answered() + answered,
                        before.failed() + failed,
                        before.badRows(),
                        before.attempts(),
                        before.spent(),
                        before.batchSpent()));
        long now = ticker.nanos();
        BatchProgress batches = new BatchProgress(doing, parts, partsOver);
        long ended = Math.min(base.rows(), base.answered() + base.failed() + batches.rowsDone());
        forecast.seen(ended, now);
        return base.inBatches(
                answered,
                failed,
                (int) Math.min(Integer.MAX_VALUE, atProvider),
                Duration.ofNanos(now - started),
                JobCounts.sum(before.spentInAll(), spent),
                costDollars,
                costDollars
                        .filter(cost -> base.answered() > 0)
                        .map(cost -> cost.multiply(BigDecimal.valueOf(base.rows()))
                                .divide(BigDecimal.valueOf(base.answered()), MathContext.DECIMAL64)),
                machine.unreachableSince().isPresent() ? Optional.empty() : forecast.timeLeft(base.rows(), now),
                batches);
    }

    /** Lets tests stop before and after anything is written down. */
    private final class SteppedJournal implements PartJournal {
        @Override
        public void moved(Part part, String detail) {
            between("moving");
            if (part.phase() == PartPhase.UPLOADED) {
                sent.remove(part.number()); // it was refused before it ran
            }
            tables.moved(part, detail);
            between("moved to " + part.phase().word());
        }

        @Override
        public void counted(Part part) {
            tables.counted(part);
        }

        @Override
        public void learned(String family, long tokens) {
            tables.learned(family, tokens);
            between("learned");
            String text = String.format(
                    Locale.ROOT,
                    "The account may have %,d tokens of %s enqueued in batches; batches are cut to that.",
                    tokens,
                    family);
            if (learned.add(text)) {
                notices.accept(text);
            }
        }
    }
}
