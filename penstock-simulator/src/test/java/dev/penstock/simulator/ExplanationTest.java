package dev.penstock.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.penstock.emulator.Latency;
import dev.penstock.wire.TierTable;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ExplanationTest {
    private static Scenario.Builder tierOne() {
        return Scenario.builder()
                .model("gpt-4o-mini")
                .tier("1")
                .limits(TierTable.builtIn()
                        .find("gpt-4o-mini", "1")
                        .orElseThrow()
                        .limits())
                .latency(Latency.parse("1s"));
    }

    @Test
    void theTokenLimitBindsWhereRequestsAreLarge() {
        Scenario scenario = tierOne()
                .tokens(Tokens.of(2_000))
                .traffic(new Traffic.Steady(5, 0))
                .duration(Duration.ofMinutes(2))
                .build();
        Explanation none = Explanation.of(scenario, Scenarios.run(scenario, "none"));
        assertThat(none.situation())
                .isEqualTo("TPM binds: at 2,000 tokens a request Tier 1 carries 100 a minute; 300 a minute come,"
                        + " 3 times as many.");
        assertThat(none.outcome()).startsWith("none loses ").contains(" of 600 in ");
        assertThat(none.fix()).endsWith("Tier 2 would carry it.");
        Explanation penstock = Explanation.of(scenario, Scenarios.run(scenario, "penstock"));
        assertThat(penstock.outcome())
                .startsWith("penstock answers all 600 in ")
                .endsWith("without a refusal.");
        assertThat(penstock.fix()).isEmpty();
    }

    @Test
    void theRequestLimitBindsWhereTheyAreSmallAndTheDailyOneWhereThereAreMany() {
        Scenario small =
                tierOne().tokens(Tokens.of(50)).traffic(new Traffic.Pile(2_000)).build();
        assertThat(Explanation.of(small, Scenarios.run(small, "penstock")).situation())
                .isEqualTo("RPM binds: Tier 1 carries 500 a minute; 2,000 come at once.");
        Scenario many = small.toBuilder().traffic(new Traffic.Pile(14_000)).build();
        assertThat(Explanation.of(many, Scenarios.run(many, "none")).situation())
                .startsWith("RPD binds: Tier 1 carries 10,000 a day");
    }

    @Test
    void aLimitOnCallsAtATimeIsNamedToo() {
        Scenario scenario = Scenario.builder()
                .concurrency(5)
                .traffic(new Traffic.Steady(20, 0.2))
                .duration(Duration.ofSeconds(20))
                .build();
        assertThat(Explanation.of(scenario, Scenarios.run(scenario, "none")).situation())
                .startsWith("The limit on calls at a time binds: 5 of 1 s each carry 5 a second; ");
    }

    @Test
    void aSemaphoreThatIsTooSmallIsToldWhatItLeaves() {
        Scenario scenario = tierOne()
                .tokens(Tokens.of(100))
                .traffic(new Traffic.Pile(1_500))
                .build();
        assertThat(Explanation.of(scenario, Scenarios.run(scenario, "semaphore:5"))
                        .fix())
                .startsWith("It leaves ")
                .contains("of the quota unused");
    }

    @Test
    void seriesKeepTheirSumsWhenPointsGetWider() {
        Scenario scenario = Scenario.builder()
                .traffic(new Traffic.Steady(2, 0.2))
                .duration(Duration.ofHours(3))
                .build();
        Result result = Scenarios.run(scenario, "none");
        Series series = result.series();
        assertThat(series.points()).isBetween(512, Series.MOST_POINTS);
        assertThat(series.secondsPerPoint()).isEqualTo(16);
        double offered = 0;
        double accepted = 0;
        for (int i = 0; i < series.points(); i++) {
            offered += series.offered(i) * series.secondsPerPoint();
            accepted += series.accepted(i) * series.secondsPerPoint();
        }
        assertThat(Math.round(offered)).isEqualTo(result.processed());
        assertThat(Math.round(accepted)).isEqualTo(result.accepted());
    }

    @Test
    void percentilesOfWaitsAreAtMostAHundredAndTwentyEighthTooLong() {
        WaitTimes waits = new WaitTimes();
        for (int i = 1; i <= 10_000; i++) {
            waits.add(i * 1_000_000L);
        }
        assertThat(waits.percentile(0.5).toNanos() / 1e6).isCloseTo(5_000, within(40.0));
        assertThat(waits.percentile(0.99).toNanos() / 1e6).isCloseTo(9_900, within(80.0));
        assertThat(waits.percentile(1).toMillis()).isEqualTo(10_000);
        assertThat(waits.mean()).isEqualTo(Duration.ofNanos(5_000_500_000L));
    }
}
