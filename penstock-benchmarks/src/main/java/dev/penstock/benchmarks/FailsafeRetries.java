package dev.penstock.benchmarks;

import dev.failsafe.ExecutionContext;
import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import dev.failsafe.RetryPolicyBuilder;
import dev.failsafe.function.CheckedSupplier;
import dev.penstock.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** Failsafe. Its limit in time is counted by the machine's clock, its waits by the scheduler that it is given. */
final class FailsafeRetries implements RetryLibrary {
    private static final Duration SHORT = Duration.ofMillis(1);

    private final VirtualTime time = new VirtualTime();
    private final List<Duration> waits = new ArrayList<>();
    private final AtomicInteger attempts = new AtomicInteger();

    @Override
    public String name() {
        return "Failsafe";
    }

    private RetryPolicyBuilder<Object> policy() {
        attempts.set(0);
        waits.clear();
        return RetryPolicy.builder();
    }

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    private static Duration hint(ExecutionContext<Object> context) {
        return context.getLastException() instanceof BusyException busy ? busy.hint() : Duration.ofNanos(-1);
    }

    private Object fails() throws IOException {
        attempts.incrementAndGet();
        throw new IOException("refused");
    }

    private Object busy(Duration hint) throws IOException {
        attempts.incrementAndGet();
        throw new BusyException(hint);
    }

    private CompletableFuture<Object> start(RetryPolicy<Object> policy, CheckedSupplier<Object> body) {
        return Failsafe.with(policy).with(new VirtualScheduler(time, waits)).getAsync(body);
    }

    private Throwable thrownLater(RetryPolicy<Object> policy, CheckedSupplier<Object> body) {
        CompletableFuture<Object> call = start(policy, body);
        time.runAll(10_000);
        return call.handle((value, thrown) -> thrown).join();
    }

    /** In the thread that calls, by the machine's clock. */
    private static Object outcome(RetryPolicy<Object> policy, CheckedSupplier<Object> body) {
        try {
            return Failsafe.with(policy).get(body);
        } catch (RuntimeException | Error e) {
            return e;
        }
    }

    @Override
    public List<Duration> waitsAtTheCap(int calls) {
        RetryPolicy<Object> policy = policy().withBackoff(seconds(1), seconds(60))
                .withJitter(0.5)
                .withMaxAttempts(11)
                .build();
        List<Duration> late = new ArrayList<>();
        for (int i = 0; i < calls; i++) {
            waits.clear();
            Throwable unused = thrownLater(policy, this::fails);
            late.add(waits.getLast());
        }
        return late;
    }

    @Override
    public List<Duration> waitsAfterHint(Duration hint, int calls) {
        RetryPolicy<Object> policy = policy().withDelayFn(FailsafeRetries::hint)
                .withJitter(0.5)
                .withMaxAttempts(2)
                .build();
        for (int i = 0; i < calls; i++) {
            Throwable unused = thrownLater(policy, () -> busy(hint));
        }
        return List.copyOf(waits);
    }

    @Override
    public int attemptsWhenTheHintIsTooLong() {
        Object unused = outcome(
                policy().withDelayFn(FailsafeRetries::hint)
                        .withMaxDuration(SCALED_SECOND.multipliedBy(60))
                        .withMaxAttempts(-1)
                        .build(),
                () -> busy(SCALED_SECOND.multipliedBy(600)));
        return attempts.get();
    }

    @Override
    public int attemptsWithinTheLimit() {
        Object unused = outcome(
                policy().withDelay(SCALED_SECOND.multipliedBy(10))
                        .withMaxDuration(SCALED_SECOND.multipliedBy(25))
                        .withMaxAttempts(-1)
                        .build(),
                this::fails);
        return attempts.get();
    }

    @Override
    public boolean isAnsweredAfterThrottles(int refusals) {
        return thrownLater(
                        policy().withDelayFn(FailsafeRetries::hint)
                                .withMaxAttempts(3)
                                .build(),
                        () -> attempts.get() < refusals ? busy(seconds(1)) : "answer")
                == null;
    }

    @Override
    public int callsDuringAThrottle(int others) {
        RetryPolicy<Object> policy = policy().withDelayFn(FailsafeRetries::hint).build();
        List<CompletableFuture<Object>> calls = new ArrayList<>();
        calls.add(start(policy, () -> attempts.get() == 0 ? busy(seconds(30)) : "answer"));
        time.advance(Duration.ZERO);
        for (int i = 0; i < others; i++) {
            calls.add(start(policy, attempts::incrementAndGet));
        }
        time.advance(seconds(29));
        int early = attempts.get() - 1;
        time.runAll(10_000);
        calls.forEach(CompletableFuture::join);
        return early;
    }

    @Override
    public int attemptsInAnOutage(int calls) {
        RetryPolicy<Object> policy =
                policy().withDelay(seconds(1)).withMaxAttempts(6).build();
        for (int i = 0; i < calls; i++) {
            CompletableFuture<Object> call = start(policy, this::fails);
            assert !call.isDone();
        }
        time.advance(seconds(6));
        int within = attempts.get();
        time.runAll(1_000_000);
        return within;
    }

    @Override
    public int attemptsUnderTwoRules() {
        RetryPolicy<Object> timeouts = policy().handle(TimeoutException.class)
                .withDelay(seconds(5))
                .withMaxAttempts(4)
                .build();
        RetryPolicy<Object> refusals = policy().handle(IOException.class)
                .withDelay(seconds(1))
                .withMaxAttempts(4)
                .build();
        CompletableFuture<Object> call = Failsafe.with(timeouts)
                .compose(refusals)
                .with(new VirtualScheduler(time, waits))
                .getAsync(() -> {
                    throw attempts.incrementAndGet() % 3 == 0 ? new TimeoutException() : new IOException("refused");
                });
        time.runAll(10_000);
        assert call.isDone();
        return attempts.get();
    }

    @Override
    public Throwable thrownAtTheEnd() {
        return (Throwable) outcome(policy().withDelay(SHORT).build(), this::fails);
    }

    @Override
    public int rejectedValuesLeftOpen() {
        List<Held> values = new ArrayList<>();
        Object accepted = outcome(
                policy().handleResultIf(value -> values.size() < 3)
                        .withDelay(SHORT)
                        .build(),
                () -> {
                    values.add(new Held());
                    return values.getLast();
                });
        return (int) values.stream()
                .filter(value -> value != accepted && value.open())
                .count();
    }

    @Override
    public Object outcomeWhenAConditionThrows() {
        return outcome(
                policy().handleIf(e -> {
                            throw new IllegalStateException("a defect");
                        })
                        .withDelay(SHORT)
                        .build(),
                this::fails);
    }

    @Override
    public Object outcomeWhenAListenerThrows() {
        return outcome(
                policy().withDelay(SHORT)
                        .onRetry(event -> {
                            throw new IllegalStateException("a defect");
                        })
                        .build(),
                () -> attempts.get() == 0 ? fails() : "answer");
    }

    @Override
    public int attemptsAfterAnError() {
        Object unused = outcome(policy().withDelay(SHORT).build(), () -> {
            attempts.incrementAndGet();
            throw new StackOverflowError();
        });
        return attempts.get();
    }

    @Override
    public boolean keepsAnInterrupt() {
        Object unused = outcome(policy().withDelay(seconds(1)).build(), () -> {
            Thread.currentThread().interrupt();
            return fails();
        });
        return Thread.interrupted() && attempts.get() == 1;
    }
}
