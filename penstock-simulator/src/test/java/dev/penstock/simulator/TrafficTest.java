package dev.penstock.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TrafficTest {
    @Test
    void aSteadyRateVariesFromSecondToSecondByItsJitterAndNoMore() {
        int[] seconds = perSecond(new Traffic.Steady(40, 0.2), 200);
        int sum = 0;
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (int count : seconds) {
            assertThat(count).isBetween(31, 49);
            sum += count;
            least = Math.min(least, count);
            most = Math.max(most, count);
        }
        assertThat(sum / 200.0).isCloseTo(40, within(1.5));
        assertThat(most - least).isGreaterThan(10);
    }

    @Test
    void withoutJitterEachSecondIsTheSame() {
        assertThat(perSecond(new Traffic.Steady(40, 0), 20)).containsOnly(40);
    }

    @Test
    void aRateBelowOneASecondIsCarriedOver() {
        int sum = 0;
        for (int count : perSecond(new Traffic.Steady(0.25, 0), 400)) {
            assertThat(count).isLessThanOrEqualTo(1);
            sum += count;
        }
        assertThat(sum).isEqualTo(100);
    }

    @Test
    void randomArrivalsHaveAsMuchVarianceAsMean() {
        int[] seconds = perSecond(new Traffic.Poisson(20), 4_000);
        double mean = 0;
        double square = 0;
        for (int count : seconds) {
            mean += count / 4_000.0;
            square += count * count / 4_000.0;
        }
        assertThat(mean).isCloseTo(20, within(0.3));
        assertThat(square - mean * mean).isCloseTo(20, within(2.0));
    }

    @Test
    void burstsComeAtOnce() {
        int[] seconds = perSecond(new Traffic.Bursts(30, Duration.ofSeconds(5)), 11);
        assertThat(seconds).containsExactly(30, 0, 0, 0, 0, 30, 0, 0, 0, 0, 30);
    }

    @Test
    void aRampRisesEvenlyAndStays() {
        int[] seconds = perSecond(new Traffic.Ramp(0, 100, Duration.ofSeconds(50)), 100);
        assertThat(seconds[10]).isCloseTo(21, within(1));
        assertThat(seconds[40]).isCloseTo(81, within(1));
        assertThat(seconds[90]).isEqualTo(100);
    }

    @Test
    void theDayIsBusierThanTheNight() {
        int[] seconds = perSecond(new Traffic.Diurnal(50, 0.8, Duration.ofSeconds(1_000)), 1_000);
        double night = 0;
        double day = 0;
        for (int i = 0; i < 100; i++) {
            night += seconds[i] / 100.0;
            day += seconds[450 + i] / 100.0;
        }
        assertThat(night).isCloseTo(12.6, within(1.5));
        assertThat(day).isCloseTo(89, within(3.0));
    }

    @Test
    void trafficThatNeverEndsNeedsAnEnd() {
        assertThatThrownBy(
                        () -> Scenario.builder().traffic(new Traffic.Poisson(1)).build())
                .hasMessageContaining("never ends; give a duration or a number of requests");
    }

    @Test
    void sizesAndRatesOutOfRangeAreRefusedWithTheRule() {
        assertThatThrownBy(() -> new Traffic.Steady(0, 0.2)).hasMessageContaining("the rate is 0.0");
        assertThatThrownBy(() -> new Traffic.Steady(1, 1.2))
                .hasMessageContaining("the jitter is 1.2; it must be 0 to 1");
        assertThatThrownBy(() -> Tokens.parse("many")).hasMessageContaining("tokens are 'many'; they must be a number");
        assertThatThrownBy(() -> Tokens.parse("5..2")).hasMessageContaining("between 5 and 2");
        assertThat(Tokens.parse("1_500").mean()).isEqualTo(1_500);
        assertThat(Tokens.parse("lognormal:1000,0.5").mean()).isCloseTo(1_133, within(1.0));
    }

    private static int[] perSecond(Traffic traffic, int seconds) {
        Arrivals arrivals = traffic.begin(new Chance(7, 0));
        int[] counts = new int[seconds];
        long last = 0;
        while (arrivals.next()) {
            long at = arrivals.atNanos();
            assertThat(at).isGreaterThanOrEqualTo(last);
            last = at;
            if (at / 1_000_000_000L >= seconds) {
                return counts;
            }
            counts[(int) (at / 1_000_000_000L)]++;
        }
        return counts;
    }
}
