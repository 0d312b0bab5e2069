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
                    Outcome<T> outcome = outcome(body, next.attempt());
                    step = settled(retry, machine, outcome);
                    last = step instanceof Step.Done || !retry.discards(outcome)
                            ? Optional.of(outcome)
                            : Optional.empty();
                }
                case Step.Pause pause -> step = waited(retry, machine, pause.time(), cancel);
                case Step.Done done -> {
                    return ended(retry, done, last, fallback);
                }
            }
            if (step instanceof Step.Try && unwanted(cancel)) {
                step = machine.withdrawn(retry.time.nanos());
            }
        }
    }

    static boolean unwanted(CancelSignal cancel) {
        return cancel.given() || Thread.currentThread().isInterrupted();
    }

    /** Says what comes then. A value that is not accepted is let go before anything is waited for. */
    static Step settled(Retry retry, RetryMachine machine, Outcome<?> outcome) {
        Step step;
        try {
            step = machine.settled(outcome, retry.time.nanos(), retry.random);
        } catch (RuntimeException | Error e) {
            retry.discard(outcome); // a condition of the policy threw: nobody gets the value
            throw e;
        }
        if (!(step instanceof Step.Done)) {
            retry.discard(outcome);
        }
        return step;
    }

    /** Waits, and says what comes then; an interrupt cancels the call and stays on the thread. */
    static Step waited(Retry retry, RetryMachine machine, Duration time, CancelSignal cancel) {
        try {
            retry.time.sleep(time, cancel);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return machine.cancelled(retry.time.nanos());
        }
        return unwanted(cancel)
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
            Retry retry, Step.Done done, Optional<Outcome<T>> last, @Nullable Fallback<T> fallback) throws X {
        RetryReport report = done.report();
        if (report.ending() == Ending.SUCCEEDED && last.orElse(null) instanceof Outcome.Returned<T> returned) {
            return returned.value();
        }
        if (fallback != null && fallbackHelps(report.ending())) {
            return fallback.value(report, last);
        }
        last.ifPresent(retry::discard);
        throw BlockingCall.<X>unchecked(retry.thrownFor(report, done.last()));
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
