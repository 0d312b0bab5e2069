package dev.penstock.jobs;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The input cannot be used as a whole: it is unreadable, of another format, or asked for in a way it cannot serve. */
public final class InputException extends JobException {
    private static final int BAD_ROWS_SHOWN = 10;

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

    /** The first bad rows of a scan, one a line. */
    static InputException badRows(Path file, ScanReport report) {
        StringBuilder text = new StringBuilder(file + " holds " + report.badRows() + " of "
                + (report.badRows() + report.goodRows()) + " rows that cannot be sent. Nothing was sent. Correct them,"
                + " or carry on without them with --skip-bad:");
        List<BadRow> first = report.firstBadRows();
        for (BadRow row : first.subList(0, Math.min(BAD_ROWS_SHOWN, first.size()))) {
            text.append("\n  ").append(file).append(':').append(row);
        }
        if (report.badRows() > BAD_ROWS_SHOWN) {
            text.append("\n  and ").append(report.badRows() - BAD_ROWS_SHOWN).append(" more");
        }
        return new InputException(text.toString());
    }

    /** The job was scanned with bad rows left out, and now they may not be. */
    static InputException skippedBefore(Path file, long badRows) {
        return new InputException(file + " holds " + badRows + " rows that cannot be sent, which the job left out so"
                + " far. Carry on without them with --skip-bad, or correct them and start anew with --restart");
    }

    static InputException unpriced(Path file, String model) {
        return new InputException(
                file + " asks the model " + model + ", whose price is not known, so a budget cannot be"
                        + " kept. Give its price in a file of prices, or leave --budget out");
    }

    /** A row sets no maximum, and the model's is not known. */
    static InputException unbounded(Path file, String model) {
        return new InputException(file + " asks the model " + model + " without a limit on the answer, and the table of"
                + " prices does not say how much that model may write, so a budget cannot be kept. Set --max-output (in a"
                + " batch file, max_completion_tokens or what the endpoint calls it), add max_output_tokens to a file for"
                + " --prices, or leave --budget out");
    }
}
