package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoDurationTest {
    @ParameterizedTest
    @CsvSource({
        "0s, 0",
        "17ms, 17",
        "1.146s, 1146",
        "84ms, 84",
        "11.054s, 11054",
        "20s, 20000",
        "43.2s, 43200",
        "1m26.4s, 86400",
        "6m0s, 360000",
        "7m12s, 432000",
        "28m48s, 1728000",
        "114h18m0s, 411480000",
        "1h0m0.5s, 3600500",
        "59.999s, 59999",
        "1m0s, 60000"
    })
    void readsAndPrintsTheTextsOfTheWire(String text, long millis) {
        assertThat(GoDuration.parse(text)).contains(Duration.ofMillis(millis));
        assertThat(GoDuration.format(Duration.ofMillis(millis))).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "1.5ms, 1500000",
        "250us, 250000",
        "250\u00b5s, 250000",
        "250\u03bcs, 250000",
        "12ns, 12",
        "1.5h, 5400000000000",
        ".5s, 500000000",
        "2m, 120000000000",
        "1s500ms, 1500000000",
        "0.000000001s, 1",
        "9000.123456789s, 9000123456789"
    })
    void readsEveryUnitAndFraction(String text, long nanos) {
        assertThat(GoDuration.parse(text)).contains(Duration.ofNanos(nanos));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "0",
                "55",
                "s",
                "ms",
                ".s",
                "-1s",
                "+1s",
                "1 s",
                "1s ",
                "1m1h",
                "1s1s",
                "1x",
                "1u",
                "1n",
                "NaN",
                "1e3s",
                "1.2.3s",
                "6m0",
                "99999999999999999999s",
                "9999999999h",
                "1sm"
            })
    void readsNothingElse(String text) {
        assertThat(GoDuration.parse(text)).isEmpty();
    }

    /** The twelve refusals whose wait is known: (used + requested - limit) / limit * window. */
    @ParameterizedTest
    @CsvSource({
        "50000, 47949, 3006, 60, 1.146s",
        "200000, 195869, 4412, 60, 84ms",
        "30000, 22999, 12528, 60, 11.054s",
        "30000, 14567, 24754, 60, 18.642s",
        "30000, 18928, 11159, 60, 174ms",
        "30000, 28039, 3906, 60, 3.89s",
        "3, 3, 1, 60, 20s",
        "200, 200, 1, 86400, 7m12s",
        "50, 50, 1, 86400, 28m48s",
        "1000, 1000, 1, 86400, 1m26.4s",
        "2000, 2000, 1, 86400, 43.2s",
        "100000, 96749, 19126, 2592000, 114h18m0s"
    })
    void printsTheWaitsOfKnownRefusals(long limit, long used, long requested, long windowSeconds, String printed) {
        Duration wait = share(used + requested - limit, limit, windowSeconds);
        assertThat(GoDuration.format(wait)).isEqualTo(printed);
        assertThat(GoDuration.parse(printed)).contains(wait.truncatedTo(java.time.temporal.ChronoUnit.MILLIS));
    }

    /** The ten header rows whose reset is known: (limit - remaining) / limit * window. */
    @ParameterizedTest
    @CsvSource({
        "500, 499, 60, 120ms",
        "5000, 4999, 60, 12ms",
        "10000, 9999, 60, 6ms",
        "10000, 9999, 86400, 8.64s",
        "160000, 159976, 60, 9ms",
        "30000, 29996, 60, 8ms",
        "200000, 199978, 60, 6ms",
        "10000000, 9999737, 60, 1ms",
        "10000, 9481, 60, 3.114s",
        "5000000, 4999999, 60, 0s"
    })
    void printsTheResetsOfKnownHeaders(long limit, long remaining, long windowSeconds, String printed) {
        assertThat(GoDuration.format(share(limit - remaining, limit, windowSeconds)))
                .isEqualTo(printed);
    }

    private static Duration share(long units, long limit, long windowSeconds) {
        return Duration.ofNanos(BigDecimal.valueOf(units)
                .multiply(BigDecimal.valueOf(windowSeconds * 1_000_000_000L))
                .divide(BigDecimal.valueOf(limit), RoundingMode.DOWN)
                .longValueExact());
    }

    @Test
    void whatItPrintsItReadsBack() {
        long seed = 20_261_124;
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 10_000; i++) {
            Duration duration = Duration.ofMillis(random.nextLong(1L << random.nextInt(1, 40)));
            assertThat(GoDuration.parse(GoDuration.format(duration)))
                    .as("seed %d, try %d", seed, i)
                    .contains(duration);
        }
    }

    @Test
    void aNegativeDurationIsNotPrinted() {
        assertThatThrownBy(() -> GoDuration.format(Duration.ofNanos(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be 0 or longer");
    }
}
