package dev.penstock.emulator;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The counts behind a {@link BatchLedger}. One owner. */
final class BatchTally {
    private static final int MOST_BATCHES = 10_000;

    long filesDeleted;
    long createsRefused;
    long rowsAnswered;
    long rowsRepeated;
    long rowsPaidTwice;
    long rowsAnsweredLiveToo;
    long rowsRun;
    private long filesUploaded;
    private long bytesUploaded;
    private long created;
    private long enqueuedTokens;
    private long peakEnqueuedTokens;
    private final Map<BatchStatus, Long> ended = new EnumMap<>(BatchStatus.class);
    private final Deque<BatchLedger.Created> batches = new ArrayDeque<>();

    /** Starts again at zero; what is enqueued stays enqueued. */
    void reset() {
        filesDeleted = 0;
        createsRefused = 0;
        rowsAnswered = 0;
        rowsRepeated = 0;
        rowsPaidTwice = 0;
        rowsAnsweredLiveToo = 0;
        rowsRun = 0;
        filesUploaded = 0;
        bytesUploaded = 0;
        created = 0;
        peakEnqueuedTokens = enqueuedTokens;
        ended.clear();
        batches.clear();
    }

    void uploaded(long bytes) {
        filesUploaded++;
        bytesUploaded += bytes;
    }

    void created(String id, Map<String, String> metadata) {
        created++;
        if (batches.size() == MOST_BATCHES) {
            batches.removeFirst();
        }
        batches.addLast(new BatchLedger.Created(id, metadata));
    }

    void ended(BatchStatus status) {
        ended.merge(status, 1L, Long::sum);
    }

    void enqueued(long tokens) {
        enqueuedTokens += tokens;
        peakEnqueuedTokens = Math.max(peakEnqueuedTokens, enqueuedTokens);
    }

    BatchLedger snapshot() {
        return new BatchLedger(
                filesUploaded,
                bytesUploaded,
                filesDeleted,
                created,
                createsRefused,
                ended.entrySet().stream()
                        .collect(Collectors.toMap(entry -> entry.getKey().word(), Map.Entry::getValue)),
                rowsRun,
                rowsAnswered,
                rowsRepeated,
                rowsPaidTwice,
                rowsAnsweredLiveToo,
                enqueuedTokens,
                peakEnqueuedTokens,
                List.copyOf(batches));
    }
}
