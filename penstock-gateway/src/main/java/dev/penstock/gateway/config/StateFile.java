package dev.penstock.gateway.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.util.Map;

/**
 * The file that keeps what tenants have spent. It is replaced in one step, so that it is whole at any time, and one
 * process at a time may have it: two would overwrite each other's sums. Not thread-safe.
 */
final class StateFile implements Closeable {
    static final String FORMAT = "penstock-gateway-state";
    static final int VERSION = 1;

    private static final int MOST_BYTES = 64 << 20;

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final Path target;
    private final FileChannel lock;

    private StateFile(Path target, FileChannel lock) {
        this.target = target;
        this.lock = lock;
    }

    /**
     * Takes the file for this process.
     *
     * @throws StateFileException if another process has it, or its folder cannot be written to
     */
    static StateFile open(Path path) {
        try {
            // A symbolic link goes on pointing to the same, then new, file.
            Path target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
            FileChannel channel = FileChannel.open(
                    target.resolveSibling(target.getFileName() + ".lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            if (!isLocked(channel)) {
                channel.close();
                throw new StateFileException(
                        path + " is used by another gateway; two would overwrite each other's sums;"
                                + " stop the other, or give this one a state of its own");
            }
            return new StateFile(target, channel);
        } catch (NoSuchFileException e) {
            throw new StateFileException(
                    path + " is in a folder that does not exist; create the folder, or name another as state", e);
        } catch (IOException e) {
            throw new StateFileException(
                    path + " cannot be kept here (" + e + "); the gateway must be allowed to write to the folder, as"
                            + " budgets are kept there; allow it, or name another as state",
                    e);
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            FileLock held = channel.tryLock();
            return held != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /**
     * What was stored; begins a new file if there is none.
     *
     * @throws StateFileException if it is damaged or another program's, or a new one cannot be written
     */
    Map<String, SpentBudget> read() {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(target)) {
            bytes = in.readNBytes(MOST_BYTES);
        } catch (NoSuchFileException e) {
            try {
                write(Map.of());
            } catch (IOException cannot) {
                throw new StateFileException(
                        target + " cannot be written (" + cannot + "); budgets are kept there; make room, or name"
                                + " another as state",
                        cannot);
            }
            return Map.of();
        } catch (IOException e) {
            throw new StateFileException(
                    target + " cannot be read (" + e + "); it says what budgets have spent; allow it to be read", e);
        }
        try (JsonParser parser = JSON.createParser(bytes)) {
            return StateJson.read(parser);
        } catch (JsonProcessingException e) {
            throw damaged(
                    "is damaged at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr(),
                    e);
        } catch (IOException | DateTimeException | IllegalArgumentException e) {
            throw damaged("is not a state file of this version: " + e.getMessage(), e);
        }
    }

    private StateFileException damaged(String what, Exception cause) {
        return new StateFileException(
                target + " " + what
                        + "; it says what budgets have spent, so it is not guessed at; put a copy of it back, or delete it"
                        + " to let every budget begin at zero",
                cause);
    }

    /** Replaces the file; it is on the disk when this returns. */
    void write(Map<String, SpentBudget> spent) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            StateJson.write(json, spent);
        }
        Path part = target.resolveSibling(target.getFileName() + ".part");
        try (FileChannel channel = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(out.toByteArray());
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Path folder = target.getParent();
        if (folder != null) {
            try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
                entries.force(true);
            } catch (IOException cannotSync) {
                // Some systems do not let a folder be opened; the rename itself is done.
            }
        }
    }

    /** Lets another process have it. */
    @Override
    public void close() throws IOException {
        lock.close();
    }
}
