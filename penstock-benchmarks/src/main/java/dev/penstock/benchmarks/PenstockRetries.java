package dev.penstock.benchmarks;

import dev.penstock.retry.Outcome;
import dev.penstock.retry.Retry;
import dev.penstock.retry.RetryEvent;
import dev.penstock.retry.SharedGate;
import dev.penstock.retry.Stop;
import dev.penstock.retry.Wait;
import dev.penstock.retry.When;
import dev.penstock.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** This library. */
final class PenstockRetries implements RetryLibrary {
    private final VirtualTime time = new VirtualTime();
    private final AtomicInteger attempts = new AtomicInteger();

    @Override
    public String name() {
        return "Penstock";
    }

    private Retry.Builder policy() {
        attempts.set(0);
        return Retry.builder().time(time);
    }

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    private static Optional<Duration> hint(Outcome<?> outcome) {
        return outcome instanceof Outcome.Failed<?>(BusyException busy) ? Optional.of(busy.hint()) : Optional.empty();
    }

    private Object fails() throws IOException {
        attempts.incrementAndGet();
        throw new IOException("refused");
    }

    private Object busy(Duration hint) throws IOException {
        attempts.incrementAndGet();
        throw new BusyException(hint);
    }

    private static Throwable thrown(Retry retry, Retry.Body<Object, ?> body) {
        try {
            Object value = retry.call(body);
            throw new IllegalStateException("a call that always fails returned " + value);
        } catch (Exception e) {
            return e;
        }
    }

    @Override
    public List<Duration> waitsAtTheCap(int calls) {
        List<Duration> waits = new ArrayList<>();
        Retry retry = policy().wait(Wait.fullJitter(seconds(1), seconds(60)))
                .stop(Stop.attempts(11))
                .listener(event -> {
                    if (event instanceof RetryEvent.Waiting waiting && waiting.sent() == 10) {
                        waits.add(waiting.time());
                    }
                })
                .build();
        for (int i = 0; i < calls; i++) {
            Throwable unused = thrown(retry, this::fails);
        }
        return waits;
    }

    @Override
    public List<Duration> waitsAfterHint(Duration hint, int calls) {
        List<Duration> waits = new ArrayList<>();
        Retry retry = policy().hint(PenstockRetries::hint)
                .stop(Stop.attempts(2))
                .listener(event -> {
                    if (event instanceof RetryEvent.Waiting waiting) {
                        waits.add(waiting.time());
                    }
                })
                .build();
        for (int i = 0; i < calls; i++) {
            Throwable unused = thrown(retry, () -> busy(hint));
        }
        return waits;
    }

    @Override
    public int attemptsWhenTheHintIsTooLong() {
        Retry retry = policy().stop(Stop.beforeElapsed(seconds(60)))
                .hint(PenstockRetries::hint)
                .build();
        Throwable unused = thrown(retry, () -> busy(seconds(600)));
        return attempts.get();
    }

    @Override
    public int attemptsWithinTheLimit() {
        Retry retry = policy().stop(Stop.beforeElapsed(seconds(25)))
                .wait(Wait.fixed(seconds(10)))
                .build();
        Throwable unused = thrown(retry, this::fails);
        return attempts.get();
    }

    @Override
    public boolean isAnsweredAfterThrottles(int refusals) {
        Retry retry = policy().stop(Stop.attempts(3))
                .throttledWhen(When.exception(BusyException.class))
                .hint(PenstockRetries::hint)
                .build();
        try {
            return retry.call(() -> attempts.get() < refusals ? busy(seconds(1)) : "answer")
                    .equals("answer");
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public int callsDuringAThrottle(int others) {
        Retry retry = policy().throttledWhen(When.exception(BusyException.class))
                .hint(PenstockRetries::hint)
                .build();
        List<CompletableFuture<String>> calls = new ArrayList<>();
        calls.add(retry.callAsync(() -> attempts.incrementAndGet() == 1
                ? CompletableFuture.failedFuture(new BusyException(seconds(30)))
                : CompletableFuture.completedFuture("answer")));
        for (int i = 0; i < others; i++) {
            calls.add(retry.callAsync(() -> {
                attempts.incrementAndGet();
                return CompletableFuture.completedFuture("answer");
            }));
        }
        time.advance(seconds(29));
        int early = attempts.get() - 1;
        time.runAll(10_000);
        calls.forEach(CompletableFuture::join);
        return early;
    }

    @Override
    public int attemptsInAnOutage(int calls) {
        Retry retry =
                policy().wait(Wait.fixed(seconds(1))).gate(new SharedGate()).build();
        for (int i = 0; i < calls; i++) {
            CompletableFuture<Object> call = retry.callAsync(() -> {
                attempts.incrementAndGet();
                return CompletableFuture.failedFuture(new IOException("refused"));
            });
            assert !call.isDone();
        }
        time.advance(seconds(6));
        int within = attempts.get();
        time.runAll(1_000_000);
        return within;
    }

    @Override
    public int attemptsUnderTwoRules() {
        Retry retry = policy().rule(When.exception(TimeoutException.class), Wait.fixed(seconds(5)), Stop.attempts(4))
                .rule(When.exception(IOException.class), Wait.fixed(seconds(1)), Stop.attempts(4))
                .stop(Stop.attempts(100))
                .build();
        Throwable unused = thrown(retry, () -> {
            throw attempts.incrementAndGet() % 3 == 0 ? new TimeoutException() : new IOException("refused");
        });
        return attempts.get();
    }

    @Override
    public Throwable thrownAtTheEnd() {
        return thrown(policy().stop(Stop.attempts(2)).build(), this::fails);
    }

    @Override
    public int rejectedValuesLeftOpen() {
        List<Held> values = new ArrayList<>();
        Held accepted = policy().when(When.result(value -> values.size() < 3))
                .build()
                .call(() -> {
                    values.add(new Held());
                    return values.getLast();
                });
        return (int) values.stream()
                .filter(value -> value != accepted && value.open())
                .count();
    }

    @Override
    public Object outcomeWhenAConditionThrows() {
        return thrown(
                policy().when(When.exception(IOException.class, e -> {
                            throw new IllegalStateException("a defect");
                        }))
                        .build(),
                this::fails);
    }

    @Override
    public Object outcomeWhenAListenerThrows() {
        Retry retry = policy().listener(event -> {
                    throw new IllegalStateException("a defect");
                })
                .build();
        try {
            return retry.call(() -> attempts.get() == 0 ? fails() : "answer");
        } catch (IOException | RuntimeException e) {
            return e;
        }
    }

    @Override
    public int attemptsAfterAnError() {
        try {
            policy().build().run(() -> {
                attempts.incrementAndGet();
                throw new StackOverflowError();
            });
        } catch (StackOverflowError e) {
            return attempts.get();
        }
        throw new IllegalStateException("an error was swallowed");
    }

    @Override
    public boolean keepsAnInterrupt() {
        Throwable unused = thrown(policy().build(), () -> {
            Thread.currentThread().interrupt();
            return fails();
        });
        return Thread.interrupted() && attempts.get() == 1;
    }
}
