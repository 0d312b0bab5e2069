package dev.penstock.emulator;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One upload: takes the body as it comes and writes it to the disk. One owner, used once. */
final class FileUpload {
    private static final List<String> PURPOSES =
            List.of("assistants", "batch", "evals", "fine-tune", "user_data", "vision");

    /** How long the input of a batch stays when the upload does not say. */
    static final long BATCH_DAYS = 30;

    private static final long LEAST_SECONDS = 3_600;
    private static final long MOST_SECONDS = 2_592_000;

    private final FileStore store;
    private final BatchBounds bounds;
    private final @Nullable FormReader form;
    private @Nullable Path part;
    private @Nullable OutputStream out;
    private long length;
    private @Nullable Reply refusal;

    FileUpload(FileStore store, BatchBounds bounds, @Nullable String contentType) {
        this.store = store;
        this.bounds = bounds;
        Optional<byte[]> boundary = FormReader.boundary(contentType);
        this.form = boundary.isPresent() ? new FormReader(boundary.get(), this::write) : null;
        if (form == null) {
            refuse(Reply.refused(400, "The upload must be multipart/form-data with a boundary.", null, null));
        } else if (store.isFull()) {
            refuse(Reply.refused(
                    400,
                    "There are " + FileStore.MOST_FILES + " files already; delete some before more are uploaded.",
                    null,
                    null));
        }
    }

    /** The next piece of the body. What is wrong with it shows in {@link #refusal}. */
    void piece(byte[] bytes) {
        FormReader reader = form;
        if (refusal != null || reader == null) {
            return;
        }
        try {
            reader.read(bytes);
        } catch (FormReader.BadFormException e) {
            refuse(badForm(e));
        } catch (IOException e) {
            refuse(noSpace(e));
        }
    }

    /** Why the upload is refused; null as long as it is not. The rest of its body need not be read. */
    @Nullable
    Reply refusal() {
        return refusal;
    }

    /** Deletes what was written, because the client is gone. */
    void abandon() {
        close();
        if (part != null) {
            FileStore.discard(part);
            part = null;
        }
    }

    /** The whole body has come: either a file is there now, or the upload is refused. */
    @Nullable
    StoredFile end(long nowNanos) {
        FormReader reader = form;
        if (refusal != null || reader == null) {
            return null;
        }
        try {
            reader.end();
            checkFields(reader);
            if (refusal != null) {
                return null;
            }
            // An empty file has never been written to.
            write(new byte[0], 0, 0);
            close();
            Path written = part;
            if (refusal != null || written == null) {
                return null;
            }
            part = null;
            String purpose = reader.field("purpose").orElseThrow();
            return store.keep(written, reader.fileName(), purpose, nowNanos, expires(reader, purpose, nowNanos));
        } catch (FormReader.BadFormException e) {
            refuse(badForm(e));
        } catch (IOException e) {
            refuse(noSpace(e));
        }
        return null;
    }

    private void checkFields(FormReader reader) {
        Optional<String> purpose = reader.field("purpose");
        if (!reader.hasFile()) {
            refuse(Reply.refused(AskRules.missing("file")));
        } else if (purpose.isEmpty()) {
            refuse(Reply.refused(AskRules.missing("purpose")));
        } else if (!PURPOSES.contains(purpose.get())) {
            refuse(Reply.invalidValue(
                    "purpose", "Invalid value: the purpose must be one of " + String.join(", ", PURPOSES) + "."));
        } else if (purpose.get().equals("batch") && !reader.fileName().endsWith(".jsonl")) {
            refuse(Reply.refused(400, "Invalid file format for Batch API. Must be .jsonl", null, null));
        } else {
            checkExpiry(reader);
        }
    }

    private void checkExpiry(FormReader reader) {
        Optional<String> anchor = reader.field("expires_after[anchor]");
        Optional<String> seconds = reader.field("expires_after[seconds]");
        if (anchor.isEmpty() && seconds.isEmpty()) {
            return;
        }
        if (!anchor.equals(Optional.of("created_at")) || seconds(reader).isEmpty()) {
            refuse(Reply.invalidValue(
                    "expires_after",
                    "Invalid value: expires_after must have the anchor created_at and " + LEAST_SECONDS + " to "
                            + MOST_SECONDS + " seconds."));
        }
    }

    private static OptionalLong seconds(FormReader reader) {
        return reader.field("expires_after[seconds]")
                .filter(text -> text.matches("\\d{1,9}"))
                .map(text -> lifetime(Long.parseLong(text)))
                .orElse(OptionalLong.empty());
    }

    /** Seconds that a file may be asked to stay; empty when it is too few or too many. */
    static OptionalLong lifetime(long seconds) {
        return seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS ? OptionalLong.of(seconds) : OptionalLong.empty();
    }

    private static long expires(FormReader reader, String purpose, long nowNanos) {
        OptionalLong seconds = seconds(reader);
        if (seconds.isPresent()) {
            return nowNanos + TimeUnit.SECONDS.toNanos(seconds.getAsLong());
        }
        return purpose.equals("batch") ? nowNanos + TimeUnit.DAYS.toNanos(BATCH_DAYS) : StoredFile.NEVER;
    }

    private void write(byte[] bytes, int offset, int count) throws IOException {
        length += count;
        if (length > bounds.fileBytes()) {
            refuse(Reply.refused(
                    413,
                    "The file is larger than the " + bounds.fileBytes() + " bytes that a file may have.",
                    null,
                    null));
        }
        if (refusal != null) {
            return;
        }
        OutputStream to = out;
        if (to == null) {
            part = store.newPart();
            to = new BufferedOutputStream(Files.newOutputStream(part));
            out = to;
        }
        to.write(bytes, offset, count);
    }

    private void refuse(Reply reply) {
        if (refusal == null) {
            refusal = reply;
        }
        abandon();
    }

    private void close() {
        OutputStream open = out;
        out = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                refuse(noSpace(e));
            }
        }
    }

    private static Reply badForm(FormReader.BadFormException e) {
        return Reply.refused(400, "The upload is not a form: " + e.getMessage() + ".", null, null);
    }

    private static Reply noSpace(IOException e) {
        return new Reply(
                500,
                ErrorBody.of(
                        "The emulator could not store the file: " + e.getClass().getSimpleName()
                                + "; is there room in the directory for temporary files?",
                        "server_error",
                        null,
                        null),
                OptionalLong.empty());
    }
}
