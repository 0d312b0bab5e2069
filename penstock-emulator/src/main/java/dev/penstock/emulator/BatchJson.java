package dev.penstock.emulator;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Batches as the API shows them. */
final class BatchJson {
    private BatchJson() {}

    static void write(JsonBytes json, Batch batch, BatchClock clock) {
        json.raw("{\"id\":").string(batch.id()).raw(",\"object\":\"batch\",\"endpoint\":");
        json.string(batch.route().path()).raw(",\"model\":").optional(batch.model());
        json.raw(",\"errors\":");
        errors(json, batch.errors());
        json.raw(",\"input_file_id\":").string(batch.input().id()).raw(",\"completion_window\":\"24h\",\"status\":");
        json.string(batch.status().word());
        json.raw(",\"output_file_id\":").optional(id(batch.output()));
        json.raw(",\"error_file_id\":").optional(id(batch.errorOutput()));
        BatchTimes times = batch.times();
        time(json, "created_at", times.created, clock);
        time(json, "in_progress_at", times.inProgress, clock);
        time(json, "expires_at", times.expires, clock);
        time(json, "finalizing_at", times.finalizing, clock);
        time(json, "completed_at", times.completed, clock);
        time(json, "failed_at", times.failed, clock);
        time(json, "expired_at", times.expired, clock);
        time(json, "cancelling_at", times.cancelling, clock);
        time(json, "cancelled_at", times.cancelled, clock);
        json.raw(",\"request_counts\":{\"total\":").number(batch.total());
        json.raw(",\"completed\":").number(batch.completed());
        json.raw(",\"failed\":").number(batch.failed()).raw("},\"usage\":");
        usage(json, batch);
        json.raw(",\"metadata\":");
        if (batch.metadata().isEmpty()) {
            json.raw("null");
        } else {
            metadata(json, batch.metadata());
        }
        json.raw('}');
    }

    static void metadata(JsonBytes json, Map<String, String> metadata) {
        json.raw('{');
        String comma = "";
        for (Map.Entry<String, String> pair : metadata.entrySet()) {
            json.raw(comma).string(pair.getKey()).raw(':').string(pair.getValue());
            comma = ",";
        }
        json.raw('}');
    }

    private static void errors(JsonBytes json, List<BatchError> errors) {
        if (errors.isEmpty()) {
            json.raw("null");
            return;
        }
        json.raw("{\"object\":\"list\",\"data\":[");
        String comma = "";
        for (BatchError error : errors) {
            json.raw(comma);
            error.write(json);
            comma = ",";
        }
        json.raw("]}");
    }

    private static @Nullable String id(@Nullable StoredFile file) {
        return file == null ? null : file.id();
    }

    private static void time(JsonBytes json, String name, long nanos, BatchClock clock) {
        json.raw(",\"").raw(name).raw("\":");
        if (nanos == BatchTimes.NOT_YET) {
            json.raw("null");
        } else {
            json.number(clock.epochSecond(nanos));
        }
    }

    private static void usage(JsonBytes json, Batch batch) {
        json.raw("{\"input_tokens\":").number(batch.inputTokens());
        json.raw(",\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":")
                .number(batch.outputTokens());
        json.raw(",\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":");
        json.number(batch.inputTokens() + batch.outputTokens()).raw('}');
    }
}
