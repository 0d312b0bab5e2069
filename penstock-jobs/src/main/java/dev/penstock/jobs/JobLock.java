package dev.penstock.jobs;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The right to work on a job: an operating-system lock on a file beside it, which dies with the process however it
 * ends. The file also says who holds it. It is not the job file itself, because closing any handle of a file gives up
 * all POSIX locks that the process has on it, SQLite's own among them.
 */
final class JobLock implements Closeable {
    /**
     * What this process holds. Needed for the same reason: a second attempt must be refused before it opens the file,
     * or closing it again would release the first one's lock.
     */
    private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel channel;

    private JobLock(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /**
     * Takes the lock or says who has it.
     *
     * @param job an absolute path without symbolic links in it
     */
    static JobLock take(Path job) throws IOException {
        Path path = job.resolveSibling(job.getFileName() + ".lock");
        if (!HELD_HERE.add(path)) {
            throw new JobLockedException(
                    job, OptionalLong.of(ProcessHandle.current().pid()), started());
        }
        boolean taken = false;
        try {
            while (true) {
                try {
                    Files.createFile(path);
                } catch (FileAlreadyExistsException held) {
                    // By another process, or left by one that was killed.
                }
                Optional<Object> key = key(path);
                FileChannel channel = FileChannel.open(
                        path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                try {
                    FileLock lock = channel.tryLock();
                    if (lock == null) {
                        throw lockedByAnother(job, channel);
                    }
                    if (key.equals(key(path)) && Files.exists(path)) {
                        sign(channel);
                        taken = true;
                        return new JobLock(path, channel);
                    }
                    // The holder deleted the file between our opening and locking it: take the new one.
                } finally {
                    if (!taken) {
                        channel.close();
                    }
                }
            }
        } finally {
            if (!taken) {
                HELD_HERE.remove(path);
            }
        }
    }

    /** Tells one file from another that was put in its place; absent where there is none, or no such key. */
    private static Optional<Object> key(Path path) throws IOException {
        try {
            return Optional.ofNullable(
                    Files.readAttributes(path, BasicFileAttributes.class).fileKey());
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static void sign(FileChannel channel) throws IOException {
        String who = ProcessHandle.current().pid() + "\n"
                + started().map(Instant::toString).orElse("") + "\n";
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(who.getBytes(StandardCharsets.UTF_8)), 0);
    }

    private static Optional<Instant> started() {
        return ProcessHandle.current().info().startInstant();
    }

    private static JobLockedException lockedByAnother(Path job, FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(256);
        channel.read(text, 0);
        String[] lines = new String(text.array(), 0, text.position(), StandardCharsets.UTF_8).split("\n", -1);
        try {
            return new JobLockedException(
                    job,
                    OptionalLong.of(Long.parseLong(lines[0])),
                    lines.length > 1 && !lines[1].isEmpty() ? Optional.of(Instant.parse(lines[1])) : Optional.empty());
        } catch (NumberFormatException | DateTimeException unsigned) {
            return new JobLockedException(job, OptionalLong.empty(), Optional.empty());
        }
    }

    /** Gives the lock back and removes its file; again does nothing. */
    @Override
    public void close() throws IOException {
        if (!channel.isOpen()) {
            return;
        }
        try {
            // Deleted while it is held, so that nobody can have taken it in between.
            Files.deleteIfExists(path);
        } finally {
            channel.close();
            HELD_HERE.remove(path);
        }
    }
}
