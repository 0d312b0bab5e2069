package dev.penstock.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.limit.LimitExceeded;
import dev.penstock.retry.RetryDecision.AskAgainAfter;
import dev.penstock.retry.RetryDecision.GiveUp;
import dev.penstock.retry.RetryDecision.Reason;
import dev.penstock.retry.RetryDecision.RetryAfter;
import dev.penstock.verdict.Verdict;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RetryPolicyTest {
    private static final long NOW = -42;
    // Every draw is one half.
    private static final RandomGenerator HALF = () -> 1L << 63;

    private final RetryBudget budget = new RetryBudget(RetryBudget.Settings.DEFAULT, NOW);

    private static Verdict fault(Optional<Duration> hint) {
        return new Verdict.Transient(Verdict.Fault.SERVER_ERROR, hint, "the provider failed (HTTP 500)");
    }

    private static Verdict throttled(Optional<Duration> hint) {
        return new Verdict.Throttled(LimitExceeded.unexplained(hint), "the quota is used up");
    }

    private static Optional<Duration> seconds(long seconds) {
        return Optional.of(Duration.ofSeconds(seconds));
    }

    private RetryDecision decide(RetryPolicy policy, Verdict verdict, int attempt, Duration elapsed) {
        return policy.decide(verdict, attempt, elapsed.toNanos(), budget, NOW, HALF);
    }

    private RetryDecision decide(Verdict verdict, int attempt) {
        return decide(RetryPolicy.DEFAULT, verdict, attempt, Duration.ZERO);
    }

    private void emptyTheBudget() {
        while (budget.balance(NOW) > 0) {
            assertThat(budget.tryRetry(NOW)).isTrue();
        }
    }

    @Test
    void aFaultCountsAndBacksOff() {
        assertThat(decide(fault(Optional.empty()), 1))
                .isEqualTo(new RetryAfter(Duration.ofMillis(1_500), true, "the provider failed (HTTP 500)"));
        assertThat(decide(fault(Optional.empty()), 5))
                .isEqualTo(new RetryAfter(Duration.ofMillis(16_500), true, "the provider failed (HTTP 500)"));
        assertThat(budget.balance(NOW)).isEqualTo(8);
    }

    @Test
    void theSixthFaultIsTheLast() {
        RetryDecision decision = decide(fault(seconds(3)), 6);

        assertThat(decision)
                .isEqualTo(new GiveUp(
                        Reason.ATTEMPTS_USED_UP, seconds(3), "the provider failed (HTTP 500) (attempt 6 of 6)"));
        assertThat(budget.balance(NOW)).isEqualTo(10);
    }

    @Test
    void aHintIsAFloorOfTheBackoffAndNotItsEnd() {
        assertThat(decide(fault(seconds(20)), 1))
                .isEqualTo(new RetryAfter(Duration.ofSeconds(21), true, "the provider failed (HTTP 500)"));
        assertThat(decide(fault(seconds(1)), 5))
                .isEqualTo(new RetryAfter(Duration.ofMillis(16_500), true, "the provider failed (HTTP 500)"));
    }

    @Test
    void refusalsByQuotaCountNothingAndWaitAsTold() {
        emptyTheBudget();

        assertThat(decide(throttled(seconds(7)), 600))
                .isEqualTo(new RetryAfter(Duration.ofSeconds(7), false, "the quota is used up"));
        assertThat(decide(throttled(Optional.empty()), 0))
                .isEqualTo(new RetryAfter(Duration.ZERO, false, "the quota is used up"));
        assertThat(decide(new Verdict.SlowDown(seconds(30), "raise the load more slowly"), 1))
                .isEqualTo(new RetryAfter(Duration.ofSeconds(30), false, "raise the load more slowly"));
    }

    @ParameterizedTest
    @CsvSource({"999, 0, true", "999, 1, false", "1000, 0, false", "999, 2, false"})
    void r5AnAttemptMustStartBeforeTheDeadline(long elapsedMillis, long waitMillis, boolean goes) {
        var policy = RetryPolicy.DEFAULT.withDeadline(Duration.ofSeconds(1));

        RetryDecision decision = decide(
                policy, throttled(Optional.of(Duration.ofMillis(waitMillis))), 1, Duration.ofMillis(elapsedMillis));

        assertThat(decision instanceof RetryAfter).isEqualTo(goes);
    }

    @Test
    void r18AHintLongerThanTheTimeLeftGivesUpNowAndNamesTheHint() {
        var policy = RetryPolicy.DEFAULT.withDeadline(Duration.ofSeconds(60));

        for (Verdict verdict : new Verdict[] {fault(seconds(90)), throttled(seconds(90))}) {
            assertThat(decide(policy, verdict, 1, Duration.ofMillis(20_500)))
                    .isEqualTo(new GiveUp(
                            Reason.DEADLINE,
                            seconds(90),
                            verdict.explanation()
                                    + " (the provider asks to wait 90 s, and 39.5 s are left until the deadline)"));
        }
        assertThat(budget.balance(NOW)).isEqualTo(10);
    }

    @Test
    void aBackoffBeyondTheDeadlineGivesUp() {
        var policy = RetryPolicy.DEFAULT.withDeadline(Duration.ofSeconds(60));

        assertThat(decide(policy, fault(Optional.empty()), 1, Duration.ofSeconds(59)))
                .isEqualTo(new GiveUp(
                        Reason.DEADLINE,
                        Optional.empty(),
                        "the provider failed (HTTP 500) (the next attempt is due in 1.5 s,"
                                + " and 1 s are left until the deadline)"));
    }

    @Test
    void anEmptyBudgetDelaysAndLosesNothing() {
        emptyTheBudget();

        RetryDecision decision = decide(fault(Optional.empty()), 1);

        assertThat(decision)
                .isEqualTo(new AskAgainAfter(
                        Duration.ofMillis(11_500),
                        "the provider failed (HTTP 500) (so many requests fail that the retry budget is empty)"));
        long later = NOW + Duration.ofMillis(11_500).toNanos();
        assertThat(RetryPolicy.DEFAULT.decide(fault(Optional.empty()), 1, later - NOW, budget, later, HALF))
                .isInstanceOf(RetryAfter.class);
    }

    @Test
    void anEmptyBudgetGivesUpWhenTheDeadlineComesFirst() {
        emptyTheBudget();
        var policy = RetryPolicy.DEFAULT.withDeadline(Duration.ofSeconds(11));

        RetryDecision decision = decide(policy, fault(Optional.empty()), 1, Duration.ZERO);

        assertThat(decision)
                .isInstanceOfSatisfying(
                        GiveUp.class, gaveUp -> assertThat(gaveUp.reason()).isEqualTo(Reason.BUDGET));
    }

    @Test
    void whatCannotSucceedIsGivenUpAtOnce() {
        assertThat(decide(new Verdict.Rejected(Verdict.RejectedBecause.BAD_REQUEST, "the request is malformed"), 1))
                .isEqualTo(new GiveUp(Reason.NOT_RETRYABLE, Optional.empty(), "the request is malformed"));
        assertThat(decide(new Verdict.AccountStopped(Verdict.StoppedBecause.NO_CREDIT, "add credit"), 1))
                .isEqualTo(new GiveUp(Reason.ACCOUNT_STOPPED, Optional.empty(), "add credit"));
    }

    @Test
    void anAnswerNeedsNoDecision() {
        assertThatThrownBy(() -> decide(new Verdict.Accepted(), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("only what was not answered can be retried");
    }

    @Test
    void illegalPoliciesAreNamed() {
        assertThatThrownBy(() -> RetryPolicy.DEFAULT.withMaxAttempts(0)).hasMessageContaining("max attempts is 0");
        assertThatThrownBy(() -> RetryPolicy.DEFAULT.withDeadline(Duration.ZERO))
                .hasMessageContaining("deadline is PT0S");
    }
}
