package dev.penstock.emulator;

import dev.penstock.emulator.limiter.Limiter;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import java.io.IOException;
import java.nio.file.Files;
import java.util.OptionalLong;
import java.util.SequencedCollection;
import org.jspecify.annotations.Nullable;

/** The calls under {@code /v1/files}. One owner. */
final class FileCalls {
    static final String PATH = "/v1/files";
    private static final String CONTENT = "/content";
    private static final int MOST_LISTED = 10_000;

    private final FileStore store;
    private final BatchClock clock;
    private final BatchBounds bounds;
    private final BatchTally tally;
    private final Limiter uploads;

    FileCalls(FileStore store, BatchClock clock, BatchBounds bounds, BatchTally tally) {
        this.store = store;
        this.clock = clock;
        this.bounds = bounds;
        this.tally = tally;
        this.uploads = Shape.bucket().limiter(new Limit(Dimension.REQUESTS_PER_MINUTE, bounds.uploadsPerMinute()), 0);
    }

    static String contentPath(String fileId) {
        return PATH + "/" + fileId + CONTENT;
    }

    FileUpload upload(@Nullable String contentType) {
        return new FileUpload(store, bounds, contentType);
    }

    /** The answer to an upload whose body is complete, or that is refused before that. */
    Reply uploaded(FileUpload upload, long nowNanos) {
        if (!uploads.fits(1, nowNanos)) {
            upload.abandon();
            return Reply.tooMany(
                    "Rate limit reached for file uploads in organization " + ErrorBody.ORGANIZATION + ": Limit "
                            + bounds.uploadsPerMinute() + " per minute. Please try again later.",
                    clock.outsideSeconds(uploads.nanosUntilFits(1, nowNanos)));
        }
        uploads.take(1, nowNanos);
        StoredFile file = upload.end(nowNanos);
        if (file == null) {
            Reply refusal = upload.refusal();
            return refusal != null ? refusal : Reply.refused(400, "The upload holds no file.", null, null);
        }
        tally.uploaded(file.bytes());
        return ok(file);
    }

    /** The answer to a call with a path of its own; null when there is no such call. */
    @Nullable
    Reply call(String method, String path, Query query, long nowNanos) {
        if (path.equals(PATH)) {
            return method.equals("GET") ? list(query, nowNanos) : null;
        }
        if (!path.startsWith(PATH + "/")) {
            return null;
        }
        String rest = path.substring(PATH.length() + 1);
        boolean wantsContent = rest.endsWith(CONTENT) && method.equals("GET");
        String id = wantsContent ? rest.substring(0, rest.length() - CONTENT.length()) : rest;
        if (id.isEmpty() || id.contains("/")) {
            return null;
        }
        boolean known = wantsContent || method.equals("GET") || method.equals("DELETE");
        if (!known) {
            return null;
        }
        StoredFile file = store.find(id, nowNanos);
        if (file == null) {
            return Reply.refused(404, "No such File object: " + id, "id", null);
        }
        if (wantsContent) {
            return content(file);
        }
        return method.equals("GET") ? ok(file) : delete(file);
    }

    /** The file whose content a call asks for; null when it is another call, or when there is no such file. */
    @Nullable
    StoredFile contentOf(String method, String path, long nowNanos) {
        if (!method.equals("GET") || !path.startsWith(PATH + "/") || !path.endsWith(CONTENT)) {
            return null;
        }
        int end = path.length() - CONTENT.length();
        return end <= PATH.length() ? null : store.find(path.substring(PATH.length() + 1, end), nowNanos);
    }

    private Reply ok(StoredFile file) {
        JsonBytes json = new JsonBytes();
        file.write(json, clock);
        return Reply.ok(json);
    }

    private static Reply content(StoredFile file) {
        try {
            return new Reply(200, Files.readAllBytes(file.path()), OptionalLong.empty());
        } catch (IOException e) {
            return new Reply(500, ErrorBody.SERVER_ERROR, OptionalLong.empty());
        }
    }

    private Reply delete(StoredFile file) {
        store.remove(file);
        tally.filesDeleted++;
        return Reply.ok(
                new JsonBytes().raw("{\"id\":").string(file.id()).raw(",\"object\":\"file\",\"deleted\":true}"));
    }

    private Reply list(Query query, long nowNanos) {
        String order = query.text("order").orElse("desc");
        if (!order.equals("desc") && !order.equals("asc")) {
            return Reply.invalidValue("order", "Invalid value: the order must be asc or desc.");
        }
        int limit = query.limit(MOST_LISTED, MOST_LISTED).orElse(0);
        if (limit == 0) {
            return Reply.invalidValue("limit", "Invalid value: the limit must be 1 to " + MOST_LISTED + ".");
        }
        SequencedCollection<StoredFile> all = store.all(nowNanos);
        String purpose = query.text("purpose").orElse(null);
        Iterable<StoredFile> wanted = (order.equals("asc") ? all : all.reversed())
                .stream().filter(file -> purpose == null || file.purpose().equals(purpose))::iterator;
        String after = query.text("after").orElse(null);
        Page<StoredFile> page = Page.of(wanted, after, limit, StoredFile::id);
        if (page == null) {
            return Reply.refused(404, "No such File object: " + after, "after", null);
        }
        JsonBytes json = new JsonBytes();
        page.write(json, StoredFile::id, file -> file.write(json, clock));
        return Reply.ok(json);
    }
}
