package dev.penstock.concurrency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CubicRateTest {
    private static final long SECOND = 1_000_000_000L;

    @ParameterizedTest
    @ValueSource(longs = {0, -17, Long.MAX_VALUE - SECOND})
    void c6CubicFollowsTheGoldenVector(long start) {
        boolean throttled = true;
        boolean answered = false;
        Object[][] rows = {
            {2, answered, 0.0, 0.5},
            {4, answered, 0.0, 0.5},
            {6, answered, 4.8, 0.5},
            {8, answered, 4.8, 0.5},
            {10, answered, 4.16, 0.5},
            {12, answered, 4.16, 0.6912},
            {14, answered, 4.16, 1.0976},
            {16, answered, 5.632, 1.6384},
            {18, answered, 5.632, 2.3328},
            {20, throttled, 4.3264, 3.02848},
            {22, answered, 4.3264, 3.486639},
            {24, answered, 4.3264, 3.821874},
            {26, answered, 5.66528, 4.053386},
            {28, answered, 5.66528, 4.200373},
            {30, answered, 4.333056, 4.282037},
            {32, throttled, 4.333056, 2.997426},
            {34, answered, 4.333056, 3.452226},
        };
        var cubic = new CubicRate(start);

        for (Object[] row : rows) {
            int tenths = (int) row[0];
            cubic.answered((boolean) row[1], start + tenths * (SECOND / 10));

            assertThat(cubic.measuredPerSecond())
                    .as("measured at %d tenths", tenths)
                    .isCloseTo((double) row[2], within(1e-6));
            assertThat(cubic.ratePerSecond()).as("fill at %d tenths", tenths).isCloseTo((double) row[3], within(1e-6));
        }
    }

    @Test
    void nothingWaitsBeforeTheFirstRefusal() {
        var cubic = new CubicRate(0);

        for (int i = 0; i < 1_000; i++) {
            cubic.take(0);
        }

        assertThat(cubic.limiting()).isFalse();
        assertThat(cubic.waitNanos(0)).isZero();
    }

    @Test
    void afterARefusalCallsWaitForTheBucket() {
        var cubic = new CubicRate(0);
        cubic.answered(true, 0);
        assertThat(cubic.ratePerSecond()).isEqualTo(0.5);

        assertThat(cubic.waitNanos(0)).isEqualTo(2 * SECOND);
        assertThat(cubic.waitNanos(SECOND)).isEqualTo(SECOND);
        cubic.take(0);

        assertThat(cubic.waitNanos(0)).isEqualTo(4 * SECOND);
        assertThat(cubic.waitNanos(4 * SECOND)).isZero();
    }

    @Test
    void anIdleBucketHoldsOneCallAtTheLowestRate() {
        var cubic = new CubicRate(0);
        cubic.answered(true, 0);

        cubic.take(100 * SECOND);

        assertThat(cubic.waitNanos(100 * SECOND)).isEqualTo(2 * SECOND);
    }

    @Test
    void thePromisedWaitIsLongEnough() {
        var cubic = new CubicRate(-5);
        long now = -5;
        for (int i = 0; i < 200; i++) {
            now += 73_000_003L;
            cubic.answered(i % 40 == 20, now);
            cubic.take(now);
            long wait = cubic.waitNanos(now);

            assertThat(cubic.waitNanos(now + wait)).as("step %d", i).isZero();
            if (wait > 1_000) {
                assertThat(cubic.waitNanos(now + wait / 2)).as("step %d", i).isPositive();
            }
        }
        assertThat(cubic.limiting()).isTrue();
    }

    @Test
    void aClockThatGoesBackAddsNothing() {
        var cubic = new CubicRate(0);
        cubic.answered(true, SECOND);
        long wait = cubic.waitNanos(SECOND);

        cubic.take(SECOND - 5);

        assertThat(cubic.waitNanos(SECOND)).isCloseTo(wait + (long) (SECOND / cubic.ratePerSecond()), within(2L));
    }
}
