package dev.penstock.jobs;

import org.jspecify.annotations.Nullable;

/** The job file cannot be used: it is something else, damaged, newer than this program, or cannot be opened. */
public final class JobFileException extends JobException {
    JobFileException(String message) {
        super(message);
    }

    JobFileException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
