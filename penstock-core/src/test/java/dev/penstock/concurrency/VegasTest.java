package dev.penstock.concurrency;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

final class VegasTest {
    private static final long MILLISECOND = 1_000_000L;
    private static final DoubleUnaryOperator BY_THE_LOGARITHM = Vegas.Settings.DEFAULT.decrease();

    private static Vegas ofTenThatKnowsTenMilliseconds() {
        var vegas = new Vegas(new Vegas.Settings(10, 20, 1.0, BY_THE_LOGARITHM));
        vegas.succeeded(10, 10 * MILLISECOND, 0);
        return vegas;
    }

    @Test
    void c2TenBecomesSixteenWithoutAQueue() {
        var vegas = ofTenThatKnowsTenMilliseconds();

        vegas.succeeded(11, 10 * MILLISECOND, 0);

        assertThat(vegas.limit()).isEqualTo(16);
    }

    @Test
    void c2TenBecomesNineWithALongQueue() {
        var vegas = ofTenThatKnowsTenMilliseconds();

        vegas.succeeded(11, 50 * MILLISECOND, 0);

        assertThat(vegas.limit()).isEqualTo(9);
    }

    @Test
    void c2UnchangedInsideTheThresholds() {
        var vegas = ofTenThatKnowsTenMilliseconds();

        vegas.succeeded(14, 14 * MILLISECOND, 0);

        assertThat(vegas.limit()).isEqualTo(10);
    }

    @Test
    void c2SmoothingOfAHalfGoes100To75To56() {
        var vegas = new Vegas(new Vegas.Settings(100, 200, 0.5, limit -> limit / 2));

        vegas.succeeded(100, 10 * MILLISECOND, 0);
        assertThat(vegas.limit()).isEqualTo(100);
        vegas.succeeded(100, 20 * MILLISECOND, 0);
        assertThat(vegas.limit()).isEqualTo(75);
        vegas.succeeded(100, 20 * MILLISECOND, 0);

        assertThat(vegas.limit()).isEqualTo(56);
    }

    @Test
    void c2WithoutSmoothingGoes100To50To25() {
        var vegas = new Vegas(new Vegas.Settings(100, 200, 1.0, limit -> limit / 2));

        vegas.succeeded(100, 10 * MILLISECOND, 0);
        vegas.succeeded(100, 20 * MILLISECOND, 0);
        assertThat(vegas.limit()).isEqualTo(50);
        vegas.succeeded(100, 20 * MILLISECOND, 0);

        assertThat(vegas.limit()).isEqualTo(25);
    }

    @Test
    void overloadDecreasesAndNeverBelowOne() {
        var vegas = new Vegas(new Vegas.Settings(2, 20, 1.0, BY_THE_LOGARITHM));

        vegas.overloaded(2, 0);
        assertThat(vegas.limit()).isEqualTo(1);
        vegas.overloaded(1, 0);

        assertThat(vegas.limit()).isEqualTo(1);
    }

    @Test
    void anIdleLimitDoesNotDriftUpward() {
        var vegas = ofTenThatKnowsTenMilliseconds();

        vegas.succeeded(4, 10 * MILLISECOND, 0);

        assertThat(vegas.limit()).isEqualTo(10);
    }

    @Test
    void theFastestLatencyIsMeasuredAnewAfterThirtyTimesTheLimit() {
        var vegas = ofTenThatKnowsTenMilliseconds();
        // Idle calls move nothing, but they count; the last of them becomes the new measure.
        for (int i = 0; i < 299; i++) {
            vegas.succeeded(1, 50 * MILLISECOND, 0);
        }

        vegas.succeeded(10, 50 * MILLISECOND, 0);

        assertThat(vegas.limit()).isEqualTo(16);
    }
}
