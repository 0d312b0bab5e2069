package dev.penstock.retry;

import dev.penstock.retry.RetryMachine.Step;
import dev.penstock.time.CancelSignal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Retries as a loop; see {@link Retry#loop}. Each {@link #next} is answered by one {@link #accepts} or {@link #failed}. For
 * one thread.
 */
public final class RetryLoop {
    private final Retry retry;
    private final RetryMachine machine;
    private @Nullable Step step;
    private boolean trying;

    RetryLoop(Retry retry) {
        this.retry = retry;
        machine = retry.machine();
    }

    /**
     * Waits until the next attempt is to be made.
     *
     * @throws java.util.concurrent.CancellationException if the thread is interrupted; it stays so
     * @throws IllegalStateException if nobody said what came of the attempt before, or the loop has ended
     */
    public Attempt next() {
        if (trying) {
            throw new IllegalStateException(
                    "nobody said what came of the last attempt; call accepts(value) or failed(exception) for each");
        }
        Step current = step == null ? machine.start(retry.time.nanos()) : step;
        while (current instanceof Step.Pause pause) {
            current = BlockingCall.waited(retry, machine, pause.time(), new CancelSignal());
        }
        if (current instanceof Step.Try
                && step != null
                && Thread.currentThread().isInterrupted()) {
            current = machine.withdrawn(retry.time.nanos());
        }
        step = current;
        if (current instanceof Step.Try next) {
            trying = true;
            return next.attempt();
        }
        Step.Done done = (Step.Done) current;
        if (done.report().ending() == RetryReport.Ending.SUCCEEDED) {
            throw new IllegalStateException(
                    "the loop has ended with an accepted value; make a new one for another call");
        }
        throw BlockingCall.<RuntimeException>unchecked(retry.thrownFor(done.report(), done.last()));
    }

    /**
     * The attempt returned.
     *
     * @return whether the value is accepted; if not, there is another attempt
     * @throws RetryExhaustedException if it is not, and the loop gives up
     */
    public boolean accepts(@Nullable Object value) {
        Outcome<?> outcome = new Outcome.Returned<@Nullable Object>(value);
        Step next = settled(outcome);
        if (next instanceof Step.Done done && done.report().ending() == RetryReport.Ending.SUCCEEDED) {
            return true;
        }
        if (next instanceof Step.Done done) {
            retry.discard(outcome);
            throw BlockingCall.<RuntimeException>unchecked(retry.thrownFor(done.report(), done.last()));
        }
        return false;
    }

    /** The attempt threw. Throws the same again when the loop gives up. */
    public <X extends Exception> void failed(X exception) throws X {
        if (exception instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
        Step next = settled(new Outcome.Failed<>(exception));
        if (next instanceof Step.Done done) {
            throw BlockingCall.<X>unchecked(retry.thrownFor(done.report(), done.last()));
        }
    }

    /** What became of it; empty while it goes on. */
    public Optional<RetryReport> report() {
        return step instanceof Step.Done done ? Optional.of(done.report()) : Optional.empty();
    }

    private Step settled(Outcome<?> outcome) {
        if (!trying) {
            throw new IllegalStateException("no attempt is under way; call next() before each");
        }
        trying = false;
        Step next = BlockingCall.settled(retry, machine, outcome);
        step = next;
        return next;
    }
}
