package dev.penstock.benchmarks;

import dev.penstock.time.VirtualTime;
import io.github.resilience4j.core.IntervalBiFunction;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.core.functions.CheckedSupplier;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Resilience4j. It knows no limit in time for all attempts, so where there is to be one it has 10 attempts instead. */
final class Resilience4jRetries implements RetryLibrary {
    private static final Duration SHORT = Duration.ofMillis(1);
    private static final int MANY = 10;

    private final VirtualTime time = new VirtualTime();
    private final List<Duration> waits = new ArrayList<>();
    private final AtomicInteger attempts = new AtomicInteger();

    @Override
    public String name() {
        return "Resilience4j";
    }

    private RetryConfig.Builder<Object> policy() {
        attempts.set(0);
        waits.clear();
        return RetryConfig.custom();
    }

    private static Duration seconds(long seconds) {
        return Duration.ofSeconds(seconds);
    }

    private static IntervalBiFunction<Object> hint() {
        return (attempt, outcome) -> outcome.isLeft() && outcome.getLeft() instanceof BusyException busy
                ? busy.hint().toMillis()
                : SHORT.toMillis();
    }

    private CompletableFuture<Object> fails() {
        attempts.incrementAndGet();
        return CompletableFuture.failedFuture(new IOException("refused"));
    }

    private CompletableFuture<Object> busy(Duration hint) {
        attempts.incrementAndGet();
        return CompletableFuture.failedFuture(new BusyException(hint));
    }

    private Object throwsRefused() throws IOException {
        attempts.incrementAndGet();
        throw new IOException("refused");
    }

    private CompletableFuture<Object> start(RetryConfig policy, Supplier<CompletableFuture<Object>> body) {
        return Retry.of("compared", policy)
                .<Object>executeCompletionStage(new VirtualScheduler(time, waits), body::get)
                .toCompletableFuture();
    }

    private Throwable thrownLater(RetryConfig policy, Supplier<CompletableFuture<Object>> body) {
        CompletableFuture<Object> call = start(policy, body);
        time.runAll(10_000);
        return call.handle((value, thrown) -> thrown).join();
    }

    /** In the thread that calls, by the machine's clock. */
    private static Object outcome(Retry retry, CheckedSupplier<Object> body) {
        try {
            return retry.executeCheckedSupplier(body);
        } catch (Throwable e) {
            return e;
        }
    }

    private static Object outcome(RetryConfig policy, CheckedSupplier<Object> body) {
        return outcome(Retry.of("compared", policy), body);
    }

    @Override
    public List<Duration> waitsAtTheCap(int calls) {
        RetryConfig policy = policy().intervalFunction(
                        IntervalFunction.ofExponentialRandomBackoff(seconds(1), 2, 0.5, seconds(60)))
                .maxAttempts(11)
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
        RetryConfig policy = policy().intervalBiFunction(hint()).maxAttempts(2).build();
        for (int i = 0; i < calls; i++) {
            Throwable unused = thrownLater(policy, () -> busy(hint));
        }
        return List.copyOf(waits);
    }

    @Override
    public int attemptsWhenTheHintIsTooLong() {
        Throwable unused = thrownLater(
                policy().intervalBiFunction(hint()).maxAttempts(MANY).build(), () -> busy(seconds(600)));
        return attempts.get();
    }

    @Override
    public int attemptsWithinTheLimit() {
        Throwable unused =
                thrownLater(policy().waitDuration(seconds(10)).maxAttempts(MANY).build(), this::fails);
        return attempts.get();
    }

    @Override
    public boolean isAnsweredAfterThrottles(int refusals) {
        return thrownLater(
                        policy().intervalBiFunction(hint()).maxAttempts(3).build(),
                        () -> attempts.get() < refusals
                                ? busy(seconds(1))
                                : CompletableFuture.completedFuture("answer"))
                == null;
    }

    @Override
    public int callsDuringAThrottle(int others) {
        RetryConfig policy = policy().intervalBiFunction(hint()).build();
        List<CompletableFuture<Object>> calls = new ArrayList<>();
        calls.add(start(
                policy, () -> attempts.get() == 0 ? busy(seconds(30)) : CompletableFuture.completedFuture("answer")));
        for (int i = 0; i < others; i++) {
            calls.add(start(policy, () -> CompletableFuture.completedFuture(attempts.incrementAndGet())));
        }
        time.advance(seconds(29));
        int early = attempts.get() - 1;
        time.runAll(10_000);
        calls.forEach(CompletableFuture::join);
        return early;
    }

    @Override
    public int attemptsInAnOutage(int calls) {
        RetryConfig policy = policy().waitDuration(seconds(1)).maxAttempts(6).build();
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
        Retry timeouts = Retry.of(
                "timeouts",
                policy().retryExceptions(TimeoutException.class)
                        .waitDuration(SHORT)
                        .maxAttempts(4)
                        .build());
        Retry refusals = Retry.of(
                "refusals",
                policy().retryExceptions(IOException.class)
                        .waitDuration(SHORT)
                        .maxAttempts(4)
                        .build());
        Object unused = outcome(
                timeouts,
                () -> refusals.executeCheckedSupplier(() -> {
                    throw attempts.incrementAndGet() % 3 == 0 ? new TimeoutException() : new IOException("refused");
                }));
        return attempts.get();
    }

    @Override
    public Throwable thrownAtTheEnd() {
        return (Throwable) outcome(policy().waitDuration(SHORT).build(), this::throwsRefused);
    }

    @Override
    public int rejectedValuesLeftOpen() {
        List<Held> values = new ArrayList<>();
        Object accepted = outcome(
                policy().retryOnResult(value -> values.size() < 3)
                        .waitDuration(SHORT)
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
                policy().retryOnException(e -> {
                            throw new IllegalStateException("a defect");
                        })
                        .waitDuration(SHORT)
                        .build(),
                this::throwsRefused);
    }

    @Override
    public Object outcomeWhenAListenerThrows() {
        Retry retry = Retry.of("compared", policy().waitDuration(SHORT).build());
        retry.getEventPublisher().onRetry(event -> {
            throw new IllegalStateException("a defect");
        });
        return outcome(retry, () -> attempts.get() == 0 ? throwsRefused() : "answer");
    }

    @Override
    public int attemptsAfterAnError() {
        Object unused = outcome(policy().waitDuration(SHORT).build(), () -> {
            attempts.incrementAndGet();
            throw new StackOverflowError();
        });
        return attempts.get();
    }

    @Override
    public boolean keepsAnInterrupt() {
        Object unused = outcome(policy().waitDuration(seconds(1)).build(), () -> {
            Thread.currentThread().interrupt();
            return throwsRefused();
        });
        return Thread.interrupted() && attempts.get() == 1;
    }
}
