package dev.penstock.retry;

import dev.penstock.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A scripted body, run by each driver in virtual time, and all that can be seen of it. */
final class RetryScenario {
    static final class HalfRandom implements RandomGenerator {
        @Override
        public long nextLong() {
            return 1L << 63; // nextDouble makes 0.5 of it
        }
    }

    /** All drivers of a machine. */
    enum Driver {
        BLOCKING,
        LOOP,
        ASYNC_DONE_STAGES,
        ASYNC_LATE_STAGES,
        SIMULATION
    }

    /** What could be seen: when attempts began, every event, and the end. */
    record Seen(
            List<Duration> attempts,
            List<String> events,
            @Nullable Object value,
            @Nullable Exception thrown,
            RetryStatistics statistics) {
        Exception failure() {
            return Objects.requireNonNull(thrown, "nothing was thrown");
        }
    }

    static final Duration TOOK = Duration.ofMillis(100);

    private final Retry.Builder policy;
    private final List<?> script;

    /** @param script exceptions to throw and values to return, in this order */
    RetryScenario(Retry.Builder policy, List<?> script) {
        this.policy = policy;
        this.script = script;
    }

    static Retry.Builder policy() {
        return Retry.named("scenario").random(new HalfRandom());
    }

    static Duration seconds(double seconds) {
        return Duration.ofNanos(Math.round(seconds * 1e9));
    }

    Seen run(Driver driver) {
        return run(driver, true);
    }

    /** Where nobody listens, a blocking call makes its first attempt without a machine. */
    Seen runUnheard() {
        return run(Driver.BLOCKING, false);
    }

    private Seen run(Driver driver, boolean heard) {
        var time = new VirtualTime();
        List<Duration> attempts = new ArrayList<>();
        List<String> events = new ArrayList<>();
        Retry retry = policy.time(time)
                .budget(new RetryBudget(RetryBudget.Settings.DEFAULT, time.nanos()))
                .gate(new SharedGate())
                .build()
                .with(b -> heard
                        ? b.listener(event -> events.add(event.getClass().getSimpleName() + " " + event.message()))
                        : b);
        Object value = null;
        Exception thrown = null;
        try {
            value = switch (driver) {
                case BLOCKING ->
                    retry.call(() -> {
                        attempts.add(time.passed());
                        time.advance(TOOK);
                        return played(attempts.size());
                    });
                case LOOP -> loop(retry, time, attempts);
                case ASYNC_DONE_STAGES ->
                    joined(
                            retry.callAsync(() -> {
                                attempts.add(time.passed());
                                time.advance(TOOK);
                                return stage(attempts.size());
                            }),
                            time);
                case ASYNC_LATE_STAGES ->
                    joined(
                            retry.callAsync(() -> {
                                attempts.add(time.passed());
                                CompletableFuture<Object> late = new CompletableFuture<>();
                                int number = attempts.size();
                                Runnable undo = time.schedule(TOOK, () -> complete(late, number));
                                assert undo != null;
                                return late;
                            }),
                            time);
                case SIMULATION -> simulated(retry, time, attempts);
            };
        } catch (Exception e) {
            thrown = e;
        }
        return new Seen(attempts, events, value, thrown, retry.statistics());
    }

    private Object loop(Retry retry, VirtualTime time, List<Duration> attempts) throws Exception {
        var loop = retry.loop();
        for (int i = 0; i < 1_000; i++) {
            Attempt attempt = loop.next();
            assert attempt.retryCount() == i;
            attempts.add(time.passed());
            time.advance(TOOK);
            try {
                Object value = played(attempts.size());
                if (loop.accepts(value)) {
                    return value;
                }
            } catch (RetryExhaustedException e) {
                throw e;
            } catch (Exception e) {
                loop.failed(e);
            }
        }
        throw new AssertionError("the loop does not end");
    }

    /** What an event queue does: no thread of its own, no timer of the driver's. */
    private Object simulated(Retry retry, VirtualTime time, List<Duration> attempts) throws Exception {
        RetryMachine machine = retry.machine();
        RetryMachine.Step step = machine.start(time.nanos());
        for (int i = 0; i < 1_000; i++) {
            switch (step) {
                case RetryMachine.Step.Try next -> {
                    attempts.add(time.passed());
                    time.advance(TOOK);
                    Outcome<?> outcome;
                    try {
                        outcome = new Outcome.Returned<>(played(attempts.size()));
                    } catch (Exception e) {
                        outcome = new Outcome.Failed<>(e);
                    }
                    step = machine.settled(outcome, time.nanos(), new HalfRandom());
                }
                case RetryMachine.Step.Pause pause -> {
                    time.advance(pause.time());
                    step = machine.resumed(time.nanos(), new HalfRandom());
                }
                case RetryMachine.Step.Done done -> {
                    if (done.report().ending() == RetryReport.Ending.SUCCEEDED
                            && done.last().orElseThrow() instanceof Outcome.Returned<?> returned) {
                        return Optional.ofNullable(returned.value()).orElse("null");
                    }
                    throw retry.thrownFor(done.report(), done.last());
                }
            }
        }
        throw new AssertionError("the machine does not end");
    }

    private static Object joined(CompletableFuture<Object> future, VirtualTime time) throws Exception {
        time.runAll(1_000);
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private Object played(int attempt) throws Exception {
        Object line = script.get(Math.min(attempt, script.size()) - 1);
        if (line instanceof Exception thrown) {
            throw thrown;
        }
        return line;
    }

    private CompletionStage<Object> stage(int attempt) {
        CompletableFuture<Object> stage = new CompletableFuture<>();
        complete(stage, attempt);
        return stage;
    }

    private void complete(CompletableFuture<Object> stage, int attempt) {
        try {
            assert stage.complete(played(attempt)) : "completed twice";
        } catch (Exception e) {
            assert stage.completeExceptionally(e) : "completed twice";
        }
    }

    static IOException io(String message) {
        return new IOException(message);
    }
}
