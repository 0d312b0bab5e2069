package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TypedDurationTest {
    @ParameterizedTest
    @CsvSource({"90s,PT90S", "1h30m,PT90M", "36h,PT36H", "1d,PT24H", "1d12h,PT36H", "2d0s,PT48H", "500ms,PT0.5S"})
    void daysGoBeforeWhatTheWireSpells(String typed, String meant) {
        assertThat(TypedDuration.of("--deadline", typed)).isEqualTo(Duration.parse(meant));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "soon", "d", "1", "1d-1h", "1d+1h", "1h1d", "-1d", "0s", "0d", "12345d", "1w"})
    void anythingElseIsRefusedWithWhatItMayBe(String typed) {
        assertThatThrownBy(() -> TypedDuration.of("--deadline", typed))
                .isInstanceOf(UsageException.class)
                .hasMessage("--deadline is '" + typed
                        + "'; it must be a duration above 0 in s, m, h or d, such as 90s, 30m, 6h or 1d12h");
    }
}
