package dev.penstock.quota;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Cost;
import org.junit.jupiter.api.Test;

final class RecentTotalsTest {
    private static final long MS = 1_000_000;

    private final RecentTotals totals = new RecentTotals();

    private static Cost requests(long count) {
        return new Cost(count, 0, 0);
    }

    @Test
    void whatLeftWithinAQuarterSecondOnEitherSideIsInDoubt() {
        for (int i = 1; i <= 10; i++) {
            totals.add(i * 100L * MS, requests(i));
        }
        assertThat(totals.shortlyBefore(500 * MS, requests(5))).isEqualTo(requests(2));
        assertThat(totals.shortlyAfter(500 * MS, requests(5))).isEqualTo(requests(7));
    }

    @Test
    void beforeTheFirstSendingThereWasNothing() {
        totals.add(100 * MS, requests(1));
        assertThat(totals.shortlyBefore(100 * MS, requests(1))).isEqualTo(requests(0));
    }

    @Test
    void momentsThatAreForgottenAreNotInDoubt() {
        for (int i = 1; i <= 40_000; i++) {
            totals.add(i * MS, requests(i));
        }
        assertThat(totals.shortlyBefore(1_000 * MS, requests(1_000))).isEqualTo(requests(1_000));
        assertThat(totals.shortlyAfter(39_000 * MS, requests(39_000))).isEqualTo(requests(39_250));
    }
}
