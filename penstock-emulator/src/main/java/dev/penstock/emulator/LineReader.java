package dev.penstock.emulator;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file line by line from a place where an earlier reader stopped, so that no file stays open between two looks.
 * Empty lines are passed over and counted. One owner.
 */
final class LineReader implements AutoCloseable {
    /** Longer than any row that a model could read. */
    static final int MOST_LINE_BYTES = 16 << 20;

    private static final int FIRST_BUFFER_BYTES = 1 << 16;

    private final FileChannel channel;
    private final Place place;
    private byte[] buffer = new byte[FIRST_BUFFER_BYTES];
    private int from;
    private int to;
    private boolean atEnd;
    private boolean tooLong;

    /** Where in a file the next line begins. Mutable; belongs to whoever goes through the file. */
    static final class Place {
        private long position;
        private long lines;

        /** The number of the line that was read last, from 1. */
        long line() {
            return lines;
        }
    }

    LineReader(Path path, Place place) throws IOException {
        this.channel = FileChannel.open(path, StandardOpenOption.READ);
        this.place = place;
        channel.position(place.position);
    }

    /** The next line that is not empty, without its end; null after the last one. */
    byte @Nullable [] next() throws IOException {
        while (true) {
            tooLong = false;
            int end = lineEnd();
            if (end < 0) {
                return null;
            }
            int start = from;
            tooLong |= end - start > MOST_LINE_BYTES;
            boolean ended = end < to;
            from = ended ? end + 1 : end;
            place.position += from - start;
            place.lines++;
            if (tooLong || !isBlank(start, end)) {
                return Arrays.copyOfRange(buffer, start, end);
            }
        }
    }

    /** Whether the line that was read last is longer than {@link #MOST_LINE_BYTES}; it came without its beginning. */
    boolean wasTooLong() {
        return tooLong;
    }

    /** Where the line at {@code from} ends; negative when there is none. */
    private int lineEnd() throws IOException {
        int at = from;
        while (true) {
            for (; at < to; at++) {
                if (buffer[at] == '\n') {
                    return at;
                }
            }
            if (atEnd) {
                return from == to && !tooLong ? -1 : to;
            }
            int length = to - from;
            if (length > MOST_LINE_BYTES) {
                // Nobody will look at it, so what was read of it makes room for the rest.
                tooLong = true;
                place.position += length;
                from = to;
            }
            at = fill();
        }
    }

    /** Reads more behind what is there, and returns where that begins now. */
    private int fill() throws IOException {
        int length = to - from;
        if (length == buffer.length) {
            buffer = Arrays.copyOf(buffer, 2 * buffer.length);
        }
        System.arraycopy(buffer, from, buffer, 0, length);
        from = 0;
        to = length;
        int read = channel.read(ByteBuffer.wrap(buffer, to, buffer.length - to));
        if (read < 0) {
            atEnd = true;
        } else {
            to += read;
        }
        return length;
    }

    private boolean isBlank(int start, int end) {
        for (int i = start; i < end; i++) {
            if (buffer[i] != ' ' && buffer[i] != '\t' && buffer[i] != '\r') {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
