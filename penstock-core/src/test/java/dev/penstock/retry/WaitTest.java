package dev.penstock.retry;

import static dev.penstock.retry.RetryScenario.seconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class WaitTest {
    private static final long SEED = 20261124;
    private static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);

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

    private static RetryState attempt(int number, Duration previous) {
        return new RetryState(
                "test",
                number,
                number,
                number,
                Duration.ZERO,
                Duration.ZERO,
                previous,
                Duration.ZERO,
                Optional.empty(),
                new Outcome.Failed<>(new IOException()),
                0);
    }

    /** The first waits in seconds, each knowing the one before. */
    private static List<Double> waits(Wait wait, int count, double drawn) {
        List<Double> waits = new ArrayList<>();
        Duration previous = Duration.ZERO;
        for (int number = 1; number <= count; number++) {
            previous = wait.next(attempt(number, previous), drawing(drawn));
            waits.add(previous.toNanos() / 1e9);
        }
        return waits;
    }

    @Test
    void r1ExponentialDoublesUpToTheCap() {
        assertThat(waits(Wait.exponential(seconds(1), 2, FOREVER), 8, 0))
                .containsExactly(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0);
        assertThat(waits(Wait.exponential(seconds(1), 2, seconds(40)), 8, 0))
                .containsExactly(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 40.0, 40.0);
        var capped = Wait.exponential(seconds(1), 2, seconds(40));
        assertThat(capped.next(attempt(50, seconds(40)), random)).isEqualTo(seconds(40));
        assertThat(capped.next(attempt(Integer.MAX_VALUE, seconds(40)), random)).isEqualTo(seconds(40));
        assertThat(waits(Wait.exponential(Duration.ofDays(100_000), 2, Duration.ofNanos(1)), 1, 0))
                .containsExactly(1e-9);
    }

    @Test
    void r2TheLeastWaitLiftsTheFirstOnes() {
        assertThat(waits(Wait.exponential(seconds(1), 2, FOREVER).atLeast(seconds(20)), 8, 0))
                .containsExactly(20.0, 20.0, 20.0, 20.0, 20.0, 32.0, 64.0, 128.0);
        assertThat(waits(Wait.exponential(seconds(2), 2, FOREVER).atLeast(seconds(20)), 6, 0))
                .containsExactly(20.0, 20.0, 20.0, 20.0, 32.0, 64.0);
    }

    @Test
    void r3TheLastOfASequenceRepeats() {
        var sequence = Wait.sequence(Wait.fixed(seconds(1)), Wait.fixed(seconds(2)), Wait.fixed(seconds(3)));

        assertThat(waits(sequence, 4, 0)).containsExactly(1.0, 2.0, 3.0, 3.0);
        assertThatThrownBy(() -> Wait.parse("sequence")).hasMessageContaining("empty");
    }

    @ParameterizedTest
    @CsvSource({"1, 0.25", "2, 0.5", "3, 1", "4, 2", "5, 4", "6, 8", "7, 16", "8, 30"})
    void r4FullJitterIsUniformUpToItsBound(int number, double mean) {
        var wait = Wait.fullJitter(Duration.ZERO, seconds(0.5), seconds(60));
        double sum = 0;
        for (int i = 0; i < 4_000; i++) {
            Duration drawn = wait.next(attempt(number, Duration.ZERO), random);
            assertThat(drawn).isBetween(Duration.ZERO, seconds(2 * mean));
            sum += drawn.toNanos() / 1e9;
        }
        assertThat(sum / 4_000).as("seed %d", SEED).isBetween(mean * 0.92, mean * 1.08);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "fullJitter(0s, 500ms, 1m)",
                "equalJitter(500ms, 1m)",
                "decorrelated(500ms, 1m)",
                "plus(exponential(500ms, 2, 1m), between(0s, 1m))"
            })
    void r4JitterSurvivesTheCap(String text) {
        Wait wait = Wait.parse(text);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < 4_000; i++) {
            double drawn = wait.next(attempt(500, seconds(60)), random).toNanos() / 1e9;
            sum += drawn;
            squares += drawn * drawn;
        }
        double mean = sum / 4_000;
        double deviation = Math.sqrt(squares / 4_000 - mean * mean);
        double uniform = (text.startsWith("equal") ? 30 : 60) / Math.sqrt(12);
        assertThat(deviation).as("seed %d", SEED).isBetween(uniform * 0.9, uniform * 1.1);
    }

    @Test
    void halfOfEachDrawIsAsTheFormulasSay() {
        assertThat(waits(Wait.equalJitter(seconds(1), seconds(60)), 8, 0.5))
                .containsExactly(0.75, 1.5, 3.0, 6.0, 12.0, 24.0, 45.0, 45.0);
        // From the seventh on the draw is below the cap, where the usual form is cut by it.
        assertThat(waits(Wait.decorrelated(seconds(1), seconds(60)), 7, 0.5))
                .containsExactly(2.0, 3.5, 5.75, 9.125, 14.1875, 21.78125, 30.5);
        assertThat(waits(Wait.fullJitter(Duration.ZERO, seconds(1), seconds(60)), 8, 0.5))
                .containsExactly(0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0);
    }

    @Test
    void r9ExponentialFibonacciAndDecay() {
        assertThat(waits(Wait.exponential(seconds(1), 2, seconds(16)), 6, 0))
                .containsExactly(1.0, 2.0, 4.0, 8.0, 16.0, 16.0);
        assertThat(waits(Wait.fibonacci(seconds(1), FOREVER), 7, 0))
                .containsExactly(1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0);
        assertThat(waits(Wait.fibonacci(seconds(1), seconds(8)), 8, 0))
                .containsExactly(1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 8.0, 8.0);
        assertThat(waits(Wait.decay(seconds(100), 3, seconds(5)), 3, 0)).containsExactly(100.0, 5.0, 5.0);
        assertThat(waits(Wait.decay(seconds(100), 3, seconds(1)), 3, 0)).containsExactly(100.0, 4.978706837, 1.0);
    }

    @Test
    void r10LongWaitsSaturateAndLinearOnesAddUp() {
        assertThat(Wait.exponential(Duration.ofDays(1), 2, FOREVER).next(attempt(1_000, FOREVER), random))
                .isEqualTo(FOREVER);
        assertThat(Wait.exponential(Duration.ofDays(1), 2, Duration.ofDays(2)).next(attempt(1_000, FOREVER), random))
                .isEqualTo(Duration.ofDays(2));
        assertThat(waits(Wait.linear(seconds(1), seconds(1), seconds(60)), 3, 0))
                .containsExactly(1.0, 2.0, 3.0);
        assertThat(waits(Wait.linear(seconds(3), seconds(-2), seconds(60)), 3, 0))
                .containsExactly(3.0, 1.0, 0.0);
        assertThatThrownBy(() -> Wait.fixed(seconds(-1))).hasMessageContaining("PT-1S");
    }

    @ParameterizedTest
    @CsvSource({"0, 0.75", "0.4, 0.95", "0.6, 1.05", "1, 1.25"})
    void r10ASpreadIsAroundTheMiddle(double drawn, double expected) {
        assertThat(waits(Wait.fixed(seconds(1)).spread(0.25), 1, drawn)).containsExactly(expected);
    }

    @ParameterizedTest
    @CsvSource({"0, 10, 50", "0.25, 32.5, 75", "0.5, 55, 100", "0.75, 77.5, 125", "1, 100, 150"})
    void r12DrawsArePureFunctionsOfTheRandomNumber(double drawn, double between, double spread) {
        assertThat(waits(Wait.between(Duration.ofMillis(10), Duration.ofMillis(100)), 1, drawn))
                .containsExactly(between / 1e3);
        assertThat(waits(Wait.fixed(Duration.ofMillis(100)).spread(0.5), 1, drawn))
                .containsExactly(spread / 1e3);
    }

    @Test
    void waitsCanComeFromTheFailureTheOutcomeAndLiveSettings() {
        Wait fromFailure = Wait.fromFailure(
                thrown -> Optional.ofNullable(thrown.getMessage()).map(Duration::parse), Wait.fixed(seconds(7)));
        assertThat(waits(fromFailure, 1, 0)).containsExactly(7.0);
        var told = new RetryState(
                "test",
                1,
                1,
                1,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                Optional.empty(),
                new Outcome.Failed<>(new IOException("PT3S")),
                0);
        assertThat(fromFailure.next(told, random)).isEqualTo(seconds(3));
        assertThat(Wait.fromOutcome(outcome -> outcome instanceof Outcome.Failed<?> ? seconds(2) : seconds(9))
                        .next(told, random))
                .isEqualTo(seconds(2));
        List<Wait> setting = new ArrayList<>(List.of(Wait.fixed(seconds(1))));
        Wait live = Wait.of(() -> setting.getFirst());
        setting.set(0, Wait.fixed(seconds(4)));
        assertThat(live.next(told, random)).isEqualTo(seconds(4));
    }
}
