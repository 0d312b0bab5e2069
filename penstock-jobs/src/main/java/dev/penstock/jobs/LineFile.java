package dev.penstock.jobs;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Reads a file line by line, with a bound on their length. Not thread-safe. */
final class LineFile implements Closeable {
    private static final int BUFFER_BYTES = 256 << 10;

    private final InputStream in;
    private byte[] line = new byte[BUFFER_BYTES];
    private int length;

    LineFile(Path path) throws IOException {
        in = new BufferedInputStream(Files.newInputStream(path), BUFFER_BYTES);
    }

    /** Moves to the next line; one that is longer than any answer is cut, and so no JSON. */
    boolean next() throws IOException {
        length = 0;
        int b = in.read();
        if (b < 0) {
            return false;
        }
        while (b >= 0 && b != '\n') {
            if (length < JobInput.LONGEST_ROW_BYTES) {
                if (length == line.length) {
                    line = Arrays.copyOf(line, 2 * line.length);
                }
                line[length++] = (byte) b;
            }
            b = in.read();
        }
        return true;
    }

    byte[] bytes() {
        return line;
    }

    int length() {
        return length;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
