package dev.penstock.retry;

import static dev.penstock.retry.RetryScenario.seconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.retry.RetryReport.Ending;
import dev.penstock.time.Deadline;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StopTest {
    private static RetryState state(int number, double elapsed, double upcoming) {
        return new RetryState(
                "test",
                number,
                number,
                number,
                seconds(elapsed),
                Duration.ZERO,
                Duration.ZERO,
                seconds(upcoming),
                Optional.empty(),
                new Outcome.Returned<>("value"),
                Long.MAX_VALUE);
    }

    @ParameterizedTest
    @CsvSource({
        "0.999, 0.0001, false",
        "0.999, 0.001, true",
        "1, 0.001, true",
        "0.999, 0, false",
        "1, 0, true",
        "2, 0, true"
    })
    void r5TheUpcomingWaitCounts(double elapsed, double upcoming, boolean stops) {
        assertThat(Stop.beforeElapsed(seconds(1))
                        .reason(state(1, elapsed, upcoming))
                        .isPresent())
                .isEqualTo(stops);
    }

    @Test
    void afterElapsedLooksAtWhatHasPassedOnly() {
        assertThat(Stop.afterElapsed(seconds(1)).reason(state(1, 0.999, 50))).isEmpty();
        assertThat(Stop.afterElapsed(seconds(1)).reason(state(1, 1, 0))).contains(Ending.DEADLINE);
    }

    @Test
    void aSharedDeadlineHoldsWhereTheClockWrapsAround() {
        // Now is the last moment before the wrap; the deadline a second after it.
        Stop stop = Stop.at(new Deadline(Long.MAX_VALUE + 1_000_000_000L));

        assertThat(stop.reason(state(1, 5, 0.999))).isEmpty();
        assertThat(stop.reason(state(1, 5, 1))).contains(Ending.DEADLINE);
        assertThat(stop.left(seconds(5), Long.MAX_VALUE)).contains(seconds(1));
    }

    @Test
    void eitherAndBothSayWhy() {
        Stop either = Stop.attempts(3).or(Stop.beforeElapsed(seconds(10)));
        Stop both = Stop.attempts(3).and(Stop.beforeElapsed(seconds(10)));

        assertThat(either.reason(state(2, 9, 0.5))).isEmpty();
        assertThat(either.reason(state(3, 0, 0))).contains(Ending.ATTEMPTS_USED_UP);
        assertThat(either.reason(state(1, 9, 1))).contains(Ending.DEADLINE);
        assertThat(both.reason(state(3, 0, 0))).isEmpty();
        assertThat(both.reason(state(2, 11, 0))).isEmpty();
        assertThat(both.reason(state(3, 11, 0))).contains(Ending.DEADLINE);
        assertThat(either.mostAttempts()).hasValue(3);
        assertThat(both.mostAttempts()).isEmpty();
        assertThat(both.left(Duration.ZERO, 0)).isEmpty();
        assertThat(either.or(Stop.never())).hasToString("anyOf(attempts(3), beforeElapsed(10s), never)");
    }

    @Test
    void r9ALiveSettingIsReadEachTime() {
        var most = new AtomicInteger(2);
        Stop live = Stop.of(() -> Stop.attempts(most.get()));

        assertThat(live.reason(state(2, 0, 0))).isPresent();
        most.set(3);
        assertThat(live.reason(state(2, 0, 0))).isEmpty();
    }

    @Test
    void aConditionOfTheCallerStops() {
        assertThat(Stop.when(() -> true).reason(state(1, 0, 0))).contains(Ending.STOPPED);
        assertThat(Stop.when((RetryState state) -> state.number() > 1).reason(state(1, 0, 0)))
                .isEmpty();
        assertThat(Stop.never().reason(state(1_000_000, 1e9, 1e9))).isEmpty();
    }

    @Test
    void illegalStopsAreNamed() {
        assertThatThrownBy(() -> Stop.attempts(0)).hasMessageContaining("attempts is 0");
        assertThatThrownBy(() -> Stop.beforeElapsed(Duration.ZERO)).hasMessageContaining("PT0S");
    }
}
