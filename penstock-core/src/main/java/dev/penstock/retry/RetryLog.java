package dev.penstock.retry;

import java.util.function.Consumer;

/**
 * A listener that writes to a log: waits at a level of your choice, calls that are given up at WARNING. Immutable.
 *
 * @param logger where to
 * @param waits the level for waits
 * @param stackTraces whether to add the exception of each failed attempt, whose message may hold what was sent
 */
public record RetryLog(System.Logger logger, System.Logger.Level waits, boolean stackTraces)
        implements Consumer<RetryEvent> {
    /** Without stack traces. */
    public static RetryLog to(System.Logger logger, System.Logger.Level waits) {
        return new RetryLog(logger, waits, false);
    }

    /** With stack traces or without. */
    public RetryLog withStackTraces(boolean shown) {
        return new RetryLog(logger, waits, shown);
    }

    @Override
    public void accept(RetryEvent event) {
        switch (event) {
            case RetryEvent.Started started -> {}
            case RetryEvent.Retrying retrying -> {}
            case RetryEvent.Succeeded succeeded -> {
                if (succeeded.report().sent() > 1) {
                    logger.log(waits, succeeded::message);
                }
            }
            case RetryEvent.AttemptFailed failed -> {
                if (stackTraces && failed.outcome() instanceof Outcome.Failed<?> thrown) {
                    logger.log(waits, failed::message, thrown.exception());
                }
            }
            case RetryEvent.Waiting waiting -> logger.log(waits, waiting::message);
            case RetryEvent.GaveUp gaveUp -> logger.log(System.Logger.Level.WARNING, gaveUp::message);
        }
    }
}
