package dev.penstock.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RetryBudgetTest {
    private static final long SECOND = 1_000_000_000L;
    // The clock wraps around during these tests.
    private static final long START = Math.subtractExact(Long.MAX_VALUE, 5 * SECOND);
    private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

    private static RetryBudget of(double perRequest, double perSecond) {
        return new RetryBudget(new RetryBudget.Settings(perRequest, perSecond, TEN_SECONDS), START);
    }

    private static int takeAll(RetryBudget budget, long nowNanos) {
        int taken = 0;
        while (budget.tryRetry(nowNanos)) {
            taken++;
        }
        return taken;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.0001, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.99, 0.999, 0.9999})
    void b1RetriesAreTheirPartOfTheRequests(double part) {
        var budget = of(part, 0);
        int retries = 0;

        for (int i = 0; i < 10_000; i++) {
            budget.requestSent(START);
            if (budget.tryRetry(START)) {
                retries++;
            } else {
                assertThat(budget.balance(START)).isZero();
            }
        }

        assertThat((double) retries).isCloseTo(10_000 * part, within(1.0));
    }

    @Test
    void b1APartAboveOneIsThereWhenAllRequestsCameFirst() {
        var budget = of(2.0, 0);
        for (int i = 0; i < 10_000; i++) {
            budget.requestSent(START);
        }

        assertThat(takeAll(budget, START)).isEqualTo(20_000);
    }

    @Test
    void b1NothingPerRequestAndNothingPerSecondIsEmpty() {
        var budget = of(0, 0);
        budget.requestSent(START);

        assertThat(budget.tryRetry(START)).isFalse();
        assertThat(budget.balance(START)).isZero();
        assertThat(budget.waitNanos(START)).isEqualTo(10 * SECOND);
    }

    @Test
    void b1TheWindowHasBounds() {
        assertThatThrownBy(() -> new RetryBudget.Settings(0.2, 1, Duration.ofMillis(999)))
                .hasMessageContaining("PT0.999S");
        assertThatThrownBy(() -> new RetryBudget.Settings(0.2, 1, Duration.ofMinutes(61)))
                .hasMessageContaining("PT1H1M");
    }

    @Test
    void requestsAreForgottenAfterTheWindow() {
        var budget = of(1, 0);
        budget.requestSent(START);

        assertThat(budget.balance(START + 10 * SECOND - 1)).isEqualTo(1);
        assertThat(budget.balance(START + 10 * SECOND)).isZero();
    }

    @Test
    void withoutRequestsThereIsOneRetryASecond() {
        var budget = of(0.2, 1);
        int retries = 0;

        for (long now = START; now - START < 100 * SECOND; now += SECOND / 4) {
            if (budget.tryRetry(now)) {
                retries++;
            }
        }

        assertThat(retries).isEqualTo(100);
    }

    @Test
    void theWaitIsWhenTheNextRetryIsThere() {
        var budget = of(0.2, 0.2);
        assertThat(budget.tryRetry(START)).isTrue();
        assertThat(budget.tryRetry(START + 3 * SECOND)).isTrue();

        long wait = budget.waitNanos(START + 4 * SECOND);

        assertThat(wait).isEqualTo(6 * SECOND);
        assertThat(budget.tryRetry(START + 4 * SECOND + wait - 1)).isFalse();
        assertThat(budget.tryRetry(START + 4 * SECOND + wait)).isTrue();
    }

    @Test
    void aLongSilenceForgetsEverything() {
        var budget = of(1, 1);
        takeAll(budget, START);
        budget.requestSent(START + SECOND);

        assertThat(budget.balance(START + Duration.ofDays(1).toNanos())).isEqualTo(10);
    }

    @Test
    void aClockThatGoesBackChangesNothing() {
        var budget = of(1, 0);
        budget.requestSent(START + 9 * SECOND);

        assertThat(budget.balance(START)).isEqualTo(1);
        assertThat(budget.balance(START + 18 * SECOND)).isEqualTo(1);
    }

    @Test
    void theWindowGrowsToCoverSlowCalls() {
        var settings = RetryBudget.Settings.DEFAULT;

        assertThat(settings.coveringLatency(Duration.ofSeconds(9))).isEqualTo(settings);
        assertThat(settings.coveringLatency(Duration.ofSeconds(90)).window()).isEqualTo(Duration.ofSeconds(90));
        assertThat(settings.coveringLatency(Duration.ofDays(1)).window()).isEqualTo(Duration.ofHours(1));
    }
}
