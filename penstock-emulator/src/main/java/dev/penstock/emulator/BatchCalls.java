package dev.penstock.emulator;

import java.io.IOException;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The calls under {@code /v1/batches}. One owner. */
final class BatchCalls {
    static final String PATH = "/v1/batches";
    private static final String CANCEL = "/cancel";
    private static final int MOST_LISTED = 100;
    private static final int LISTED = 20;

    private final Batches batches;
    private final FileStore store;
    private final BatchClock clock;
    private final BatchBounds bounds;
    private final BatchTally tally;

    BatchCalls(Batches batches, FileStore store, BatchClock clock, BatchBounds bounds, BatchTally tally) {
        this.batches = batches;
        this.store = store;
        this.clock = clock;
        this.bounds = bounds;
        this.tally = tally;
    }

    /** The answer; null when there is no such call. */
    @Nullable
    Reply call(String method, String path, Query query, byte[] body, long nowNanos) {
        if (path.equals(PATH)) {
            return switch (method) {
                case "POST" -> create(body, nowNanos);
                case "GET" -> list(query);
                default -> null;
            };
        }
        if (!path.startsWith(PATH + "/")) {
            return null;
        }
        String rest = path.substring(PATH.length() + 1);
        boolean cancels = method.equals("POST") && rest.endsWith(CANCEL);
        String id = cancels ? rest.substring(0, rest.length() - CANCEL.length()) : rest;
        if (id.isEmpty() || id.contains("/") || !(cancels || method.equals("GET"))) {
            return null;
        }
        Batch batch = batches.find(id);
        if (batch == null) {
            return Reply.refused(404, "No batch found with id '" + id + "'.", null, null);
        }
        if (cancels && !batch.cancel(nowNanos)) {
            return Reply.refused(
                    409, "Cannot cancel a batch with status '" + batch.status().word() + "'.", null, null);
        }
        return ok(batch);
    }

    private Reply ok(Batch batch) {
        JsonBytes json = new JsonBytes();
        BatchJson.write(json, batch, clock);
        return Reply.ok(json);
    }

    private Reply create(byte[] body, long nowNanos) {
        BatchRequest request;
        try {
            request = BatchRequest.read(body);
        } catch (IOException e) {
            tally.createsRefused++;
            return Reply.refused(AskRules.NOT_JSON);
        }
        Reply refusal = refusal(request, nowNanos);
        if (refusal != null) {
            tally.createsRefused++;
            return refusal;
        }
        StoredFile input = store.find(request.text("input_file_id"), nowNanos);
        Route route = Route.of(request.text("endpoint"));
        if (input == null || route == null) {
            throw new IllegalStateException("a batch without input or endpoint was not refused");
        }
        long outputSeconds = request.outputSeconds().orElse(TimeUnit.DAYS.toSeconds(FileUpload.BATCH_DAYS));
        Batch batch = batches.create(route, input, request.metadata(), outputSeconds, nowNanos);
        return batch.has(BatchQuirk.LOST_ANSWER) ? Reply.badGateway() : ok(batch);
    }

    private @Nullable Reply refusal(BatchRequest request, long nowNanos) {
        for (String required : BatchRequest.REQUIRED) {
            if (request.text(required).isEmpty()) {
                return Reply.refused(AskRules.missing(required));
            }
        }
        if (!request.text("completion_window").equals("24h")) {
            return Reply.invalidValue(
                    "completion_window",
                    "Invalid value: '" + request.text("completion_window") + "'. Supported values are: '24h'.");
        }
        Route route = Route.of(request.text("endpoint"));
        if (route == null || !route.takesBatches()) {
            return Reply.invalidValue(
                    "endpoint",
                    "Invalid value: '" + request.text("endpoint") + "'. Supported values are: " + Route.ofBatches()
                            + ".");
        }
        if (request.wrong() != null) {
            return Reply.invalidValue(request.wrong().param(), request.wrong().message());
        }
        String inputId = request.text("input_file_id");
        StoredFile input = store.find(inputId, nowNanos);
        if (input == null) {
            return Reply.refused(400, "No such File object: " + inputId, "input_file_id", null);
        }
        if (!input.purpose().equals("batch")) {
            return Reply.invalidValue(
                    "input_file_id",
                    "Invalid value: the file has the purpose '" + input.purpose() + "'; it must be 'batch'.");
        }
        if (batches.isFull()) {
            return Reply.tooMany(
                    "There are " + bounds.activeBatches()
                            + " batches that are not over, which is as many as the emulator"
                            + " goes on with; wait until one is, or cancel one.",
                    clock.outsideSeconds(TimeUnit.MINUTES.toNanos(1)));
        }
        OptionalLong wait = batches.creationWaitNanos(nowNanos);
        if (wait.isPresent()) {
            return Reply.tooMany(
                    "Rate limit reached for batch creations in organization " + ErrorBody.ORGANIZATION + ": Limit "
                            + bounds.creationsPerHour() + " per hour. Please try again later.",
                    clock.outsideSeconds(wait.getAsLong()));
        }
        return null;
    }

    private Reply list(Query query) {
        int limit = query.limit(LISTED, MOST_LISTED).orElse(0);
        if (limit == 0) {
            return Reply.invalidValue("limit", "Invalid value: the limit must be 1 to " + MOST_LISTED + ".");
        }
        String after = query.text("after").orElse(null);
        Page<Batch> page = Page.of(batches.all().reversed(), after, limit, Batch::id);
        if (page == null) {
            return Reply.refused(404, "No batch found with id '" + after + "'.", "after", null);
        }
        JsonBytes json = new JsonBytes();
        page.write(json, Batch::id, batch -> BatchJson.write(json, batch, clock));
        return Reply.ok(json);
    }
}
