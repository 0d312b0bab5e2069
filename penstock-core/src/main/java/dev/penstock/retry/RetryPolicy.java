package dev.penstock.retry;

import dev.penstock.retry.RetryDecision.AskAgainAfter;
import dev.penstock.retry.RetryDecision.GiveUp;
import dev.penstock.retry.RetryDecision.Reason;
import dev.penstock.retry.RetryDecision.RetryAfter;
import dev.penstock.verdict.Verdict;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * When and whether a request that was not answered is sent again. Faults cost an attempt and a retry of the budget, and
 * back off; a server's hint is never undercut. Refusals by quota cost neither, because waiting cures them for certain,
 * and only the deadline ends them.
 *
 * <p>An empty budget delays a request and does not lose it, unless its deadline comes first: in a bulk job a row that
 * waits out an outage is worth more than a row reported as failed.
 *
 * <p>Pure: time and randomness are arguments. Immutable, safe for use by several threads.
 *
 * @param maxAttempts attempts that count, the first one included; 1 (never retry a fault) or more
 * @param backoff waits after faults
 * @param deadline time from the first sending after which no attempt may start; none for bulk jobs
 */
public record RetryPolicy(int maxAttempts, Backoff backoff, Optional<Duration> deadline) {
    /** 6 attempts, 1 s to 60 s with full jitter, no deadline. */
    public static final RetryPolicy DEFAULT = new RetryPolicy(6, Backoff.DEFAULT, Optional.empty());

    public RetryPolicy {
        if (maxAttempts < 1) {
            throw new IllegalArgumentException(
                    "max attempts is " + maxAttempts + "; it must be 1 (never retry a fault) or more");
        }
        if (deadline.isPresent() && !deadline.get().isPositive()) {
            throw new IllegalArgumentException(
                    "deadline is " + deadline.get() + "; it must be longer than zero, or absent for none");
        }
    }

    /** This policy with another number of attempts. */
    public RetryPolicy withMaxAttempts(int attempts) {
        return new RetryPolicy(attempts, backoff, deadline);
    }

    /** This policy with other waits. */
    public RetryPolicy withBackoff(Backoff waits) {
        return new RetryPolicy(maxAttempts, waits, deadline);
    }

    /** This policy with this deadline. */
    public RetryPolicy withDeadline(Duration time) {
        return new RetryPolicy(maxAttempts, backoff, Optional.of(time));
    }

    /**
     * What to do after this verdict. Takes one retry from the budget if, and only if, a fault is to be retried.
     *
     * @param verdict anything but an answer
     * @param attempt attempts that counted so far, this one included if it counts; the first is 1
     * @param elapsedNanos nanoseconds since the request was first sent
     * @param budget shared by all requests to the provider
     * @param nowNanos monotonic time
     * @throws IllegalArgumentException for an accepted answer, which needs no decision
     */
    public RetryDecision decide(
            Verdict verdict,
            int attempt,
            long elapsedNanos,
            RetryBudget budget,
            long nowNanos,
            RandomGenerator random) {
        return switch (verdict) {
            case Verdict.Accepted accepted ->
                throw new IllegalArgumentException(
                        "the verdict is '" + accepted.explanation() + "'; only what was not answered can be retried");
            case Verdict.Throttled throttled ->
                whenTheQuotaAllows(throttled.exceeded().tryAgainIn(), throttled.explanation(), elapsedNanos);
            case Verdict.SlowDown slowDown ->
                whenTheQuotaAllows(slowDown.retryAfter(), slowDown.explanation(), elapsedNanos);
            case Verdict.Transient fault -> afterFault(fault, attempt, elapsedNanos, budget, nowNanos, random);
            case Verdict.Rejected rejected ->
                new GiveUp(Reason.NOT_RETRYABLE, Optional.empty(), rejected.explanation());
            case Verdict.AccountStopped stopped ->
                new GiveUp(Reason.ACCOUNT_STOPPED, Optional.empty(), stopped.explanation());
        };
    }

    private RetryDecision whenTheQuotaAllows(Optional<Duration> hint, String explanation, long elapsedNanos) {
        Duration delay = hint.orElse(Duration.ZERO);
        return fits(delay, elapsedNanos)
                ? new RetryAfter(delay, false, explanation)
                : tooLate(hint, delay, explanation, elapsedNanos);
    }

    private RetryDecision afterFault(
            Verdict.Transient fault,
            int attempt,
            long elapsedNanos,
            RetryBudget budget,
            long nowNanos,
            RandomGenerator random) {
        if (attempt >= maxAttempts) {
            return new GiveUp(
                    Reason.ATTEMPTS_USED_UP,
                    fault.retryAfter(),
                    fault.explanation() + " (attempt " + attempt + " of " + maxAttempts + ")");
        }
        Optional<Duration> hint = fault.retryAfter();
        Duration backedOff = backoff.delay(attempt, random);
        Duration delay = Backoff.afterHint(hint, backedOff, random);
        if (!fits(delay, elapsedNanos)) {
            return tooLate(hint, delay, fault.explanation(), elapsedNanos);
        }
        if (budget.tryRetry(nowNanos)) {
            return new RetryAfter(delay, true, fault.explanation());
        }
        String empty = fault.explanation() + " (so many requests fail that the retry budget is empty)";
        // All who find the budget empty are told the same time; the backoff on top spreads them.
        Duration askAgain = backedOff.plusNanos(budget.waitNanos(nowNanos));
        return fits(askAgain, elapsedNanos)
                ? new AskAgainAfter(askAgain, empty)
                : new GiveUp(Reason.BUDGET, hint, empty);
    }

    private boolean fits(Duration delay, long elapsedNanos) {
        return deadline.isEmpty() || delay.compareTo(left(deadline.get(), elapsedNanos)) < 0;
    }

    private GiveUp tooLate(Optional<Duration> hint, Duration delay, String explanation, long elapsedNanos) {
        Duration left = left(deadline.orElseThrow(), elapsedNanos);
        String who = hint.isPresent()
                ? "the provider asks to wait " + RetryReport.seconds(hint.get())
                : "the next attempt is due";
        String when = hint.isPresent() ? "" : " in " + RetryReport.seconds(delay);
        return new GiveUp(
                Reason.DEADLINE,
                hint,
                explanation + " (" + who + when + ", and " + RetryReport.seconds(left)
                        + " are left until the deadline)");
    }

    private static Duration left(Duration deadline, long elapsedNanos) {
        Duration left = deadline.minusNanos(elapsedNanos);
        return left.isNegative() ? Duration.ZERO : left;
    }
}
