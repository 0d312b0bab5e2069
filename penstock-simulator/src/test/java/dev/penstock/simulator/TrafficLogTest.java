package dev.penstock.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrafficLogTest {
    @TempDir
    private Path folder;

    @Test
    void aTableOfTimesTokensAndLatenciesIsPlayedAsItWas() throws IOException {
        Arrivals arrivals = arrivals("""
                time,endpoint,tokens,latency
                100.5,/v1/chat,1200,0.75
                101.25,/v1/chat,,
                """);
        assertThat(arrivals.next()).isTrue();
        assertThat(arrivals.atNanos()).isZero();
        assertThat(arrivals.tokens()).isEqualTo(1_200);
        assertThat(arrivals.latencyNanos()).isEqualTo(750_000_000L);
        assertThat(arrivals.next()).isTrue();
        assertThat(arrivals.atNanos()).isEqualTo(750_000_000L);
        assertThat(arrivals.tokens()).isEqualTo(Arrivals.NOT_SAID);
        assertThat(arrivals.next()).isFalse();
    }

    @Test
    void objectsAreReadWithTimesOfAllKindsAndPutInOrder() throws IOException {
        Arrivals arrivals = arrivals("""
                {"ts": "2026-11-24T09:30:02Z", "usage": {"x": 1}, "total_tokens": 7}
                {"ts": "2026-11-24T09:30:00.5Z"}
                {"ts": 1795512601000, "tokens": 9}
                """);
        assertThat(arrivals.next()).isTrue();
        assertThat(arrivals.next()).isTrue();
        assertThat(arrivals.atNanos()).isEqualTo(500_000_000L);
        assertThat(arrivals.tokens()).isEqualTo(9);
        assertThat(arrivals.next()).isTrue();
        assertThat(arrivals.atNanos()).isEqualTo(1_500_000_000L);
        assertThat(arrivals.tokens()).isEqualTo(7);
    }

    @Test
    void whatIsWrongIsToldWithItsLine() {
        assertThatThrownBy(() -> arrivals("when,tokens\n1,2\n"))
                .hasMessageContaining("log.csv, line 1: names the columns when, tokens; one must be 'time'");
        assertThatThrownBy(() -> arrivals("time,tokens\n1,2\nx,2\n"))
                .hasMessageContaining("line 3: time is 'x'; it must be a number of seconds or ISO 8601");
        assertThatThrownBy(() -> arrivals("time,tokens\n1\n")).hasMessageContaining("line 2: has 1 fields");
        assertThatThrownBy(() -> arrivals("time,tokens\n1,-4\n")).hasMessageContaining("tokens is -4; it must be 0 to");
        assertThatThrownBy(() -> arrivals("{\"time\": 1}\n{\"time\": \n"))
                .hasMessageContaining("line 2: is broken JSON");
        assertThatThrownBy(() -> arrivals("{\"tokens\": 1}\n")).hasMessageContaining("line 1: has no time");
        assertThatThrownBy(() -> arrivals("")).hasMessageContaining("has no requests");
        assertThatThrownBy(() -> TrafficLog.read(folder.resolve("none.csv"))).hasMessageContaining("does not exist");
        assertThatThrownBy(() -> arrivals("time\n1e999999999\n")).hasMessageContaining("line 2: time is");
    }

    private Arrivals arrivals(String text) throws IOException {
        Path file = folder.resolve("log.csv");
        Files.writeString(file, text);
        return TrafficLog.read(file).begin(new Chance(1, 0));
    }
}
