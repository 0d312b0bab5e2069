package dev.penstock.jobs.batch;

import dev.penstock.retry.Backoff;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.BatchObject;
import dev.penstock.wire.BatchStatus;
import dev.penstock.wire.QueueRefusal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides what happens to the parts of a job: what is uploaded, created, asked about and fetched when, and what a failure
 * means. Whatever could happen twice if the process died is in the journal before it is handed out as an action: an upload
 * or a creation whose end is not known is looked for at the provider before it is repeated.
 *
 * <p>Not thread-safe: one driver asks {@link #next}, does it, and tells what came of it.
 */
public final class BatchMachine {
    /** Refusals of a batch that has the queue for itself, until it is taken for too large. */
    private static final int REFUSED_ALONE_UNTIL_SPLIT = 3;

    /** How long others may take to leave room in the queue. */
    private static final Backoff FOR_ROOM =
            new Backoff(Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofMinutes(30));

    /** How often it is looked whether live calls have left more of the budget. */
    private static final Duration FOR_MONEY = Duration.ofSeconds(1);

    /** Failures of a kind that should not come again, until they are taken for lasting. */
    private static final int MOST_REJECTIONS = 3;

    private final MachineSettings settings;
    private final TokenQueue queue;
    private final CreationPace pace;
    private final PartBudget budget;
    private final PartJournal journal;
    private final RandomGenerator random;
    private final TreeMap<Integer, Track> active = new TreeMap<>();
    private final Map<String, TreeMap<Integer, Track>> planned = new LinkedHashMap<>();
    private Admission admission = Admission.ALWAYS;
    private boolean mayPlan = true;
    /** A row was met that the budget does not cover even alone. */
    private boolean tooDear;

    private @Nullable BatchStop stop;
    private boolean everAnswered;
    private boolean failing;
    private long failingSince;

    /** A part on its way. */
    private static final class Track {
        Part part;
        boolean queued;
        /** Whether the most that it can cost is held of the budget. */
        boolean held;

        boolean validated;
        boolean polled;
        boolean cancelWanted;
        boolean cancelAsked;
        boolean lookedOnce;
        /** Whether its creation may have arrived although nothing says so. */
        boolean unsure;

        int failures;
        int rejections;
        int refusals;
        long dueNanos;
        long changedNanos;
        BatchAction.@Nullable Release release;

        Track(Part part, long now) {
            this.part = part;
            this.dueNanos = now;
            this.changedNanos = now;
            this.unsure = part.phase() == PartPhase.CREATING;
        }
    }

    /**
     * Takes up a job where it stands.
     *
     * @param parts all that are not over, and those over whose files are still at the provider
     * @param budget holds what those of them can cost that may run
     */
    public BatchMachine(
            MachineSettings settings,
            Collection<Part> parts,
            TokenQueue queue,
            CreationPace pace,
            PartBudget budget,
            PartJournal journal,
            RandomGenerator random,
            long now) {
        this.settings = settings;
        this.queue = queue;
        this.pace = pace;
        this.budget = budget;
        this.journal = journal;
        this.random = random;
        // An earlier run reached the provider, so that its address is right.
        this.everAnswered = parts.stream()
                .anyMatch(part -> !part.fileId().isEmpty() || !part.batchId().isEmpty());
        parts.forEach(part -> takeUp(part, now));
    }

    private void takeUp(Part part, long now) {
        Track track = new Track(part, now);
        track.held = part.phase().mayRun();
        switch (part.phase()) {
            case PLANNED -> plannedOf(part).put(part.number(), track);
            case UPLOADED, ENDED, MERGED, DISSOLVED -> active.put(part.number(), track);
            case UPLOADING, CREATING -> {
                active.put(part.number(), track);
                enter(track);
            }
            case SUBMITTED -> {
                active.put(part.number(), track);
                enter(track);
                noteValidated(track, part.status());
            }
        }
    }

    private TreeMap<Integer, Track> plannedOf(Part part) {
        return planned.computeIfAbsent(part.size().key().family(), family -> new TreeMap<>());
    }

    /** Lets somebody hold parts back from now on. */
    public void admit(Admission by) {
        admission = by;
    }

    /** Cancels the batch of a part; its other rows will be free. Nothing happens if it is over, or is being cancelled. */
    public void cancel(int number, long now) {
        Track track = active.get(number);
        if (track != null && !track.cancelWanted) {
            switch (track.part.phase()) {
                case SUBMITTED -> {
                    track.cancelWanted = true;
                    track.dueNanos = now;
                }
                case CREATING -> track.cancelWanted = true; // as soon as it is known
                case PLANNED, UPLOADING, UPLOADED, ENDED, MERGED, DISSOLVED -> {}
            }
        }
    }

    /** Whether its batch is to be cancelled, or is being cancelled. */
    public boolean isCancelWanted(int number) {
        Track track = active.get(number);
        return track != null && track.cancelWanted;
    }

    /** Whether its rows are about to be free. */
    public boolean isBeingFreed(int number) {
        Track track = active.get(number);
        return track != null && track.release != null;
    }

    /** Gives up a part that is uploaded; its rows will be free. Nothing happens if its batch may run already. */
    public void giveUp(int number, long now) {
        Track track = active.get(number);
        if (track != null && track.part.phase() == PartPhase.UPLOADED && track.release == null) {
            release(track, List.of(), false);
            track.dueNanos = now;
        }
    }

    /** Rows were taken away from a part of which nothing is at the provider, on the disk. */
    public void resized(PartSize size) {
        for (TreeMap<Integer, Track> ofFamily : planned.values()) {
            Track track = ofFamily.get(size.number());
            if (track != null) {
                track.part = track.part.resized(size);
                return;
            }
        }
        throw new IllegalStateException("part " + size.number() + " lost rows and does not wait");
    }

    /** What to do next. */
    public BatchAction next(long now, long nowMillis) {
        if (stop != null) {
            // What failed for good holds no rows back.
            return active.values().stream()
                    .filter(track -> track.release != null)
                    .findFirst()
                    .<BatchAction>map(track -> track.release)
                    .orElseGet(BatchAction.Finished::new);
        }
        OptionalLong wake = OptionalLong.empty();
        boolean waits = false;
        Optional<BatchAction> poll = Optional.empty();
        long pollDue = 0;
        for (Track track : List.copyOf(active.values())) {
            if (isLeftAlone(track)) {
                continue;
            }
            waits = true;
            if (track.dueNanos - now > 0) {
                wake = earlier(wake, track.dueNanos);
                continue;
            }
            Optional<BatchAction> action = due(track, now, nowMillis);
            if (action.isPresent() && action.get() instanceof BatchAction.Poll) {
                if (poll.isEmpty() || track.dueNanos - pollDue < 0) {
                    poll = action;
                    pollDue = track.dueNanos;
                }
                continue;
            }
            if (action.isPresent()) {
                return action.get();
            }
            if (active.containsKey(track.part.number()) && track.dueNanos - now > 0) {
                wake = earlier(wake, track.dueNanos);
            }
        }
        Optional<BatchAction> begun = begin(now);
        if (begun.isPresent()) {
            return begun.get();
        }
        // Last, or many batches that are asked about would keep others from being created.
        if (poll.isPresent()) {
            return poll.get();
        }
        if (isMoneyWaitedFor(now)) {
            waits = true;
            wake = earlier(wake, now + FOR_MONEY.toNanos());
        }
        if (settings.goal().sends()
                && mayPlan
                && active.isEmpty()
                && plannedCount() == 0
                && admission.mostPartRows() > 0) {
            if (tooDear) {
                stop = new BatchStop(BatchStop.Kind.BUDGET, "The next row might cost more than is left of the budget.");
                return new BatchAction.Finished();
            }
            mayPlan = false;
            return new BatchAction.Plan();
        }
        return waits && wake.isPresent() ? new BatchAction.Wait(wake) : new BatchAction.Finished();
    }

    private static OptionalLong earlier(OptionalLong wake, long at) {
        return wake.isEmpty() || at - wake.getAsLong() < 0 ? OptionalLong.of(at) : wake;
    }

    /** Whether this goal does nothing about it any more. */
    private boolean isLeftAlone(Track track) {
        if (track.release != null) {
            return false;
        }
        return switch (track.part.phase()) {
            case PLANNED -> true;
            case UPLOADING, CREATING, ENDED -> false;
            case UPLOADED ->
                switch (settings.goal()) {
                    case COMPLETE, CANCEL -> false;
                    case SUBMIT -> (!track.queued && !queue.hasRoom(track.part.size())) || isHeldUpByBatches(track);
                    case FETCH -> true;
                };
            case SUBMITTED ->
                switch (settings.goal()) {
                    case COMPLETE, CANCEL -> false;
                    case SUBMIT -> track.polled && track.validated;
                    case FETCH -> track.polled;
                };
            case MERGED, DISSOLVED ->
                settings.keepFiles() || track.part.fileId().isEmpty();
        };
    }

    private Optional<BatchAction> due(Track track, long now, long nowMillis) {
        BatchAction.Release release = track.release;
        if (release != null) {
            return Optional.of(release);
        }
        Part part = track.part;
        return switch (part.phase()) {
            case PLANNED -> Optional.empty();
            case UPLOADING -> Optional.of(new BatchAction.FindFile(part));
            case UPLOADED -> uploadedIsDue(track, now, nowMillis);
            case CREATING -> Optional.of(new BatchAction.FindBatch(part));
            case SUBMITTED -> {
                boolean cancels = (settings.goal() == BatchGoal.CANCEL || track.cancelWanted)
                        && !track.cancelAsked
                        && part.status() != BatchStatus.CANCELLING;
                yield Optional.of(cancels ? new BatchAction.Cancel(part) : new BatchAction.Poll(part));
            }
            case ENDED -> Optional.of(new BatchAction.Merge(part));
            case MERGED, DISSOLVED -> {
                if (settings.keepFiles() || part.fileId().isEmpty()) {
                    active.remove(part.number());
                    yield Optional.empty();
                }
                yield Optional.of(new BatchAction.DeleteFile(part));
            }
        };
    }

    private Optional<BatchAction> uploadedIsDue(Track track, long now, long nowMillis) {
        if (settings.goal() == BatchGoal.CANCEL) {
            return Optional.of(new BatchAction.Release(track.part, List.of(), false));
        }
        if (!settings.goal().sends()
                || (!track.queued && !queue.hasRoom(track.part.size()))
                || !admission.mayCreate(track.part)) {
            return Optional.empty();
        }
        if (!hold(track)) {
            if (isShort(track)) {
                return Optional.of(shortOfMoney(track));
            }
            if (nothingIsHeld()) {
                track.dueNanos = now + FOR_MONEY.toNanos();
            }
            return Optional.empty();
        }
        OptionalLong ready = pace.readyAt(nowMillis);
        if (ready.isPresent()) {
            track.dueNanos =
                    now + Duration.ofMillis(ready.getAsLong() - nowMillis).toNanos();
            return Optional.empty();
        }
        enter(track);
        track.part = track.part.creating();
        track.lookedOnce = false;
        track.unsure = false;
        journal.moved(track.part, "creation " + track.part.attempt() + " begins");
        pace.created(nowMillis);
        return Optional.of(new BatchAction.Create(track.part));
    }

    private Optional<BatchAction> begin(long now) {
        for (TreeMap<Integer, Track> ofFamily : planned.values()) {
            if (ofFamily.isEmpty()) {
                continue;
            }
            Track track = ofFamily.firstEntry().getValue();
            if (settings.goal() == BatchGoal.CANCEL) {
                return Optional.of(new BatchAction.Release(track.part, List.of(), false));
            }
            if (settings.goal().sends()
                    && track.dueNanos - now <= 0
                    && !isRoomWaitedFor(track.part)
                    && queue.hasRoom(track.part.size())
                    && admission.mayCreate(track.part)) {
                if (!hold(track)) {
                    if (isShort(track)) {
                        return Optional.of(shortOfMoney(track));
                    }
                    continue;
                }
                ofFamily.pollFirstEntry();
                active.put(track.part.number(), track);
                enter(track);
                track.part = track.part.with(PartPhase.UPLOADING);
                journal.moved(track.part, "upload begins");
                return Optional.of(new BatchAction.Upload(track.part));
            }
        }
        return Optional.empty();
    }

    /** Parts that are uploaded already come first; else a large one might wait for ever while small ones pass. */
    private boolean isRoomWaitedFor(Part part) {
        return active.values().stream()
                .anyMatch(track -> track.part.phase() == PartPhase.UPLOADED
                        && !track.queued
                        && track.part
                                .size()
                                .key()
                                .family()
                                .equals(part.size().key().family()));
    }

    /** Holds the most that the part can cost, if the budget leaves so much. */
    private boolean hold(Track track) {
        if (!track.held) {
            track.held = budget.hold(track.part.size().worstCaseNanoDollars());
        }
        return track.held;
    }

    private void free(Track track) {
        if (track.held) {
            track.held = false;
            budget.free(track.part.size().worstCaseNanoDollars());
        }
    }

    private boolean nothingIsHeld() {
        return active.values().stream().noneMatch(track -> track.held);
    }

    /** Whether batches of ours may yet turn out to cost less than is held for them. */
    private boolean isHeldUpByBatches(Track track) {
        return !track.held && !nothingIsHeld() && !hold(track);
    }

    /** Whether no waiting helps: the part is more than is left, whatever becomes of all that runs. */
    private boolean isShort(Track track) {
        return nothingIsHeld() && !budget.mayHoldLater(track.part.size().worstCaseNanoDollars());
    }

    /** Its rows go into smaller parts. A row that is too dear alone ends the job, once all else is done. */
    private BatchAction shortOfMoney(Track track) {
        tooDear |= track.part.size().rows() == 1;
        return new BatchAction.Release(track.part, List.of(), false);
    }

    /** Whether a part waits for what live calls have set aside; what batches hold shows when they are over. */
    private boolean isMoneyWaitedFor(long now) {
        return settings.goal() == BatchGoal.COMPLETE
                && nothingIsHeld()
                && planned.values().stream()
                        .filter(ofFamily -> !ofFamily.isEmpty())
                        .map(ofFamily -> ofFamily.firstEntry().getValue())
                        .anyMatch(track -> track.dueNanos - now <= 0);
    }

    private void enter(Track track) {
        if (!track.queued) {
            track.queued = true;
            track.validated = false;
            queue.enter(track.part.size());
        }
    }

    private void leave(Track track) {
        if (track.queued) {
            noteValidated(track, BatchStatus.COMPLETED);
            track.queued = false;
            queue.leave(track.part.size());
        }
    }

    private void noteValidated(Track track, BatchStatus status) {
        boolean past = switch (status) {
            case VALIDATING, UNKNOWN -> false;
            case FAILED, IN_PROGRESS, FINALIZING, COMPLETED, EXPIRED, CANCELLING, CANCELLED -> true;
        };
        if (past && track.queued && !track.validated) {
            track.validated = true;
            queue.validated(track.part.size());
        }
    }

    /**
     * New parts; they are on the disk.
     *
     * @param more whether rows were left for a later planning
     */
    public void planned(List<Part> parts, boolean more, long now) {
        mayPlan |= more;
        parts.forEach(part -> takeUp(part, now));
    }

    /** The file is at the provider. */
    public void uploaded(int number, String fileId, long now) {
        Track track = track(number);
        answered();
        track.failures = 0;
        track.dueNanos = now;
        track.part = track.part.withFile(fileId).with(PartPhase.UPLOADED);
        journal.moved(track.part, "uploaded as " + fileId);
    }

    /** Whether a file of the part was there. */
    public void foundFile(int number, Optional<String> fileId, long now) {
        if (fileId.isPresent()) {
            uploaded(number, fileId.get(), now);
            return;
        }
        answered();
        planAgain(track(number), "its upload did not arrive", now);
    }

    private void planAgain(Track track, String why, long now) {
        leave(track);
        free(track);
        active.remove(track.part.number());
        track.part = track.part.withFile("").with(PartPhase.PLANNED);
        track.dueNanos = now;
        journal.moved(track.part, why);
        plannedOf(track.part).put(track.part.number(), track);
    }

    /** The batch is there. */
    public void created(int number, BatchObject batch, long now) {
        Track track = track(number);
        answered();
        track.failures = 0;
        track.cancelAsked = false;
        seen(track, batch, "created as " + batch.id(), now);
    }

    /** Whether a batch of the part was there that the job does not know. */
    public void foundBatch(int number, Optional<BatchObject> batch, long now) {
        if (batch.isPresent()) {
            created(number, batch.get(), now);
            return;
        }
        Track track = track(number);
        answered();
        track.failures = 0;
        if (!track.lookedOnce) {
            // It may still be on its way into the list.
            track.lookedOnce = true;
            track.dueNanos = now + settings.settling().toNanos();
            return;
        }
        track.part = track.part.uploadedAgain();
        track.dueNanos = now;
        journal.moved(track.part, "creation " + track.part.attempt() + " did not arrive");
    }

    /** How the batch is doing. */
    public void polled(int number, BatchObject batch, long now) {
        Track track = track(number);
        answered();
        track.failures = 0;
        track.polled = true;
        seen(track, batch, batch.status().word(), now);
    }

    /** The provider took the wish to cancel, or the batch is over already. */
    public void cancelled(int number, long now) {
        Track track = track(number);
        answered();
        track.failures = 0;
        track.cancelAsked = true;
        track.dueNanos = now;
        journal.moved(track.part, "cancelling");
    }

    private void seen(Track track, BatchObject batch, String detail, long now) {
        Part before = track.part;
        boolean changed = before.phase() != PartPhase.SUBMITTED || before.status() != batch.status();
        boolean moved = changed || before.completed() != batch.completed() || before.failed() != batch.failed();
        if (changed) {
            track.changedNanos = now;
        }
        noteValidated(track, batch.status());
        switch (batch.status()) {
            case VALIDATING, IN_PROGRESS, FINALIZING, CANCELLING, UNKNOWN -> {
                track.part = before.seen(PartPhase.SUBMITTED, batch);
                track.dueNanos = now + settings.polls().pauseNanos(now - track.changedNanos);
                if (changed) {
                    journal.moved(track.part, detail);
                } else if (moved) {
                    journal.counted(track.part);
                }
            }
            case COMPLETED, EXPIRED, CANCELLED -> {
                leave(track);
                track.part = before.seen(PartPhase.ENDED, batch);
                track.dueNanos = now;
                journal.moved(track.part, detail);
            }
            case FAILED -> {
                track.part = before.seen(PartPhase.SUBMITTED, batch);
                // Written down even if it failed before it was known, or it would be taken for the next one's batch.
                journal.moved(
                        track.part,
                        detail
                                + (batch.errors().isEmpty()
                                        ? ""
                                        : " (" + batch.errors().getFirst().code() + ")"));
                failedInValidation(track, batch, now);
            }
        }
    }

    private void failedInValidation(Track track, BatchObject batch, long now) {
        leave(track);
        free(track); // it did not run
        Optional<QueueRefusal> refusal = QueueRefusal.of(batch);
        if (refusal.isPresent()) {
            refusedByQueue(track, refusal.get(), now);
            return;
        }
        List<BatchObject.Problem> inLines = batch.errors().stream()
                .filter(problem -> problem.line().isPresent())
                .toList();
        String first = batch.errors().isEmpty()
                ? "without a reason"
                : "(" + batch.errors().getFirst().code() + ") "
                        + batch.errors().getFirst().message();
        boolean everyRow = batch.errors().stream()
                .allMatch(problem -> problem.code().equals("model_not_found")
                        || problem.code().equals("url_mismatch"));
        if (inLines.isEmpty() || everyRow) {
            // What is wrong is not in a row, so the next batch would fail alike.
            String explanation = "Batch " + batch.id() + " failed in its validation " + sentence(first);
            if (!admission.goesOnWithout(track.part, explanation)) {
                stop = new BatchStop(BatchStop.Kind.PROVIDER, explanation + " Its rows stay open.");
            }
            release(track, List.of(), false);
            track.dueNanos = now;
            return;
        }
        release(track, inLines, true);
    }

    /** Providers end their sentences, or do not. */
    private static String sentence(String text) {
        return text.isEmpty() || ".!?".indexOf(text.charAt(text.length() - 1)) >= 0 ? text : text + ".";
    }

    private void refusedByQueue(Track track, QueueRefusal refusal, long now) {
        PartSize size = track.part.size();
        String family = size.key().family();
        refusal.limitTokens().ifPresent(limit -> {
            if (!queue.limit(family).equals(OptionalLong.of(limit))) {
                queue.learn(family, limit);
                journal.learned(family, limit);
            }
            releaseLarger(family, limit);
        });
        boolean alone = queue.enqueued(family) == 0;
        if (track.release != null || (size.rows() > 1 && tooLarge(size, refusal.limitTokens()))) {
            release(track, List.of(), false);
            return;
        }
        track.refusals += alone ? 1 : 0;
        if (track.refusals >= REFUSED_ALONE_UNTIL_SPLIT) {
            if (size.rows() == 1) {
                release(
                        track,
                        List.of(new BatchObject.Problem(
                                "token_limit_exceeded",
                                "This row alone is more than may be enqueued.",
                                OptionalLong.of(1))),
                        false);
            } else {
                // Our estimate must be too low, or others leave only that much. Not kept for later runs.
                queue.learn(family, Math.max(1, size.tokens() / 2));
                release(track, List.of(), false);
            }
            return;
        }
        track.part = track.part.uploadedAgain();
        track.dueNanos = alone ? now + FOR_ROOM.delay(track.refusals, random).toNanos() : now;
        journal.moved(track.part, "refused: as many tokens are enqueued as may be");
    }

    private static boolean tooLarge(PartSize size, OptionalLong limit) {
        return limit.isPresent() && size.tokens() > limit.getAsLong();
    }

    /**
     * Parts that were cut before the limit was known. Those that wait are cut again together, also what is small enough:
     * beside the rows of a large one it may not be a batch of its own.
     */
    private void releaseLarger(String family, long limit) {
        List<Track> waiting = List.copyOf(plannedOf(family).values());
        if (active.values().stream().anyMatch(track -> isLarger(track, family, limit))
                || waiting.stream().anyMatch(track -> isLarger(track, family, limit))) {
            for (Track track : waiting) {
                plannedOf(family).remove(track.part.number());
                active.put(track.part.number(), track);
                release(track, List.of(), false);
            }
        }
        for (Track track : active.values()) {
            if (track.part.phase() == PartPhase.UPLOADED && isLarger(track, family, limit)) {
                release(track, List.of(), false);
            }
        }
    }

    private TreeMap<Integer, Track> plannedOf(String family) {
        return planned.computeIfAbsent(family, name -> new TreeMap<>());
    }

    private static boolean isLarger(Track track, String family, long limit) {
        PartSize size = track.part.size();
        return size.key().family().equals(family) && size.tokens() > limit && size.rows() > 1;
    }

    private static void release(Track track, List<BatchObject.Problem> problems, boolean attempt) {
        track.release = new BatchAction.Release(track.part, problems, attempt);
    }

    /** What came of the batch is in the job, and the part over, on the disk. */
    public void merged(int number, long rowsFreed, PartCost cost, long now) {
        Track track = track(number);
        answered();
        if (track.held) {
            track.held = false;
            budget.settle(track.part.size().worstCaseNanoDollars(), cost);
        }
        track.part = track.part.merged();
        over(track, rowsFreed, now);
    }

    /** The part's rows are free and the part over, on the disk. */
    public void released(int number, long rowsFreed, long now) {
        Track track = active.get(number);
        if (track == null) {
            for (TreeMap<Integer, Track> ofFamily : planned.values()) {
                track = track == null ? ofFamily.remove(number) : track;
            }
            if (track == null) {
                throw new IllegalStateException("part " + number + " was released and is not known");
            }
            active.put(number, track);
        }
        leave(track);
        free(track);
        track.release = null;
        track.part = track.part.dissolved();
        over(track, rowsFreed, now);
    }

    private void over(Track track, long rowsFreed, long now) {
        track.failures = 0;
        track.dueNanos = now;
        mayPlan |= rowsFreed > 0;
        if (settings.keepFiles() || track.part.fileId().isEmpty()) {
            active.remove(track.part.number());
        }
    }

    /** The file is gone, however. */
    public void deleted(int number) {
        Track track = track(number);
        answered();
        track.part = track.part.withFile("");
        active.remove(number);
        journal.moved(track.part, "its file is deleted");
    }

    /** The provider does not know the file any more, of which a batch was to be created. */
    public void fileIsGone(int number, String explanation, long now) {
        Track track = track(number);
        answered();
        track.rejections++;
        if (track.rejections >= MOST_REJECTIONS) {
            notCreated(track);
            stop = new BatchStop(BatchStop.Kind.PROVIDER, explanation);
        } else {
            planAgain(track, "its file is gone at the provider", now);
        }
    }

    /** An action came to nothing. What that means depends on what it was. */
    public void failed(int number, Verdict verdict, long now) {
        Track track = track(number);
        switch (verdict) {
            case Verdict.Accepted accepted ->
                throw new IllegalArgumentException("an action that was accepted did not fail");
            case Verdict.AccountStopped stopped -> {
                answered();
                notCreated(track);
                stop = new BatchStop(BatchStop.Kind.PROVIDER, stopped.explanation());
            }
            case Verdict.Throttled throttled -> {
                answered();
                notCreated(track);
                backOff(track, throttled.exceeded().tryAgainIn(), now);
            }
            case Verdict.SlowDown slowDown -> {
                answered();
                notCreated(track);
                backOff(track, slowDown.retryAfter(), now);
            }
            case Verdict.Transient fault -> faulty(track, fault, now);
            case Verdict.Rejected rejected -> {
                answered();
                rejected(track, rejected, now);
            }
        }
    }

    private void faulty(Track track, Verdict.Transient fault, long now) {
        switch (fault.fault()) {
            case CONNECT_FAILED -> {
                notCreated(track);
                unreachable(fault.explanation(), now);
            }
            case CONNECTION_LOST, TIMEOUT -> unreachable(fault.explanation(), now);
            case SERVER_ERROR, OVERLOADED, BROKEN_ANSWER, CONFLICT -> answered();
        }
        track.unsure |= track.part.phase() == PartPhase.CREATING;
        backOff(track, fault.retryAfter(), now);
    }

    private void unreachable(String explanation, long now) {
        if (!failing) {
            failing = true;
            failingSince = now;
        }
        if (now - patienceEnds() >= 0) {
            stop = new BatchStop(BatchStop.Kind.UNREACHABLE, explanation);
        }
    }

    /** The provider certainly did not create it. */
    private void notCreated(Track track) {
        if (track.part.phase() == PartPhase.CREATING && !track.unsure) {
            track.part = track.part.uploadedAgain();
            journal.moved(track.part, "creation " + track.part.attempt() + " was refused");
        }
    }

    private void rejected(Track track, Verdict.Rejected rejected, long now) {
        boolean notFound = rejected.reason() == Verdict.RejectedBecause.NOT_FOUND;
        track.rejections++;
        switch (track.part.phase()) {
            case SUBMITTED -> {
                if (notFound && settings.forgetful()) {
                    release(track, List.of(), false);
                    track.dueNanos = now;
                } else if (notFound) {
                    stop = new BatchStop(
                            BatchStop.Kind.PROVIDER,
                            "Batch " + track.part.batchId() + " of this job is not found with this key. Use the key and"
                                    + " project that created it. If it is gone for good, add --forget-missing: its rows are"
                                    + " sent again, and paid again.");
                } else if ((settings.goal() == BatchGoal.CANCEL || track.cancelWanted) && !track.cancelAsked) {
                    track.cancelAsked = true; // it is over already
                    track.dueNanos = now;
                } else {
                    lasting(track, rejected, now);
                }
            }
            case CREATING -> {
                if (track.unsure) {
                    lasting(track, rejected, now); // it was the list that was refused
                } else {
                    notCreated(track);
                    stop = new BatchStop(BatchStop.Kind.PROVIDER, rejected.explanation());
                }
            }
            case DISSOLVED, MERGED -> deleted(track.part.number());
            case PLANNED, UPLOADING, UPLOADED, ENDED -> lasting(track, rejected, now);
        }
    }

    private void lasting(Track track, Verdict.Rejected rejected, long now) {
        if (track.rejections >= MOST_REJECTIONS) {
            stop = new BatchStop(BatchStop.Kind.PROVIDER, rejected.explanation());
        } else {
            backOff(track, Optional.empty(), now);
        }
    }

    private void backOff(Track track, Optional<Duration> hint, long now) {
        track.failures++;
        Duration own = Backoff.DEFAULT.delay(track.failures, random);
        Duration asked =
                hint.map(wait -> Backoff.afterHint(wait, random.nextDouble())).orElse(Duration.ZERO);
        track.dueNanos = now + (own.compareTo(asked) > 0 ? own : asked).toNanos();
        if (failing && track.dueNanos - patienceEnds() > 0) {
            track.dueNanos = Math.max(now + 1, patienceEnds());
        }
    }

    /** When a provider that cannot be reached is given up. */
    private long patienceEnds() {
        return failingSince + (everAnswered ? settings.outage() : settings.neverReached()).toNanos();
    }

    private void answered() {
        everAnswered = true;
        failing = false;
    }

    private Track track(int number) {
        Track track = active.get(number);
        if (track == null) {
            throw new IllegalStateException("something happened to part " + number + ", which is not on its way");
        }
        return track;
    }

    public Optional<BatchStop> stopped() {
        return Optional.ofNullable(stop);
    }

    /** Since when nothing is answered, monotonic; empty if the last call was. */
    public OptionalLong unreachableSince() {
        return failing ? OptionalLong.of(failingSince) : OptionalLong.empty();
    }

    /** Parts on their way and parts that wait, by number. */
    public List<Part> parts() {
        TreeMap<Integer, Part> all = new TreeMap<>();
        active.values().stream()
                .filter(track -> !track.part.phase().isOver())
                .forEach(track -> all.put(track.part.number(), track.part));
        planned.values()
                .forEach(ofFamily -> ofFamily.values().forEach(track -> all.put(track.part.number(), track.part)));
        return new ArrayList<>(all.values());
    }

    private int plannedCount() {
        return planned.values().stream().mapToInt(TreeMap::size).sum();
    }
}
