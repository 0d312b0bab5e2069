package dev.penstock.emulator;

import java.util.List;
import java.util.Map;

/**
 * What the emulator saw of files and batches, at one moment. Immutable.
 *
 * @param filesUploaded files that clients stored
 * @param bytesUploaded their length together
 * @param filesDeleted files that clients deleted
 * @param created batches; see {@link #batches}
 * @param createsRefused calls to create a batch that were refused
 * @param ended batches that are over, by their last status, such as {@code completed}
 * @param rowsRun rows that ran, whatever came of them; each time counts
 * @param rowsAnswered rows that ran and were answered
 * @param rowsRepeated runs of a row, the same {@code custom_id} and body, that had run before
 * @param rowsPaidTwice those of them that had been answered before
 * @param rowsAnsweredLiveToo rows answered in a batch whose body a live endpoint had answered, or the other way round
 * @param enqueuedTokens prompt tokens of all batches that are not over
 * @param peakEnqueuedTokens the most of them at a time
 * @param batches what was created, in this order; at most the last 10,000
 */
public record BatchLedger(
        long filesUploaded,
        long bytesUploaded,
        long filesDeleted,
        long created,
        long createsRefused,
        Map<String, Long> ended,
        long rowsRun,
        long rowsAnswered,
        long rowsRepeated,
        long rowsPaidTwice,
        long rowsAnsweredLiveToo,
        long enqueuedTokens,
        long peakEnqueuedTokens,
        List<Created> batches) {

    public BatchLedger {
        ended = Map.copyOf(ended);
        batches = List.copyOf(batches);
    }

    /**
     * A batch as it was created.
     *
     * @param metadata the client's own pairs, by which it knows its batches again
     */
    public record Created(String id, Map<String, String> metadata) {
        public Created {
            metadata = Map.copyOf(metadata);
        }
    }

    void write(JsonBytes json) {
        json.raw("{\n  ");
        field(json, "files_uploaded", filesUploaded).raw(",\n  ");
        field(json, "bytes_uploaded", bytesUploaded).raw(",\n  ");
        field(json, "files_deleted", filesDeleted).raw(",\n  ");
        field(json, "created", created).raw(",\n  ");
        field(json, "creates_refused", createsRefused).raw(",\n  \"ended\":{");
        String comma = "";
        for (BatchStatus status : BatchStatus.values()) {
            if (status.isLast()) {
                json.raw(comma);
                field(json, status.word(), ended.getOrDefault(status.word(), 0L));
                comma = ",";
            }
        }
        json.raw("},\n  ");
        field(json, "rows_run", rowsRun).raw(",\n  ");
        field(json, "rows_answered", rowsAnswered).raw(",\n  ");
        field(json, "rows_repeated", rowsRepeated).raw(",\n  ");
        field(json, "rows_paid_twice", rowsPaidTwice).raw(",\n  ");
        field(json, "rows_answered_live_too", rowsAnsweredLiveToo).raw(",\n  ");
        field(json, "enqueued_tokens", enqueuedTokens).raw(",\n  ");
        field(json, "peak_enqueued_tokens", peakEnqueuedTokens).raw(",\n  \"batches\":[");
        comma = "";
        for (Created batch : batches) {
            json.raw(comma).raw("\n   {\"id\":").string(batch.id()).raw(",\"metadata\":");
            BatchJson.metadata(json, batch.metadata());
            json.raw('}');
            comma = ",";
        }
        json.raw("]}");
    }

    private static JsonBytes field(JsonBytes json, String name, long value) {
        return json.string(name).raw(':').number(value);
    }
}
