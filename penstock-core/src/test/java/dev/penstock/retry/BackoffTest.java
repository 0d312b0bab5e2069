package dev.penstock.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BackoffTest {
    private static final long SEED = 20261124;
    private static final Duration FOREVER = Duration.ofSeconds(Long.MAX_VALUE);

    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);

    private static Duration seconds(double seconds) {
        return Duration.ofNanos(Math.round(seconds * 1e9));
    }

    private static List<Long> longestSeconds(Backoff backoff, int retries) {
        return IntStream.rangeClosed(1, retries)
                .mapToObj(retry -> backoff.longest(retry).toSeconds())
                .toList();
    }

    @Test
    void r1TheBoundDoubles() {
        var backoff = new Backoff(Duration.ZERO, seconds(1), FOREVER);

        assertThat(longestSeconds(backoff, 8)).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 64L, 128L);
    }

    @Test
    void r1TheBoundStopsAtTheCapAndThePowerIsNotComputed() {
        var backoff = new Backoff(Duration.ZERO, seconds(1), seconds(40));

        assertThat(longestSeconds(backoff, 8)).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 40L, 40L);
        assertThat(backoff.longest(50)).isEqualTo(seconds(40));
        assertThat(backoff.longest(Integer.MAX_VALUE)).isEqualTo(seconds(40));
    }

    @Test
    void r1AHugeFirstBoundIsCappedToo() {
        var backoff = new Backoff(Duration.ZERO, FOREVER, Duration.ofNanos(1));

        assertThat(backoff.longest(1)).isEqualTo(Duration.ofNanos(1));
    }

    @Test
    void r2TheLeastWaitLiftsTheBound() {
        assertThat(longestSeconds(new Backoff(seconds(20), seconds(1), FOREVER), 8))
                .containsExactly(20L, 20L, 20L, 20L, 20L, 32L, 64L, 128L);
        assertThat(longestSeconds(new Backoff(seconds(20), seconds(2), FOREVER), 6))
                .containsExactly(20L, 20L, 20L, 20L, 32L, 64L);
    }

    @ParameterizedTest
    @CsvSource({"1, 0.25", "2, 0.5", "3, 1", "4, 2", "5, 4", "6, 8", "7, 16", "8, 30", "9, 30", "1000, 30"})
    void r4TheMeanIsHalfTheBound(int retry, double meanSeconds) {
        var backoff = new Backoff(Duration.ZERO, seconds(0.5), seconds(60));
        int draws = 4_000;
        double sum = 0;

        for (int i = 0; i < draws; i++) {
            Duration delay = backoff.delay(retry, random);
            assertThat(delay).isBetween(Duration.ZERO, seconds(2 * meanSeconds));
            sum += delay.toNanos() / 1e9;
        }

        assertThat(sum / draws).as("seed %d", SEED).isBetween(meanSeconds * 0.92, meanSeconds * 1.08);
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 20, 1_000_000})
    void r4JitterSurvivesTheCap(int retry) {
        var backoff = new Backoff(Duration.ZERO, seconds(0.5), seconds(60));
        int draws = 4_000;
        double sum = 0;
        double squares = 0;

        for (int i = 0; i < draws; i++) {
            double delay = backoff.delay(retry, random).toNanos() / 1e9;
            sum += delay;
            squares += delay * delay;
        }

        double mean = sum / draws;
        double deviation = Math.sqrt(squares / draws - mean * mean);
        double uniform = 60 / Math.sqrt(12);
        assertThat(deviation).as("seed %d", SEED).isBetween(uniform * 0.9, uniform * 1.1);
    }

    @Test
    void r10LongBackoffsSaturate() {
        var unbounded = new Backoff(Duration.ZERO, Duration.ofDays(1), FOREVER);
        var twoDays = new Backoff(Duration.ZERO, Duration.ofDays(1), Duration.ofDays(2));

        assertThat(unbounded.longest(1_000)).isEqualTo(Duration.ofNanos(Long.MAX_VALUE));
        assertThat(unbounded.delay(1_000, Math.nextDown(1.0))).isBetween(Duration.ofDays(1), unbounded.longest(1_000));
        assertThat(twoDays.longest(1_000)).isEqualTo(Duration.ofDays(2));
    }

    @Test
    void r10EveryDelayIsWithinItsBounds() {
        for (int retry = 1; retry <= 10_000; retry++) {
            assertThat(Backoff.DEFAULT.delay(retry, random))
                    .as("seed %d, retry %d", SEED, retry)
                    .isBetween(seconds(1), seconds(60));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 0, 1", "1, 0.5, 1.5", "2, 0.25, 1.75", "3, 0.5, 4.5", "6, 0, 1", "6, 0.5, 30.5", "600, 0.75, 45.25"
    })
    void r12TheDelayIsAPureFunctionOfTheRandomNumber(int retry, double drawn, double expectedSeconds) {
        assertThat(Backoff.DEFAULT.delay(retry, drawn)).isEqualTo(seconds(expectedSeconds));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0",
        "0.077, 0, 0.077",
        "0.077, 0.5, 0.202",
        "10, 0, 10",
        "10, 0.5, 10.5",
        "100, 0.5, 102.5",
        "-3, 0.5, 0.125"
    })
    void aHintIsAFloorWithASmallSpread(double hintSeconds, double drawn, double expectedSeconds) {
        assertThat(Backoff.afterHint(seconds(hintSeconds), drawn)).isEqualTo(seconds(expectedSeconds));
    }

    @Test
    void aHintBeyondAllTimeDoesNotOverflow() {
        assertThat(Backoff.afterHint(FOREVER, 0.9)).isGreaterThan(Duration.ofNanos(Long.MAX_VALUE));
    }

    @Test
    void illegalBackoffsAreNamed() {
        assertThatThrownBy(() -> new Backoff(seconds(2), seconds(1), seconds(1)))
                .hasMessageContaining("least PT2S, first PT1S, most PT1S");
        assertThatThrownBy(() -> new Backoff(Duration.ZERO, Duration.ZERO, seconds(1)))
                .hasMessageContaining("must be above zero");
        assertThatThrownBy(() -> Backoff.DEFAULT.delay(0, 0.5)).hasMessageContaining("retry is 0");
    }
}
