package dev.penstock.jobs;

import org.jspecify.annotations.Nullable;

/**
 * Why a job cannot start or go on. Each message says what was found, what the rule is and what to do next, and holds
 * neither keys nor prompt text.
 */
public sealed class JobException extends RuntimeException
        permits BatchesRunException,
                InputException,
                JobChangedException,
                JobFileException,
                JobLockedException,
                OutputException,
                StorageFullException {
    JobException(String message) {
        super(message);
    }

    JobException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
