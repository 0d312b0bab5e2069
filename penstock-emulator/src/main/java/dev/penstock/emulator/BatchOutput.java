package dev.penstock.emulator;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The lines that a batch has written. They are on the disk and closed between two looks. One owner.
 */
final class BatchOutput implements AutoCloseable {
    /** Rows are dealt to as many parts, of which one follows the other in the end: no row stays beside its neighbour. */
    private static final int UNORDERED_PARTS = 4;

    private static final int EMPTY_LINE_EVERY = 5;

    private final FileStore store;
    private final boolean blankLines;
    private final Part[] answers;
    private final Part errors = new Part();

    /** A file of lines that is made with the first. */
    private final class Part {
        private @Nullable Path path;
        private @Nullable OutputStream open;

        void write(JsonBytes line) throws IOException {
            line.writeTo(stream());
        }

        private OutputStream stream() throws IOException {
            OutputStream to = open;
            if (to == null) {
                Path file = path;
                if (file == null) {
                    file = store.newPart();
                    path = file;
                }
                to = new BufferedOutputStream(
                        Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
                open = to;
            }
            return to;
        }

        void close() throws IOException {
            OutputStream to = open;
            open = null;
            if (to != null) {
                to.close();
            }
        }

        void discard() {
            if (path != null) {
                FileStore.discard(path);
                path = null;
            }
        }

        @Nullable
        Path take() {
            Path file = path;
            path = null;
            return file;
        }
    }

    BatchOutput(FileStore store, boolean unordered, boolean blankLines) {
        this.store = store;
        this.blankLines = blankLines;
        this.answers = new Part[unordered ? UNORDERED_PARTS : 1];
        for (int i = 0; i < answers.length; i++) {
            answers[i] = new Part();
        }
    }

    /** @param row its place in the input, from 0 */
    void answer(int row, JsonBytes line) throws IOException {
        // Counted from behind, so that already two rows change places.
        Part part = answers[answers.length - 1 - row % answers.length];
        part.write(line);
        if (blankLines && row % EMPTY_LINE_EVERY == 0) {
            part.stream().write('\n');
        }
    }

    void error(JsonBytes line) throws IOException {
        errors.write(line);
    }

    /** Closes the files until the next line is written. */
    @Override
    public void close() throws IOException {
        for (Part part : answers) {
            part.close();
        }
        errors.close();
    }

    /** The answers in one file, which is the caller's; null when there are none. */
    @Nullable
    Path takeAnswers() throws IOException {
        close();
        Path whole = null;
        for (Part part : answers) {
            if (whole == null) {
                whole = part.take();
            } else if (part.path != null) {
                append(whole, part.path);
                part.discard();
            }
        }
        return whole;
    }

    /** The errors, in a file that is the caller's; null when there are none. */
    @Nullable
    Path takeErrors() throws IOException {
        errors.close();
        return errors.take();
    }

    private static void append(Path whole, Path more) throws IOException {
        try (FileChannel from = FileChannel.open(more, StandardOpenOption.READ);
                FileChannel to = FileChannel.open(whole, StandardOpenOption.APPEND)) {
            long length = from.size();
            long done = 0;
            while (done < length) {
                long moved = from.transferTo(done, length - done, to);
                if (moved <= 0) {
                    throw new IOException("the parts of an output could not be put together");
                }
                done += moved;
            }
        }
    }

    void discard() {
        for (Part part : answers) {
            part.discard();
        }
        errors.discard();
    }
}
