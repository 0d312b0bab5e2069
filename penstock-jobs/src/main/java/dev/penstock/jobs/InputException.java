package dev.penstock.jobs;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The input cannot be used as a whole: it is unreadable, of another format, or asked for in a way it cannot serve. */
public final class InputException extends JobException {
    InputException(String message) {
        super(message);
    }

    private InputException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** With the place in front, as compilers print it. */
    static InputException at(Path file, long line, int column, String problem) {
        return new InputException(file + ":" + line + ":" + column + ": " + problem);
    }

    static InputException unreadable(Path file, IOException cause) {
        if (cause instanceof NoSuchFileException || cause instanceof FileNotFoundException) {
            return new InputException(file + " does not exist or may not be read; check the path and its permissions");
        }
        String reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new InputException(file + " cannot be read (" + reason + "); check the path and its permissions", cause);
    }

    static InputException changed(Path file) {
        return new InputException(file + " changed while it was being used; a job needs its input to stay as it is."
                + " Put the original back, or start a new job with another -o");
    }
}
