package dev.penstock.retry;

import org.jspecify.annotations.Nullable;

/**
 * Carries the {@link RetryReport} of a call that was given up. Thrown where the last attempt returned a value, so that
 * there is no exception of its own to throw; otherwise it is among the suppressed ones of the exception that was.
 */
public final class RetryExhaustedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient RetryReport report;
    private final transient @Nullable Object lastValue;

    RetryExhaustedException(RetryReport report, @Nullable Object lastValue) {
        // A trace of its own would only repeat the one beside it.
        super(report.explanation(), null, true, false);
        this.report = report;
        this.lastValue = lastValue;
    }

    /** What was tried. */
    public RetryReport report() {
        return report;
    }

    /** What the last attempt returned, already closed if it can be; null where it threw. */
    public @Nullable Object lastValue() {
        return lastValue;
    }
}
