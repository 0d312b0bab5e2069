package dev.penstock.retry;

import dev.penstock.retry.RetryMachine.Step;
import dev.penstock.retry.RetryReport.Ending;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Drives a {@link RetryMachine} with stages and timers. Whoever takes the pending wait, timer or canceller, goes on with
 * the machine, so that it is never used by two threads.
 */
final class AsyncCall<T extends @Nullable Object> {
    private final Retry retry;
    private final RetryMachine machine;
    private final Function<Attempt, ? extends CompletionStage<T>> body;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private final AtomicReference<@Nullable Pending> pending = new AtomicReference<>();
    /** Of the attempt that ended the call. */
    private @Nullable Outcome<T> last;

    AsyncCall(Retry retry, Function<Attempt, ? extends CompletionStage<T>> body) {
        this.retry = retry;
        this.machine = retry.machine();
        this.body = body;
    }

    /** A wait, or an attempt under way. */
    private static final class Pending {
        private volatile Runnable cancel = () -> {};
        private final boolean attempt;

        Pending(boolean attempt) {
            this.attempt = attempt;
        }
    }

    CompletableFuture<T> begin() {
        CompletableFuture<T> watched = result.whenComplete((value, thrown) -> {
            cancelled(); // whoever completed it: nobody waits for what is under way
        });
        assert watched != result;
        guarded(() -> drive(machine.start(retry.time.nanos())));
        return result;
    }

    // A loop, since stages that are complete already would else call each other without end.
    private void drive(Step first) {
        Step step = first;
        while (true) {
            if (result.isDone() && !(step instanceof Step.Done)) {
                step = step instanceof Step.Try
                        ? machine.withdrawn(retry.time.nanos())
                        : machine.cancelled(retry.time.nanos());
            }
            switch (step) {
                case Step.Try next -> {
                    Step settled = attempt(next.attempt());
                    if (settled == null) {
                        return;
                    }
                    step = settled;
                }
                case Step.Pause pause -> {
                    var waits = new Pending(false);
                    pending.set(waits);
                    waits.cancel = retry.time.schedule(pause.time(), () -> {
                        if (pending.compareAndSet(waits, null)) {
                            guarded(() -> drive(machine.resumed(retry.time.nanos(), retry.random)));
                        }
                    });
                    if (result.isDone()) {
                        cancelled(); // before the wait was there to be cancelled
                    }
                    return;
                }
                case Step.Done done -> {
                    ended(done);
                    return;
                }
            }
        }
    }

    /** What comes next if the attempt is over already; null if its stage will say so. */
    private @Nullable Step attempt(Attempt attempt) {
        CompletableFuture<T> stage;
        try {
            stage = body.apply(attempt).toCompletableFuture();
        } catch (Exception e) {
            return settled(new Outcome.Failed<>(e));
        }
        if (!stage.isDone()) {
            var waits = new Pending(true);
            waits.cancel = () -> stage.cancel(true);
            pending.set(waits);
            var watched = stage.whenComplete((value, thrown) -> {
                pending.compareAndSet(waits, null);
                guarded(() -> drive(settled(outcome(value, thrown))));
            });
            assert watched != stage;
            if (result.isDone()) {
                cancelled();
            }
            return null;
        }
        return settled(completed(stage));
    }

    private static <T extends @Nullable Object> Outcome<T> completed(CompletableFuture<T> stage) {
        try {
            return new Outcome.Returned<>(stage.join());
        } catch (RuntimeException e) {
            return outcome(null, e);
        }
    }

    private Step settled(Outcome<T> outcome) {
        // Where somebody else completed the result, nobody wants to know whether it could be tried again.
        Step step =
                result.isDone() ? machine.cancelled(retry.time.nanos()) : BlockingCall.settled(retry, machine, outcome);
        last = step instanceof Step.Done ? outcome : null;
        return step;
    }

    // The value is one of T where nothing was thrown.
    @SuppressWarnings({"unchecked", "NullAway"})
    private static <T extends @Nullable Object> Outcome<T> outcome(@Nullable Object value, @Nullable Throwable thrown) {
        Throwable cause = thrown;
        for (int i = 0; i < 8 && (cause instanceof CompletionException || cause instanceof ExecutionException); i++) {
            Throwable inner = cause.getCause();
            if (inner == null) {
                break;
            }
            cause = inner;
        }
        return switch (cause) {
            case null -> new Outcome.Returned<>((T) value);
            case Exception exception -> new Outcome.Failed<>(exception);
            case Error error -> throw error;
            default -> throw new CompletionException(cause);
        };
    }

    private void cancelled() {
        Pending current = pending.get();
        if (current == null) {
            return;
        }
        if (current.attempt) {
            current.cancel.run(); // its stage completes, and the machine learns of it there
        } else if (pending.compareAndSet(current, null)) {
            current.cancel.run();
            guarded(() -> ended(machine.cancelled(retry.time.nanos())));
        }
    }

    private void ended(Step.Done done) {
        Outcome<T> outcome = last;
        if (done.report().ending() == Ending.SUCCEEDED && outcome instanceof Outcome.Returned<T> returned) {
            if (!result.complete(returned.value())) {
                retry.discard(returned); // cancelled at the last moment
            }
            return;
        }
        if (outcome != null) {
            retry.discard(outcome);
        }
        result.completeExceptionally(retry.thrownFor(done.report(), done.last()));
    }

    // Errors, and what conditions of the policy throw, end the call too: nobody else would ever see them.
    private void guarded(Runnable step) {
        try {
            step.run();
        } catch (CompletionException e) {
            Throwable cause = e.getCause();
            result.completeExceptionally(cause == null ? e : cause);
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
        }
    }
}
