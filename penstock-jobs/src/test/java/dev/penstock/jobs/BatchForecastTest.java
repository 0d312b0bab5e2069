package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BatchForecastTest {
    private static final long START = Long.MAX_VALUE - 7;

    private final BatchForecast forecast = new BatchForecast();

    @Test
    void nothingIsSaidBeforeRowsAreSeenToBeDone() {
        forecast.seen(0, START);
        assertThat(forecast.timeLeft(1_000, at(3_600))).isEmpty();
        forecast.seen(100, at(3_600));
        assertThat(forecast.timeLeft(1_000, at(3_660))).isEmpty();
    }

    @Test
    void theRestTakesItsTimeAtThePaceThatWasSeen() {
        forecast.seen(0, START);
        forecast.seen(100, at(600));
        forecast.seen(200, at(660));
        assertThat(forecast.timeLeft(1_000, at(660))).contains(Duration.ofSeconds(8 * 60));
    }

    @Test
    void whatWasDoneWhileNobodyAskedIsNoPace() {
        forecast.seen(0, START);
        forecast.seen(500, at(1));
        assertThat(forecast.timeLeft(1_000, at(60))).isEmpty();
        forecast.seen(550, at(61));
        assertThat(forecast.timeLeft(1_000, at(61))).contains(Duration.ofSeconds(9 * 60));
    }

    @Test
    void aBatchThatStandsStillTakesLonger() {
        forecast.seen(0, START);
        forecast.seen(100, at(0));
        forecast.seen(200, at(60));
        Duration before = forecast.timeLeft(1_000, at(60)).orElseThrow();
        assertThat(forecast.timeLeft(1_000, at(600)))
                .hasValueSatisfying(left -> assertThat(left).isGreaterThan(before.multipliedBy(5)));
    }

    @Test
    void rowsThatMustBeDoneAgainAreNotTakenForProgress() {
        forecast.seen(0, START);
        forecast.seen(500, at(0));
        forecast.seen(400, at(60));
        assertThat(forecast.timeLeft(1_000, at(60))).isEmpty();
    }

    private static long at(long seconds) {
        return START + Duration.ofSeconds(seconds).toNanos();
    }
}
