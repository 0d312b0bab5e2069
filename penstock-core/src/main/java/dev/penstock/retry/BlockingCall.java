package dev.penstock.retry;

import dev.penstock.retry.Retry.AttemptBody;
import dev.penstock.retry.Retry.Fallback;
import dev.penstock.retry.RetryMachine.Step;
import dev.penstock.retry.RetryReport.Ending;
import dev.penstock.time.CancelSignal;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Drives a {@link RetryMachine} with the thread that calls. */
final class BlockingCall {
    private BlockingCall() {}

    static <T extends @Nullable Object, X extends Exception> T call(
            Retry retry, AttemptBody<T, X> body, @Nullable Fallback<T> fallback, CancelSignal cancel) throws X {
        RetryMachine machine = retry.machine();
        Optional<Outcome<T>> last = Optional.empty();
        Step step = cancel.given() ? machine.cancelled(retry.time.nanos()) : machine.start(retry.time.nanos());
        while (true) {
            switch (step) {
                case Step.Try next -> {
                    last.ifPresent(retry::discard);
                    Outcome<T> outcome = outcome(body, next.attempt());
                    last = Optional.of(outcome);
                    step = machine.settled(outcome, retry.time.nanos(), retry.random);
                }
                case Step.Pause pause -> step = waited(retry, machine, pause.time(), cancel);
                case Step.Done done -> {
                    return ended(retry, done.report(), last, fallback);
                }
            }
            if (step instanceof Step.Try
                    && (cancel.given() || Thread.currentThread().isInterrupted())) {
                step = machine.cancelled(retry.time.nanos());
            }
        }
    }

    /** Waits, and says what comes then; an interrupt cancels the call and stays on the thread. */
    static Step waited(Retry retry, RetryMachine machine, Duration time, CancelSignal cancel) {
        try {
            retry.time.sleep(time, cancel);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return machine.cancelled(retry.time.nanos());
        }
        return cancel.given()
                ? machine.cancelled(retry.time.nanos())
                : machine.resumed(retry.time.nanos(), retry.random);
    }

    private static <T extends @Nullable Object, X extends Exception> Outcome<T> outcome(
            AttemptBody<T, X> body, Attempt attempt) {
        try {
            return new Outcome.Returned<>(body.call(attempt));
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            return new Outcome.Failed<>(e);
        }
    }

    private static <T extends @Nullable Object, X extends Exception> T ended(
            Retry retry, RetryReport report, Optional<Outcome<T>> last, @Nullable Fallback<T> fallback) throws X {
        if (report.ending() == Ending.SUCCEEDED && last.orElse(null) instanceof Outcome.Returned<T> returned) {
            return returned.value();
        }
        if (fallback != null && fallbackHelps(report.ending())) {
            return fallback.value(report, last);
        }
        last.ifPresent(retry::discard);
        throw BlockingCall.<X>unchecked(retry.thrownFor(report, last.map(outcome -> outcome)));
    }

    /** A defect of the caller, or its own wish, is not hidden behind a value. */
    static boolean fallbackHelps(Ending ending) {
        return switch (ending) {
            case ATTEMPTS_USED_UP, DEADLINE, BUDGET, STOPPED -> true;
            case SUCCEEDED, NOT_RETRYABLE, CANCELLED -> false;
        };
    }

    // It is what the body threw, which the compiler knows as X, or unchecked.
    @SuppressWarnings("unchecked")
    static <X extends Exception> X unchecked(Exception thrown) throws X {
        throw (X) thrown;
    }
}
