package dev.penstock.emulator;

import org.jspecify.annotations.Nullable;

/** The part of the {@link Twin} that has files and batches. Its owner is the twin's. */
final class BatchApi implements AutoCloseable {
    /** What one look at a batch may do while live requests wait: some ten milliseconds. */
    private static final int ROWS_PER_CALL = 2_000;

    private static final long BYTES_PER_CALL = 8 << 20;
    private static final int ROWS_PER_SLICE = 200;
    private static final long BYTES_PER_SLICE = 1 << 20;

    private final BatchClock clock;
    private final BatchTally tally = new BatchTally();
    private final RowMemory memory;
    private final FileStore store;
    private final FileCalls files;
    private final Batches batches;
    private final BatchCalls batchCalls;
    private boolean inSlices;

    BatchApi(TwinSettings settings, long seed, BatchBounds bounds, AnswerWriter answers, SeenRequests live) {
        this.clock = new BatchClock(settings.batches().timeScale(), settings.startEpochSecond());
        this.memory = new RowMemory(live, settings.rememberedRequests(), tally);
        this.store = new FileStore(seed);
        AskRules rules = new AskRules(settings);
        RowRunner runner = new RowRunner(settings, seed, rules, answers, memory, tally);
        this.batches = new Batches(
                bounds,
                seed,
                rules,
                tally,
                new Batch.Workshop(settings.batches(), store, clock, new TokenQueue(settings, tally), runner));
        this.files = new FileCalls(store, clock, bounds, tally);
        this.batchCalls = new BatchCalls(batches, store, clock, bounds, tally);
    }

    static boolean owns(String path) {
        return isUnder(FileCalls.PATH, path) || isUnder(BatchCalls.PATH, path);
    }

    private static boolean isUnder(String prefix, String path) {
        return path.equals(prefix) || path.startsWith(prefix + "/");
    }

    /** From now on somebody calls {@link #slice} often, and a call does not do all that is due. */
    void workInSlices() {
        inSlices = true;
    }

    /**
     * The answer; null when there is no such call.
     *
     * @param sinceStartNanos time of the twin, not scaled
     */
    @Nullable
    Reply call(
            String method, String path, String query, @Nullable String contentType, byte[] body, long sinceStartNanos) {
        long now = clock.at(sinceStartNanos);
        batches.work(now, budget());
        if (path.equals(FileCalls.PATH) && method.equals("POST")) {
            FileUpload upload = files.upload(contentType);
            upload.piece(body);
            return files.uploaded(upload, now);
        }
        if (isUnder(FileCalls.PATH, path)) {
            return files.call(method, path, new Query(query), now);
        }
        Reply reply = batchCalls.call(method, path, new Query(query), body, now);
        // Tokens count from the creation, so a new batch is looked through before anything else happens.
        if (method.equals("POST")) {
            batches.work(now, budget());
        }
        return reply;
    }

    private WorkBudget budget() {
        return inSlices ? new WorkBudget(ROWS_PER_CALL, BYTES_PER_CALL) : WorkBudget.unlimited();
    }

    FileUpload upload(@Nullable String contentType) {
        return files.upload(contentType);
    }

    Reply uploaded(FileUpload upload, long sinceStartNanos) {
        return files.uploaded(upload, clock.at(sinceStartNanos));
    }

    @Nullable
    StoredFile contentOf(String method, String path, long sinceStartNanos) {
        return files.contentOf(method, path, clock.at(sinceStartNanos));
    }

    /** Does a little of what is due; true when there is more to do at once. */
    boolean slice(long sinceStartNanos) {
        WorkBudget budget = new WorkBudget(ROWS_PER_SLICE, BYTES_PER_SLICE);
        batches.work(clock.at(sinceStartNanos), budget);
        return budget.isSpent();
    }

    boolean isIdle() {
        return batches.isIdle();
    }

    void answeredLive(long bodyHash) {
        memory.answeredLive(bodyHash);
    }

    BatchLedger ledger() {
        return tally.snapshot();
    }

    void resetLedger() {
        tally.reset();
        memory.clear();
    }

    @Override
    public void close() {
        store.close();
    }
}
