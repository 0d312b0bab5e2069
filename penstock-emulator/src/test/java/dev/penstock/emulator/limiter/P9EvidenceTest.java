package dev.penstock.emulator.limiter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Cost;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import dev.penstock.wire.GoDuration;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * P9: the waits of the twelve refusals and the resets of the ten header values that users published, as the limiters
 * compute and print them. {@code P9RefusalTextTest} has the whole bodies.
 */
final class P9EvidenceTest {
    /** Close to a sign change, so that a comparison without wrap-around fails. */
    private static final long START = Long.MAX_VALUE - 1_000;

    @ParameterizedTest(name = "{0} {1} of {2}, {3} used, {4} requested: {5}")
    @CsvSource({
        "TOKENS,      60,  50000, 47949,  3006, 1.146s",
        "TOKENS,      60, 200000,195869,  4412, 84ms",
        "TOKENS,      60,  30000, 22999, 12528, 11.054s",
        "TOKENS,      60,  30000, 14567, 24754, 18.642s",
        "TOKENS,      60,  30000, 18928, 11159, 174ms",
        "TOKENS,      60,  30000, 28039,  3906, 3.89s",
        "REQUESTS,    60,      3,     3,     1, 20s",
        "REQUESTS, 86400,    200,   200,     1, 7m12s",
        "REQUESTS, 86400,     50,    50,     1, 28m48s",
        "REQUESTS, 86400,   1000,  1000,     1, 1m26.4s",
        "REQUESTS, 86400,   2000,  2000,     1, 43.2s",
        "TOKENS, 2592000, 100000, 96749, 19126, 114h18m0s",
    })
    void aRefusalStatesTheObservedWait(
            Unit unit, long windowSeconds, long limit, long used, long requested, String printed) {
        LimitVector vector = vector(unit, windowSeconds, limit);
        assertThat(vector.admit(cost(unit, used), START)).isInstanceOf(LimitVector.Decision.Admitted.class);

        LimitVector.Decision refused = vector.admit(cost(unit, requested), START);

        assertThat(refused).isInstanceOfSatisfying(LimitVector.Decision.Exhausted.class, exhausted -> {
            assertThat(exhausted.used()).isEqualTo(used);
            assertThat(exhausted.requested()).isEqualTo(requested);
            assertThat(GoDuration.format(exhausted.statedWait())).isEqualTo(printed);
        });
    }

    @ParameterizedTest(name = "{0} {1} of {2}, {3} remaining: {4}")
    @CsvSource({
        "REQUESTS,    60,      500,     499, 120ms",
        "REQUESTS,    60,     5000,    4999, 12ms",
        "REQUESTS,    60,    10000,    9999, 6ms",
        "REQUESTS, 86400,    10000,    9999, 8.64s",
        "TOKENS,      60,   160000,  159976, 9ms",
        "TOKENS,      60,    30000,   29996, 8ms",
        "TOKENS,      60,   200000,  199978, 6ms",
        "TOKENS,      60, 10000000, 9999737, 1ms",
        "TOKENS,      60,    10000,    9481, 3.114s",
        "TOKENS,      60,  5000000, 4999999, 0s",
    })
    void aHeaderStatesTheObservedReset(Unit unit, long windowSeconds, long limit, long remaining, String printed) {
        LimitVector vector = vector(unit, windowSeconds, limit);
        assertThat(vector.admit(cost(unit, limit - remaining), START))
                .isInstanceOf(LimitVector.Decision.Admitted.class);

        Limiter limiter = vector.limiters().getFirst();

        assertThat(limiter.remaining(START)).isEqualTo(remaining);
        assertThat(GoDuration.format(limiter.statedReset(START))).isEqualTo(printed);
    }

    private static LimitVector vector(Unit unit, long windowSeconds, long amount) {
        Dimension dimension = new Dimension(Scope.ORGANIZATION, unit, Duration.ofSeconds(windowSeconds));
        return new LimitVector(List.of(Shape.bucket().limiter(new Limit(dimension, amount), START)), null);
    }

    private static Cost cost(Unit unit, long amount) {
        return unit == Unit.TOKENS ? Cost.ofTokens(amount) : new Cost(amount, 0, 0);
    }
}
