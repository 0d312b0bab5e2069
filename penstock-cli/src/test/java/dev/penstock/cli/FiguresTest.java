package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0|0.0 s",
                "49|0.0 s",
                "9949|9.9 s",
                "9950|10 s",
                "59499|59 s",
                "59500|1m 00s",
                "65000|1m 05s",
                "3599499|59m 59s",
                "3599500|1h 00m",
                "7380000|2h 03m",
                "86399000|1d 00h",
                "273600000|3d 04h",
            })
    void timesHaveTwoUnitsAndCarryOver(long millis, String text) {
        assertThat(Figures.time(Duration.ofMillis(millis))).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0|$0",
                "0.000000412|$0.000000",
                "0.00004567|$0.000046",
                "0.04123|$0.0412",
                "0.5|$0.50",
                "9.999|$10.00",
                "1234.5|$1,234.50",
            })
    void dollarsHaveAsManyDigitsAsSaySomething(BigDecimal amount, String text) {
        assertThat(Figures.dollars(amount)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0|0",
                "499.6|500",
                "200000|200,000",
                "9999999|9,999,999",
                "9999999.6|10.0M",
                "150000000|150M",
                "999499999|999M",
                "999500000|1.00B",
                "15000000000|15.0B"
            })
    void largeAmountsAreShort(double amount, String text) {
        assertThat(Figures.compact(amount)).isEqualTo(text);
    }

    @Test
    void aHundredPercentMeansAll() {
        assertThat(Figures.percent(1_318, 1_319)).isEqualTo(99);
        assertThat(Figures.percent(1_319, 1_319)).isEqualTo(100);
        assertThat(Figures.percent(0, 0)).isEqualTo(100);
    }

    @Test
    void oneIsNotMany() {
        assertThat(Figures.count(1, "row")).isEqualTo("1 row");
        assertThat(Figures.count(0, "row")).isEqualTo("0 rows");
        assertThat(Figures.count(1_234_567, "row")).isEqualTo("1,234,567 rows");
    }
}
