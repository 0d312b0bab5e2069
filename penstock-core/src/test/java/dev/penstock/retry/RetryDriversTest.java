package dev.penstock.retry;

import static dev.penstock.retry.RetryScenario.io;
import static dev.penstock.retry.RetryScenario.policy;
import static dev.penstock.retry.RetryScenario.seconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.retry.RetryScenario.Driver;
import dev.penstock.retry.RetryScenario.Seen;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** R13: each scenario through every driver: the same attempts, waits, events and end. */
@Timeout(30)
final class RetryDriversTest {
    @ParameterizedTest
    @EnumSource
    void r13FaultsBackOffUntilAccepted(Driver driver) {
        var seen = new RetryScenario(
                        policy().wait(Wait.fullJitter(seconds(1), seconds(60))),
                        List.of(io("one"), io("two"), "answer"))
                .run(driver);

        assertThat(seen.value()).isEqualTo("answer");
        assertThat(seen.attempts()).containsExactly(Duration.ZERO, seconds(1.6), seconds(4.2));
        assertThat(seen.events())
                .containsExactly(
                        "Started scenario: started",
                        "AttemptFailed scenario: attempt 1 failed (IOException)",
                        "Waiting scenario: attempt 1 of 6 failed (IOException), waiting 1.5 s, 598.4 s left",
                        "Retrying scenario: attempt 2 begins",
                        "AttemptFailed scenario: attempt 2 failed (IOException)",
                        "Waiting scenario: attempt 2 of 6 failed (IOException), waiting 2.5 s, 595.8 s left",
                        "Retrying scenario: attempt 3 begins",
                        "Succeeded scenario: accepted after 3 attempts");
    }

    @ParameterizedTest
    @EnumSource
    void r13TheLastExceptionIsThrownItselfWithTheReport(Driver driver) {
        var last = new TimeoutException("last");
        var seen = new RetryScenario(
                        policy().stop(Stop.attempts(3)).wait(Wait.fixed(seconds(2))), List.of(io("1"), io("2"), last))
                .run(driver);

        assertThat(seen.failure()).isSameAs(last);
        assertThat(seen.attempts()).containsExactly(Duration.ZERO, seconds(2.1), seconds(4.2));
        RetryReport report = report(seen);
        assertThat(report.ending()).isEqualTo(RetryReport.Ending.ATTEMPTS_USED_UP);
        assertThat(report.sent()).isEqualTo(3);
        assertThat(report.waited()).isEqualTo(seconds(4));
        assertThat(report.total()).isEqualTo(seconds(4.3));
        assertThat(report.attempts())
                .containsExactly(
                        new RetryReport.Tried(1, Duration.ZERO, seconds(0.1), "IOException"),
                        new RetryReport.Tried(2, seconds(2), seconds(0.1), "IOException"),
                        new RetryReport.Tried(3, seconds(2), seconds(0.1), "TimeoutException"));
        assertThat(seen.events()).last().asString().startsWith("GaveUp").contains("gave up after 3 attempts in 4.3 s");
        assertThat(seen.events())
                .filteredOn(event -> event.startsWith("AttemptFailed"))
                .hasSize(3);
    }

    @ParameterizedTest
    @EnumSource
    void r13AValueThatIsNeverAcceptedEndsInTheExhaustedException(Driver driver) {
        var seen = new RetryScenario(
                        policy().when(When.result("pending"::equals))
                                .stop(Stop.attempts(2))
                                .wait(Wait.none()),
                        List.of("pending"))
                .run(driver);

        assertThat(seen.failure()).isInstanceOf(RetryExhaustedException.class);
        assertThat(((RetryExhaustedException) seen.failure()).lastValue()).isEqualTo("pending");
        assertThat(seen.attempts()).containsExactly(Duration.ZERO, seconds(0.1));
    }

    @ParameterizedTest
    @EnumSource
    void r13ThrottlesCostNoAttemptAndHintsAreNotUndercut(Driver driver) {
        var seen = new RetryScenario(
                        policy().stop(Stop.attempts(2).or(Stop.beforeElapsed(seconds(600))))
                                .wait(Wait.fixed(seconds(1)))
                                .throttledWhen(When.exception(TimeoutException.class))
                                .hint(outcome -> outcome instanceof Outcome.Failed<?> failed
                                                && failed.exception() instanceof TimeoutException
                                        ? Optional.of(seconds(20))
                                        : Optional.empty()),
                        List.of(
                                new TimeoutException(),
                                new TimeoutException(),
                                new TimeoutException(),
                                io("fault"),
                                "answer"))
                .run(driver);

        assertThat(seen.value()).isEqualTo("answer");
        // 20 s and half of a spread of 2 s.
        assertThat(seen.attempts())
                .containsExactly(Duration.ZERO, seconds(21.1), seconds(42.2), seconds(63.3), seconds(64.4));
    }

    @ParameterizedTest
    @EnumSource
    void r18AHintBeyondTheTimeLeftGivesUpAtOnceWithTheHint(Driver driver) {
        var seen = new RetryScenario(
                        policy().stop(Stop.beforeElapsed(seconds(60))).hint(outcome -> Optional.of(seconds(61))),
                        List.of(io("busy")))
                .run(driver);

        assertThat(seen.attempts()).containsExactly(Duration.ZERO);
        RetryReport report = report(seen);
        assertThat(report.total()).isEqualTo(RetryScenario.TOOK);
        assertThat(report.hint()).contains(seconds(61));
        assertThat(report.ending()).isEqualTo(RetryReport.Ending.DEADLINE);
        assertThat(report.explanation()).contains("the server asks to wait 61 s, and 59.9 s are left");
    }

    @ParameterizedTest
    @EnumSource
    void r7TryAgainHonoursTheStopAndItsCauseSurfaces(Driver driver) {
        IOException cause = io("cause");
        var seen = new RetryScenario(
                        policy().when(When.never()).stop(Stop.attempts(3)).wait(Wait.none()),
                        List.of(TryAgainException.because(cause)))
                .run(driver);

        assertThat(seen.attempts()).hasSize(3);
        assertThat(seen.failure()).isSameAs(cause);
    }

    @ParameterizedTest
    @EnumSource
    void r6DisabledRunsOnceAndLeavesTheExceptionAlone(Driver driver) {
        IOException thrown = io("original");
        var seen = new RetryScenario(policy().enabled(false), List.of(thrown)).run(driver);

        assertThat(seen.attempts()).hasSize(1);
        assertThat(seen.failure()).isSameAs(thrown);
        assertThat(thrown.getSuppressed()).isEmpty();
        assertThat(seen.events()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void r8TheReportIsCompleteAfterOneAttempt(Driver driver) {
        var seen = new RetryScenario(policy().when(When.never()), List.of(io("bad"))).run(driver);

        assertThat(report(seen))
                .isEqualTo(new RetryReport(
                        "scenario",
                        List.of(new RetryReport.Tried(1, Duration.ZERO, seconds(0.1), "IOException")),
                        1,
                        seconds(0.1),
                        Duration.ZERO,
                        RetryReport.Ending.NOT_RETRYABLE,
                        Optional.empty(),
                        "scenario: gave up after 1 attempt in 0.1 s (IOException): it cannot be tried again"));
    }

    @ParameterizedTest
    @EnumSource
    void aListenerThatThrowsChangesNothing(Driver driver) {
        var seen = new RetryScenario(
                        policy().wait(Wait.none()).listener(event -> {
                            throw new IllegalStateException("a listener's own trouble");
                        }),
                        List.of(io("one"), "answer"))
                .run(driver);

        assertThat(seen.value()).isEqualTo("answer");
        assertThat(seen.events()).hasSize(4);
    }

    private static RetryReport report(Seen seen) {
        return Stream.of(seen.failure().getSuppressed())
                .map(RetryExhaustedException.class::cast)
                .findFirst()
                .orElseThrow()
                .report();
    }
}
