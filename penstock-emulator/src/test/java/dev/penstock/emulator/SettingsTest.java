package dev.penstock.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.limit.Limit;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SettingsTest {
    @Test
    void latenciesAreReadFromText() {
        assertThat(Latency.parse("1s")).isEqualTo(new Latency.Constant(Duration.ofSeconds(1)));
        assertThat(Latency.parse("0s")).isEqualTo(Latency.zero());
        assertThat(Latency.parse("1s..20s"))
                .isEqualTo(new Latency.Uniform(Duration.ofSeconds(1), Duration.ofSeconds(20)));
        assertThat(Latency.parse("lognormal:2s,0.5")).isEqualTo(new Latency.LogNormal(Duration.ofSeconds(2), 0.5));
        assertThat(Latency.parse("tokens:300ms,80/s")).isEqualTo(new Latency.PerToken(Duration.ofMillis(300), 80));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "fast", "-1s", "2s..", "lognormal:2s", "lognormal:2s,x", "tokens:300ms,80", "tokens:1s/s"})
    void aLatencyThatIsNotUnderstoodIsNamedWithExamples(String text) {
        assertThatThrownBy(() -> Latency.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("tokens:300ms,80/s");
    }

    @Test
    void aRangeOfLatenciesMustRise() {
        assertThatThrownBy(() -> Latency.parse("20s..1s"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("between 20s and 1s");
    }

    @Test
    void latenciesHaveTheDistributionThatTheyName() {
        SplittableRandom random = new SplittableRandom(1);
        int belowMedian = 0;
        double sum = 0;
        for (int i = 0; i < 10_000; i++) {
            belowMedian += Latency.parse("lognormal:2s,0.5").totalNanos(1, random) < 2_000_000_000L ? 1 : 0;
            long uniform = Latency.parse("1s..20s").totalNanos(1, random);
            assertThat(uniform).isBetween(1_000_000_000L, 20_000_000_000L);
            sum += uniform;
        }
        assertThat(belowMedian).isBetween(4_800, 5_200);
        assertThat(sum / 10_000).isBetween(10.3e9, 10.7e9);
        Latency perToken = Latency.parse("tokens:300ms,80/s");
        assertThat(perToken.totalNanos(160, random)).isEqualTo(2_300_000_000L);
        assertThat(perToken.firstEventNanos(2_300_000_000L)).isEqualTo(300_000_000L);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "20req/5s, 20 requests per 5 s",
        "40000tok/1m, 40000 tokens per minute",
        "5 img / 1m, 5 images per minute",
        "200REQ/1d, 200 requests per day",
        "0tok/2h, 0 tokens per 7200 s",
        "100000tok/30d, 100000 tokens per 30 days",
    })
    void limitsAreReadFromText(String text, String meant) {
        Limit limit = LimitText.parse(text);
        assertThat(limit.amount() + " " + limit.dimension().label()).isEqualTo(meant);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "20",
                "20req",
                "20req/",
                "req/5s",
                "-1req/5s",
                "1.5req/5s",
                "20calls/5s",
                "20req/0s",
                "20req/500ms",
                "20req/366d",
                "20req/999999999d",
                "20req/5s,3tok/1m"
            })
    void aLimitThatIsNotUnderstoodIsNamedWithExamples(String text) {
        assertThatThrownBy(() -> LimitText.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("20req/5s");
    }

    @Test
    void aLimitThatIsGivenTwiceIsRefused() {
        assertThatThrownBy(() -> FamilyLimits.explicit(
                        OptionalLong.of(60),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        List.of(LimitText.parse("10req/1m"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("requests per minute is given twice");
    }

    @Test
    void faultsAreReadFromText() {
        assertThat(FaultPlan.parse("500=5%, reset=2%,hang=0.01").shares())
                .isEqualTo(Map.of(Fault.SERVER_ERROR, 0.05, Fault.RESET_BEFORE, 0.02, Fault.HANG, 0.01));
        assertThat(FaultPlan.parse("")).isEqualTo(FaultPlan.none());
        for (Fault fault : Fault.values()) {
            assertThat(FaultPlan.parse(fault.word() + "=100%").pick(0.999)).contains(fault);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"500", "501=5%", "500=5", "500=-1%", "reset=two%"})
    void aFaultThatIsNotUnderstoodIsNamedWithAnExample(String text) {
        assertThatThrownBy(() -> FaultPlan.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("500=5%");
    }

    @Test
    void moreFaultsThanRequestsAreRefused() {
        assertThatThrownBy(() -> FaultPlan.parse("500=60%,503=60%")).hasMessageContaining("at most 1 (100%)");
        assertThatThrownBy(() -> FaultPlan.parse("500=1%,500=2%")).hasMessageContaining("given twice");
    }

    @Test
    void faultsArePickedInProportion() {
        FaultPlan plan = FaultPlan.parse("500=5%,503=10%");
        assertThat(plan.pick(0.049)).contains(Fault.SERVER_ERROR);
        assertThat(plan.pick(0.051)).contains(Fault.OVERLOADED);
        assertThat(plan.pick(0.151)).isEmpty();
    }

    @Test
    void otherClientsAreReadFromText() {
        assertThat(OtherClient.parse("50%")).isEqualTo(OtherClient.always(0.5));
        assertThat(OtherClient.parse("25%:60s/30s"))
                .isEqualTo(new OtherClient(0.25, Duration.ofSeconds(60), Duration.ofSeconds(30)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "half", "150%", "50%:60s", "50%:0s/60s", "50%:60s/soon"})
    void anOtherClientThatIsNotUnderstoodIsNamedWithAnExample(String text) {
        assertThatThrownBy(() -> OtherClient.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("50%:60s/60s");
    }

    @Test
    void theOtherClientIsThereForItsTimeOfEveryCycle() {
        OtherClient other = OtherClient.parse("50%:60s/30s");
        long second = 1_000_000_000L;
        assertThat(other.presentNanos(30 * second)).isEqualTo(30 * second);
        assertThat(other.presentNanos(80 * second)).isEqualTo(60 * second);
        assertThat(other.presentNanos(100 * second)).isEqualTo(70 * second);
    }

    @Test
    void outputLengthsAreReadFromText() {
        assertThat(OutputLength.parse("200")).isEqualTo(new OutputLength(200, 0));
        assertThat(OutputLength.parse("200,0.6")).isEqualTo(new OutputLength(200, 0.6));
        assertThatThrownBy(() -> OutputLength.parse("long")).hasMessageContaining("200,0.6");
        assertThatThrownBy(() -> OutputLength.parse("0")).hasMessageContaining("1 or more");
    }

    @Test
    void anUnknownTierIsNamedWithTheKnownOnes() {
        assertThatThrownBy(() -> FamilyLimits.ofTier("9"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'9'")
                .hasMessageContaining("1, 2, 3, 4, 5");
    }

    @Test
    void settingsAreCopiedByTheirBuilder() {
        TwinSettings.Builder builder = TwinSettings.builder().refund(true).concurrency(5);
        TwinSettings first = builder.build();
        TwinSettings second = builder.refund(false).build();
        assertThat(first.refund()).isTrue();
        assertThat(second.refund()).isFalse();
        assertThat(first.toBuilder().build().concurrency()).hasValue(5);
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> TwinSettings.builder().concurrency(0)).hasMessageContaining("1 or more");
        assertThatThrownBy(() -> TwinSettings.builder().embeddingDimensions(0)).hasMessageContaining("1 to 4096");
        assertThatThrownBy(() ->
                        EmulatorSettings.of(TwinSettings.builder().build()).withPort(70_000))
                .hasMessageContaining("65535");
    }

    @Test
    void requestsAreToldApartUpToTheBoundAndNoFurther() {
        SeenRequests seen = new SeenRequests(100_000);
        for (int i = 0; i < 200_000; i++) {
            assertThat(seen.countBefore(Mix.mix(i))).isZero();
        }
        assertThat(seen.isFull()).isTrue();
        for (int i = 0; i < 100_000; i++) {
            assertThat(seen.countBefore(Mix.mix(i))).isEqualTo(1);
            assertThat(seen.wasAnswered(Mix.mix(i))).isFalse();
        }
        seen.answered(Mix.mix(5));
        assertThat(seen.wasAnswered(Mix.mix(5))).isTrue();
        assertThat(seen.countBefore(Mix.mix(5))).isEqualTo(2);
        assertThat(seen.countBefore(Mix.mix(150_000))).isZero();
    }
}
