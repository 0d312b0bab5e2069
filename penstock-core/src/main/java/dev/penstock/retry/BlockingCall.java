package dev.penstock.retry;

import dev.penstock.retry.Retry.AttemptBody;
import dev.penstock.retry.Retry.Fallback;
import dev.penstock.retry.RetryMachine.Step;
import dev.penstock.retry.RetryReport.Ending;
import dev.penstock.time.CancelSignal;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Drives a {@link RetryMachine} with the thread that calls. */
final class BlockingCall {
    private final Retry retry;
    private final RetryMachine machine;
    private final CancelSignal cancel;

    private BlockingCall(Retry retry, @Nullable CancelSignal cancel) {
        this.retry = retry;
        this.machine = retry.machine();
        this.cancel = cancel == null ? new CancelSignal() : cancel;
    }

    /**
     * Most calls are accepted at once, and all that they need is one look at the clock.
     *
     * @param cancel null where nobody can cancel the call
     */
    static <T extends @Nullable Object, X extends Exception> T call(
            Retry retry, AttemptBody<T, X> body, @Nullable Fallback<T> fallback, @Nullable CancelSignal cancel)
            throws X {
        long startedAt = retry.time.nanos();
        if (cancel != null || !retry.beginsAtOnce()) {
            var call = new BlockingCall(retry, cancel);
            Step step = call.cancel.given() ? call.machine.cancelled(startedAt) : call.machine.start(startedAt);
            return call.drive(step, Optional.empty(), body, fallback);
        }
        retry.budget.requestSent(startedAt);
        Attempt first = new Attempt(retry, 1, startedAt, startedAt);
        Outcome<T> outcome = outcome(body, first);
        Judgement judgement = retry.letGoIfThrown(outcome, () -> retry.judge(outcome, first));
        if (judgement instanceof Judgement.Accept && outcome instanceof Outcome.Returned<T> returned) {
            retry.counters.acceptedAtOnce();
            return returned.value();
        }
        var call = new BlockingCall(retry, null);
        Step step = settled(
                retry,
                outcome,
                () -> call.machine.settledFirst(startedAt, outcome, judgement, retry.time.nanos(), retry.random));
        return call.drive(call.unlessUnwanted(step), retry.usable(outcome, step), body, fallback);
    }

    /** @param settled the last attempt, as far as its value is still of use */
    private <T extends @Nullable Object, X extends Exception> T drive(
            Step next, Optional<Outcome<T>> settled, AttemptBody<T, X> body, @Nullable Fallback<T> fallback) throws X {
        Step step = next;
        Optional<Outcome<T>> last = settled;
        while (true) {
            switch (step) {
                case Step.Try attempt -> {
                    Outcome<T> outcome = outcome(body, attempt.attempt());
                    step = settled(retry, machine, outcome);
                    last = retry.usable(outcome, step);
                }
                case Step.Pause pause -> step = waited(retry, machine, pause.time(), cancel);
                case Step.Done done -> {
                    return ended(retry, done, last, fallback);
                }
            }
            step = unlessUnwanted(step);
        }
    }

    private Step unlessUnwanted(Step step) {
        return step instanceof Step.Try && unwanted(cancel) ? machine.withdrawn(retry.time.nanos()) : step;
    }

    private static boolean unwanted(CancelSignal cancel) {
        return cancel.given() || Thread.currentThread().isInterrupted();
    }

    static Step settled(Retry retry, RetryMachine machine, Outcome<?> outcome) {
        return settled(retry, outcome, () -> machine.settled(outcome, retry.time.nanos(), retry.random));
    }

    /** Says what comes then. A value that is not accepted is let go before anything is waited for. */
    private static Step settled(Retry retry, Outcome<?> outcome, Supplier<Step> machine) {
        Step step = retry.letGoIfThrown(outcome, machine);
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
