package dev.penstock.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {
    @ParameterizedTest
    @CsvSource({"56, 56000", "1, 1000", "0, 0", "1.5, 1500", "' 7 ', 7000", "2592000, 2592000000"})
    void secondsMayHaveAFraction(String value, long millis) {
        assertThat(RetryAfter.read(HeaderLookup.of(Map.of("Retry-After", value))))
                .contains(Duration.ofMillis(millis));
    }

    @Test
    void millisecondsAreMoreExactThanSeconds() {
        assertThat(RetryAfter.read(HeaderLookup.of(Map.of("Retry-After", "1", "retry-after-ms", "695.5"))))
                .contains(Duration.ofNanos(695_500_000));
    }

    @Test
    void badMillisecondsLeaveTheSeconds() {
        assertThat(RetryAfter.read(HeaderLookup.of(Map.of("Retry-After", "3", "retry-after-ms", "soon"))))
                .contains(Duration.ofSeconds(3));
    }

    @Test
    void aDateIsMeasuredAgainstTheAnswersOwnDate() {
        assertThat(RetryAfter.read(HeaderLookup.of(Map.of(
                        "Date", "Tue, 24 Nov 2026 10:00:00 GMT", "Retry-After", "Tue, 24 Nov 2026 10:01:40 GMT"))))
                .contains(Duration.ofSeconds(100));
    }

    @Test
    void aDateThatHasPassedAsksForNoWait() {
        assertThat(RetryAfter.read(HeaderLookup.of(Map.of(
                        "Date", "Tue, 24 Nov 2026 10:00:00 GMT", "Retry-After", "Tue, 24 Nov 2026 09:59:00 GMT"))))
                .contains(Duration.ZERO);
    }

    @Test
    void aDateWithoutTheAnswersDateSaysNothing() {
        assertThat(RetryAfter.read(HeaderLookup.of(Map.of("Retry-After", "Tue, 24 Nov 2026 10:01:40 GMT"))))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"-1", "NaN", "Infinity", "", "soon", "1e3", "5m", "1h5", "99999999999999999999", "63072000", "."
            })
    void whatIsNoWaitIsPassedOver(String value) {
        assertThat(RetryAfter.read(HeaderLookup.of(Map.of("Retry-After", value, "retry-after-ms", "-4"))))
                .isEmpty();
    }
}
