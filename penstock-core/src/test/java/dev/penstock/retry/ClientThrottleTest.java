package dev.penstock.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ClientThrottleTest {
    private static final long MILLI = 1_000_000L;

    private static RandomGenerator drawing(double number) {
        return new RandomGenerator() {
            @Override
            public long nextLong() {
                return 0;
            }

            @Override
            public double nextDouble() {
                return number;
            }
        };
    }

    // The clock is positive, negative, crosses zero and wraps around.
    @ParameterizedTest
    @ValueSource(longs = {0, -5_000 * MILLI, -600 * MILLI, Long.MAX_VALUE - 300})
    void b3TheProbabilityFollowsTheWindow(long start) {
        var throttle = new ClientThrottle(1, 1, Duration.ofSeconds(1), start);

        throttle.settled(true, start);
        assertThat(throttle.probability(start)).isZero();
        throttle.settled(false, start + 250 * MILLI);
        assertThat(throttle.probability(start + 250 * MILLI)).isCloseTo(1 / 3.0, within(1e-12));
        throttle.settled(false, start + 500 * MILLI);
        assertThat(throttle.probability(start + 500 * MILLI)).isCloseTo(2 / 4.0, within(1e-12));
        assertThat(throttle.refuses(start + 750 * MILLI, drawing(0.5))).isFalse();
        assertThat(throttle.refuses(start + 750 * MILLI, drawing(0.49))).isTrue();
        assertThat(throttle.probability(start + 750 * MILLI)).isCloseTo(3 / 5.0, within(1e-12));
        assertThat(throttle.probability(start + 1_250 * MILLI))
                .as("two are left")
                .isCloseTo(2 / 3.0, within(1e-12));
        assertThat(throttle.probability(start + 9_000 * MILLI)).isZero();
    }

    @Test
    void illegalThrottlesAreNamed() {
        assertThatThrownBy(() -> new ClientThrottle(0.5, 1, Duration.ofSeconds(1), 0))
                .hasMessageContaining("k 0.5");
        assertThatThrownBy(() -> new ClientThrottle(2, 0, Duration.ofSeconds(1), 0))
                .hasMessageContaining("padding 0");
        assertThatThrownBy(() -> new ClientThrottle(2, 1, Duration.ZERO, 0)).hasMessageContaining("PT0S");
    }
}
