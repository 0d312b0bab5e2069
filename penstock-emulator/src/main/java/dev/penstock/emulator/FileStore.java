package dev.penstock.emulator;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedCollection;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Files on the disk, in a directory of their own that is made with the first and deleted at the close. A file that a batch
 * reads is gone for clients at once when it is deleted or expires, and from the disk when the batch has ended. One owner.
 */
final class FileStore implements AutoCloseable {
    /** Each file costs memory for its name; without a bound a loop of uploads would take all of it. */
    static final int MOST_FILES = 100_000;

    private final long seed;
    private final SequencedMap<String, StoredFile> files = new LinkedHashMap<>();
    private final Map<StoredFile, Integer> pins = new HashMap<>();
    private @Nullable Path directory;
    private boolean closed;
    private long parts;
    private long numbers;
    private long nextExpiryNanos = StoredFile.NEVER;

    FileStore(long seed) {
        this.seed = seed;
    }

    boolean isFull() {
        return files.size() >= MOST_FILES;
    }

    /** A path for a file that is being written; nobody else gets the same. */
    Path newPart() throws IOException {
        if (closed) {
            throw new IOException("the emulator is closed");
        }
        if (directory == null) {
            directory = Files.createTempDirectory("penstock-emulator-");
        }
        return directory.resolve("part-" + parts++);
    }

    /** Makes what was written a file that clients see. */
    StoredFile keep(Path part, String name, String purpose, long createdNanos, long expiresNanos) throws IOException {
        String id = AnswerWriter.id("file-", seed, numbers++);
        StoredFile file = new StoredFile(id, name, purpose, Files.size(part), part, createdNanos, expiresNanos);
        files.put(id, file);
        nextExpiryNanos = Math.min(nextExpiryNanos, expiresNanos);
        return file;
    }

    @Nullable
    StoredFile find(String id, long nowNanos) {
        expire(nowNanos);
        return files.get(id);
    }

    /** In the order of their creation. */
    SequencedCollection<StoredFile> all(long nowNanos) {
        expire(nowNanos);
        return files.sequencedValues();
    }

    private void expire(long nowNanos) {
        if (nowNanos < nextExpiryNanos) {
            return;
        }
        long next = StoredFile.NEVER;
        for (StoredFile file : List.copyOf(files.values())) {
            if (nowNanos >= file.expiresNanos()) {
                remove(file);
            } else {
                next = Math.min(next, file.expiresNanos());
            }
        }
        nextExpiryNanos = next;
    }

    void remove(StoredFile file) {
        if (files.remove(file.id()) != null && !pins.containsKey(file)) {
            discard(file.path());
        }
    }

    /** Keeps a file on the disk until it is unpinned as often. */
    void pin(StoredFile file) {
        pins.merge(file, 1, Integer::sum);
    }

    void unpin(StoredFile file) {
        if (pins.computeIfPresent(file, (key, count) -> count == 1 ? null : count - 1) == null
                && !files.containsKey(file.id())) {
            discard(file.path());
        }
    }

    /** Deletes a file that is not needed any more. One that cannot be deleted now goes with the directory. */
    static void discard(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            System.getLogger(FileStore.class.getName())
                    .log(System.Logger.Level.DEBUG, "a file of the emulator could not be deleted", e);
        }
    }

    /** Deletes all files. Afterwards none can be stored. */
    @Override
    public void close() {
        closed = true;
        files.clear();
        pins.clear();
        Path whole = directory;
        directory = null;
        if (whole == null) {
            return;
        }
        try (Stream<Path> left = Files.list(whole)) {
            left.forEach(FileStore::discard);
        } catch (IOException | UncheckedIOException e) {
            System.getLogger(FileStore.class.getName())
                    .log(System.Logger.Level.DEBUG, "the emulator's files could not be listed", e);
        }
        discard(whole);
    }
}
