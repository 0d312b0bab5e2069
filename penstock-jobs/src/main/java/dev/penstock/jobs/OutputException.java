package dev.penstock.jobs;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The output cannot be written as asked. What is stored in the job is not touched by that. */
public final class OutputException extends JobException {
    OutputException(String message) {
        super(message);
    }

    OutputException(Path file, @Nullable Throwable cause) {
        super(
                file + " cannot be written (" + cause + "). Every answer is still in the job; correct that and run the"
                        + " same command again",
                cause);
    }
}
