package dev.penstock.gateway.config;

/** A state file that cannot be used. The message names the file, what is wrong and what to do. */
public final class StateFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StateFileException(String message) {
        super(message);
    }

    StateFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
