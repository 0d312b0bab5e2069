package dev.penstock.jobs;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that is written under another name and takes its place in one step, so that nobody ever reads half of it, not
 * even after a power cut. Not thread-safe.
 */
final class ReplacingFile extends OutputStream implements Closeable {
    private static final int BUFFER_BYTES = 1 << 20;

    private final Path target;
    private final Path part;
    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

    /** Begins a file. What a killed run left behind under the other name is overwritten. */
    ReplacingFile(Path target) throws IOException {
        // A symbolic link goes on pointing to the same, now new, file.
        this.target = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
        this.part = this.target.resolveSibling(this.target.getFileName() + ".part");
        this.channel = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        int at = from;
        while (at < from + length) {
            int some = Math.min(buffer.remaining(), from + length - at);
            buffer.put(bytes, at, some);
            at += some;
            if (!buffer.hasRemaining()) {
                drain();
            }
        }
    }

    private void drain() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    /** Brings all of it to the disk, still under the other name. */
    void finish() throws IOException {
        drain();
        channel.force(true);
        channel.close();
    }

    /** Takes the target's place; after {@link #finish}. */
    void replaceTarget() throws IOException {
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

    /** Removes what was written and did not take the target's place. */
    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(part);
    }
}
