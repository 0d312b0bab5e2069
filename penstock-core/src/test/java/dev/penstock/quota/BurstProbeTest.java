package dev.penstock.quota;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BurstProbeTest {
    private static final long MS = 1_000_000;
    /** Refill that one request is worth at 500 a minute. */
    private static final double REQUEST_NANOS = 120 * MS;

    private static int sendFor(BurstProbe probe, long from, long until) {
        int sent = 0;
        for (long now = from; now < until; ) {
            long wait = probe.waitNanos(now);
            if (wait == 0) {
                probe.spent(REQUEST_NANOS, now);
                sent++;
            }
            now += wait;
        }
        return sent;
    }

    @Test
    void itBeginsAtFourTimesTheRefillAndDoublesEveryQuarterSecond() {
        var probe = new BurstProbe();
        int first = sendFor(probe, 0, 250 * MS);
        int second = sendFor(probe, 250 * MS, 500 * MS);
        int third = sendFor(probe, 500 * MS, 750 * MS);
        assertThat(first).isBetween(8, 10); // 4 x 250 ms / 120 ms, and one at once
        assertThat(second).isBetween(15, 18);
        assertThat(third).isBetween(31, 35);
    }

    @Test
    void itSpendsAMinutesBurstWithinThreeSecondsAndNeverGoesFasterThanThirtyTwoTimesTheRefill() {
        var probe = new BurstProbe();
        assertThat(sendFor(probe, 0, 3_000 * MS)).isGreaterThan(500);
        assertThat(sendFor(probe, 3_000 * MS, 4_000 * MS)).isBetween(264, 268);
    }

    @Test
    void aSpeedThatWasNotDrivenIsNotProven() {
        var probe = new BurstProbe();
        for (long now = 0; now < 10_000 * MS; now += 200 * MS) {
            assertThat(probe.waitNanos(now)).isZero();
            probe.spent(REQUEST_NANOS, now);
        }
        assertThat(sendFor(probe, 10_000 * MS, 10_250 * MS)).isBetween(8, 10);
    }

    @Test
    void aRefusalStartsItOver() {
        var probe = new BurstProbe();
        sendFor(probe, 0, 1_000 * MS);
        probe.restart(1_000 * MS);
        assertThat(sendFor(probe, 1_000 * MS, 1_250 * MS)).isBetween(8, 10);
    }

    @Test
    void oneLargeRequestIsPaidOffAtTheGrowingSpeed() {
        var probe = new BurstProbe();
        probe.spent(30_000 * MS, 0);
        long now = 0;
        int asked = 0;
        for (long wait = probe.waitNanos(now); wait > 0; wait = probe.waitNanos(now)) {
            now += wait;
            asked++;
        }
        assertThat(now).isBetween(1_000 * MS, 1_600 * MS);
        assertThat(asked).isLessThan(10);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 9, 30, 100, 300, 500})
    void theStartOfTheLastOfManyIsForetold(int ahead) {
        for (long begin : new long[] {0, 90 * MS, 620 * MS, 1_500 * MS}) {
            var probe = new BurstProbe();
            sendFor(probe, 0, begin);
            long foretold = begin + probe.waitNanos(ahead * REQUEST_NANOS, begin);
            long now = begin;
            for (int i = 0; i <= ahead; i++) {
                for (long wait = probe.waitNanos(now); wait > 0; wait = probe.waitNanos(now)) {
                    now += wait;
                }
                probe.spent(REQUEST_NANOS, now);
            }
            assertThat(now).as("begun at %d", begin).isBetween(foretold - 2, foretold + MS);
        }
    }
}
