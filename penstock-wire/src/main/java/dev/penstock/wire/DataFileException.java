package dev.penstock.wire;

/**
 * A tier or price file that cannot be read or holds something it must not. The message names the file and, where there
 * is one, the line and the column, what stands there and what should.
 */
public final class DataFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DataFileException(String message) {
        super(message);
    }

    DataFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
