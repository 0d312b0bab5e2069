package dev.penstock.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Cost;
import dev.penstock.limit.Unit;
import org.junit.jupiter.api.Test;

final class RecentTotalsTest {
    private static final long MS = 1_000_000;

    private final RecentTotals totals = new RecentTotals();

    private long before(long millis, long atSending) {
        return totals.shortlyBefore(Unit.REQUESTS, millis * MS, atSending);
    }

    private long after(long millis, long atSending) {
        return totals.shortlyAfter(Unit.REQUESTS, millis * MS, atSending);
    }

    @Test
    void whatLeftWithinAQuarterSecondOnEitherSideIsInDoubt() {
        for (int i = 1; i <= 10; i++) {
            totals.add(i * 100L * MS, Cost.ofTokens(10));
        }
        assertThat(before(500, 5)).isEqualTo(2);
        assertThat(after(500, 5)).isEqualTo(7);
        assertThat(totals.shortlyAfter(Unit.TOKENS, 500 * MS, 50)).isEqualTo(70);
        assertThat(totals.of(Unit.TOKENS)).isEqualTo(100);
    }

    @Test
    void beforeTheFirstSendingThereWasNothing() {
        totals.add(100 * MS, Cost.ofTokens(10));
        assertThat(before(100, 1)).isZero();
    }

    @Test
    void momentsThatAreForgottenAreNotInDoubt() {
        for (int i = 1; i <= 40_000; i++) {
            totals.add(i * MS, Cost.ofTokens(10));
        }
        assertThat(before(1_000, 1_000)).isEqualTo(1_000);
        assertThat(after(39_000, 39_000)).isEqualTo(39_250);
    }
}
