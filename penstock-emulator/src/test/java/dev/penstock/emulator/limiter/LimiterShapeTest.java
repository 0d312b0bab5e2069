package dev.penstock.emulator.limiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.limit.Cost;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import dev.penstock.wire.GoDuration;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LimiterShapeTest {
    private static final long MS = 1_000_000;
    private static final long T = -5_000 * MS;
    private static final Limit RPM_500 = new Limit(Dimension.REQUESTS_PER_MINUTE, 500);
    private static final Limit TPM_60K = new Limit(Dimension.TOKENS_PER_MINUTE, 60_000);

    @Test
    void aWholeMinuteIsThereAtOnceAndThenOneRequestEvery120Milliseconds() {
        Limiter bucket = Shape.bucket().limiter(RPM_500, T);
        bucket.take(500, T);
        assertThat(bucket.fits(1, T)).isFalse();
        assertThat(bucket.fits(1, T + 120 * MS - 1)).isFalse();
        assertThat(bucket.fits(1, T + 120 * MS)).isTrue();
        assertThat(bucket.fits(2, T + 239 * MS)).isFalse();
    }

    @Test
    void fractionsOfAUnitAreCarriedAcrossManySmallSteps() {
        Limiter bucket = Shape.bucket().limiter(RPM_500, T);
        bucket.take(500, T);
        for (long at = T; at - (T + 60_000 * MS) < 0; at += 7 * MS) {
            assertThat(bucket.remaining(at)).isEqualTo((at - T) / (120 * MS));
        }
        assertThat(bucket.remaining(T + 60_000 * MS)).isEqualTo(500);
    }

    @Test
    void aQuantizedLimitGrantsOneSecondAtATime() {
        Limiter quantized = Shape.quantized().limiter(TPM_60K, T);
        quantized.take(1_000, T);
        assertThat(quantized.fits(1, T)).isFalse();
        assertThat(quantized.fits(500, T + 500 * MS)).isTrue();
        assertThat(quantized.used(T + 500 * MS)).isEqualTo(59_500);
        assertThat(GoDuration.format(quantized.statedWait(700, T + 500 * MS))).isEqualTo("200ms");
        assertThat(quantized.remaining(T + 60_000 * MS)).isEqualTo(1_000);
    }

    @Test
    void aRequestLargerThanTheQuantumIsAdmittedWhenTheBucketIsFullAndLeavesDebt() {
        Limiter quantized = Shape.quantized().limiter(TPM_60K, T);
        assertThat(quantized.fits(5_000, T)).isTrue();
        quantized.take(5_000, T);
        assertThat(quantized.remaining(T)).isEqualTo(-4_000);
        assertThat(quantized.nanosUntilFits(5_000, T)).isEqualTo(5_000 * MS);
        assertThat(quantized.statedWait(5_000, T)).isEqualTo(Duration.ofSeconds(5));
        assertThat(quantized.nanosUntilFits(1, T)).isEqualTo(4_001 * MS);
        assertThat(quantized.fits(60_001, T + 60_000 * MS)).isFalse();
    }

    @Test
    void threeRequestsPerMinuteQuantizedAreOneEveryTwentySeconds() {
        Limiter quantized = Shape.quantized().limiter(new Limit(Dimension.REQUESTS_PER_MINUTE, 3), T);
        quantized.take(1, T);
        assertThat(quantized.nanosUntilFits(1, T)).isEqualTo(20_000 * MS);
    }

    @Test
    void aSlidingWindowForgetsEachTakeOneWindowLater() {
        Limiter sliding = new SlidingWindow(TPM_60K, T);
        sliding.take(40_000, T);
        sliding.take(20_000, T + 10_000 * MS);
        assertThat(sliding.statedWait(40_000, T + 20_000 * MS)).isEqualTo(Duration.ofSeconds(40));
        assertThat(sliding.statedWait(40_001, T + 20_000 * MS)).isEqualTo(Duration.ofSeconds(50));
        assertThat(sliding.statedReset(T + 20_000 * MS)).isEqualTo(Duration.ofSeconds(50));
        assertThat(sliding.used(T + 59_999 * MS)).isEqualTo(60_000);
        assertThat(sliding.used(T + 60_000 * MS)).isEqualTo(20_000);
    }

    @Test
    void aSlidingWindowTakesARefundFromTheTimeOfTheTake() {
        Limiter sliding = new SlidingWindow(TPM_60K, T);
        sliding.take(40_000, T);
        sliding.take(20_000, T + 10_000 * MS);
        sliding.giveBack(30_000, T, T + 30_000 * MS);
        assertThat(sliding.used(T + 30_000 * MS)).isEqualTo(30_000);
        assertThat(sliding.used(T + 60_000 * MS)).isEqualTo(20_000);
        sliding.giveBack(5_000, T, T + 60_000 * MS);
        assertThat(sliding.used(T + 60_000 * MS)).isEqualTo(20_000);
    }

    @Test
    void aSlidingWindowKeepsItsLogShortHoweverManyTakesThereAre() {
        Limiter sliding = new SlidingWindow(new Limit(Dimension.TOKENS_PER_MINUTE, Long.MAX_VALUE / 2), T);
        for (int i = 0; i < 2_000_000; i++) {
            sliding.take(1, T + i * 100_000L);
        }
        assertThat(sliding.used(T + 2_000_000 * 100_000L)).isBetween(599_980L, 600_020L);
    }

    @Test
    void aFixedWindowStartsAgainAtItsPhase() {
        Limiter fixed = new FixedWindow(RPM_500, Duration.ofSeconds(20), T);
        fixed.take(500, T);
        assertThat(fixed.statedWait(1, T + 5_000 * MS)).isEqualTo(Duration.ofSeconds(15));
        assertThat(fixed.fits(1, T + 19_999 * MS)).isFalse();
        assertThat(fixed.fits(500, T + 20_000 * MS)).isTrue();
        fixed.take(500, T + 20_000 * MS);
        assertThat(fixed.nanosUntilFits(1, T + 21_000 * MS)).isEqualTo(59_000 * MS);
        fixed.giveBack(10, T, T + 21_000 * MS);
        assertThat(fixed.remaining(T + 21_000 * MS)).isZero();
        fixed.giveBack(10, T + 20_000 * MS, T + 21_000 * MS);
        assertThat(fixed.remaining(T + 21_000 * MS)).isEqualTo(10);
    }

    @Test
    void aLimitOfNothingNeverAdmits() {
        for (Shape shape : List.of(Shape.bucket(), Shape.quantized(), new Shape.Sliding())) {
            Limiter none = shape.limiter(new Limit(Dimension.IMAGES_PER_MINUTE, 0), T);
            assertThat(none.everFits(1)).isFalse();
            assertThat(none.fits(1, T)).isFalse();
            assertThat(none.nanosUntilFits(1, T)).isEqualTo(Long.MAX_VALUE);
            assertThat(none.statedReset(T)).isEqualTo(Duration.ZERO);
        }
    }

    @Test
    void ofTwoExhaustedLimitsTheOneWithTheLongerWaitIsNamed() {
        Limiter requests = Shape.bucket().limiter(RPM_500, T);
        Limiter tokens = Shape.bucket().limiter(TPM_60K, T);
        LimitVector vector = new LimitVector(List.of(requests, tokens), null);
        requests.take(500, T);
        tokens.take(60_000, T);
        assertThat(vector.admit(Cost.ofTokens(1_000), T))
                .isEqualTo(new LimitVector.Decision.Exhausted(tokens, 60_000, 1_000, Duration.ofSeconds(1)));
        assertThat(vector.admit(Cost.ofTokens(60_001), T)).isEqualTo(new LimitVector.Decision.TooLarge(tokens, 60_001));
    }

    @Test
    void aCapRefusesWithoutChargingAnyLimit() {
        ConcurrencyCap cap = new ConcurrencyCap(1);
        Limiter requests = Shape.bucket().limiter(RPM_500, T);
        LimitVector vector = new LimitVector(List.of(requests), cap);
        assertThat(vector.admit(Cost.ofTokens(1), T)).isInstanceOf(LimitVector.Decision.Admitted.class);
        assertThat(vector.admit(Cost.ofTokens(1), T)).isEqualTo(new LimitVector.Decision.Busy(cap));
        assertThat(requests.remaining(T)).isEqualTo(499);
        cap.leave();
        assertThat(vector.admit(Cost.ofTokens(1), T)).isInstanceOf(LimitVector.Decision.Admitted.class);
        cap.leave();
        assertThatThrownBy(cap::leave).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shapesAreReadFromText() {
        assertThat(Shape.parse("bucket")).isEqualTo(Shape.bucket());
        assertThat(Shape.parse("Quantized ")).isEqualTo(Shape.quantized());
        assertThat(Shape.parse("bucket:5s")).isEqualTo(new Shape.ShallowBucket(Duration.ofSeconds(5)));
        assertThat(Shape.parse("fixed:1m30s")).isEqualTo(new Shape.Fixed(Duration.ofSeconds(90)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "round", "bucket:", "bucket:0s", "sliding:3s", "fixed:soon"})
    void anUnknownShapeIsNamedWithWhatIsAllowed(String text) {
        assertThatThrownBy(() -> Shape.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("bucket:5s");
    }

    @Test
    void aWindowOfThirtyDaysAndAHugeLimitDoNotOverflow() {
        Limit limit = new Limit(new Dimension(Scope.ORGANIZATION, Unit.TOKENS, Duration.ofDays(30)), 15_000_000_007L);
        Limiter bucket = Shape.bucket().limiter(limit, T);
        bucket.take(15_000_000_007L, T);
        long half = Duration.ofDays(15).toNanos();
        assertThat(bucket.remaining(T + half)).isEqualTo(7_500_000_003L);
        assertThat(bucket.statedReset(T + half))
                .isBetween(Duration.ofDays(15), Duration.ofDays(15).plusMillis(1));
        assertThat(bucket.nanosUntilFits(15_000_000_007L, T + half)).isBetween(half - 1, half + 1);
    }
}
