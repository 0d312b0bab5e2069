package dev.penstock.simulator.strategy;

import dev.penstock.retry.Judgement;
import dev.penstock.retry.Outcome;
import dev.penstock.retry.Retry;
import dev.penstock.retry.RetryBudget;
import dev.penstock.retry.RetryState;
import dev.penstock.retry.Stop;
import dev.penstock.retry.Wait;
import dev.penstock.simulator.Refusal;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * What people do after a 429, as policies of the retry library. All but {@link #shared} take a refusal for a fault, as the
 * libraries they come from do: each call waits by itself, and each refusal costs an attempt.
 */
final class Policies {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    /** From the official clients for Python and Node: a longer wait is not kept. */
    private static final Duration LONGEST_HINT = Duration.ofSeconds(120);

    private static final long HALF_SECOND_NANOS = 500_000_000L;
    private static final long EIGHT_SECONDS_NANOS = 8_000_000_000L;

    private Policies() {}

    /** Sleeps the same time again and again, and never gives up. */
    static Retry fixedSleep(Duration time) {
        return faults().stop(Stop.never()).wait(Wait.fixed(time)).build();
    }

    /** 1, 2, 4, ... 60 s, six attempts. */
    static Retry exponential() {
        return faults().stop(Stop.attempts(6))
                .wait(Wait.exponential(SECOND, 2, MINUTE))
                .build();
    }

    /** {@code wait_random_exponential(min=1, max=60), stop_after_attempt(6)} of tenacity: 1 s, U(1, 2), U(1, 4), ... */
    static Retry tenacity() {
        return faults().stop(Stop.attempts(6))
                .wait(Wait.fullJitter(SECOND, SECOND, MINUTE))
                .build();
    }

    /** {@code expo, max_tries=8, full_jitter} of backoff: U(0, 1), U(0, 2), U(0, 4), ... without a cap. */
    static Retry backoff() {
        return faults().stop(Stop.attempts(8))
                .wait(Wait.fullJitter(Duration.ZERO, SECOND, Duration.ofDays(1)))
                .build();
    }

    /** The official clients: two retries, as {@code Retry-After} says or after 0.5 s and 1 s, up to a quarter less. */
    static Retry sdk() {
        return budgetless(Retry.builder())
                .classify(outcome -> retryAfter(outcome)
                                .filter(time -> time.compareTo(LONGEST_HINT) > 0)
                                .isPresent()
                        ? Judgement.abort("429")
                        : Judgement.tryAgain("429"))
                .stop(Stop.attempts(3))
                .wait(Wait.of(Policies::sdkWait))
                .build();
    }

    private static Duration sdkWait(RetryState state, RandomGenerator random) {
        return retryAfter(state.outcome()).orElseGet(() -> {
            long nanos = Math.min(EIGHT_SECONDS_NANOS, HALF_SECOND_NANOS << Math.min(state.number() - 1, 4));
            return Duration.ofNanos((long) (nanos * (1 - 0.25 * random.nextDouble())));
        });
    }

    /** Exactly as long as {@code Retry-After} says, each call by itself, for ever; a second where it says nothing. */
    static Retry retryAfter() {
        return budgetless(Retry.builder())
                .classify(Policies::unlessNever)
                .stop(Stop.never())
                .wait(Wait.fromOutcome(outcome -> retryAfter(outcome).orElse(SECOND)))
                .build();
    }

    /** The library's own way: a refusal is a throttle that closes a gate for all calls and costs no attempt. */
    static Retry shared() {
        return budgetless(Retry.builder())
                .classify(outcome -> isNever(outcome)
                        ? Judgement.abort("429")
                        : retryAfter(outcome)
                                .map(time -> Judgement.throttled("429", time))
                                .orElseGet(() -> Judgement.throttled("429")))
                .stop(Stop.never())
                .wait(Wait.fullJitter(SECOND, MINUTE))
                .build();
    }

    private static Retry.Builder faults() {
        return budgetless(Retry.builder()).classify(Policies::unlessNever);
    }

    /** The budget is for faults, and none of the recipes has one. */
    private static Retry.Builder budgetless(Retry.Builder builder) {
        return builder.budget(new RetryBudget(new RetryBudget.Settings(1_000, 1e6, SECOND), 0));
    }

    private static Judgement unlessNever(Outcome<?> outcome) {
        return isNever(outcome) ? Judgement.abort("429") : Judgement.tryAgain("429");
    }

    private static boolean isNever(Outcome<?> outcome) {
        return outcome instanceof Outcome.Returned<?>(Refusal refusal) && refusal.never();
    }

    private static Optional<Duration> retryAfter(Outcome<?> outcome) {
        return outcome instanceof Outcome.Returned<?>(Refusal refusal) ? refusal.retryAfter() : Optional.empty();
    }
}
