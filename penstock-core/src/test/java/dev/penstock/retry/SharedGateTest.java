package dev.penstock.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SharedGateTest {
    private static final long START = Math.subtractExact(Long.MAX_VALUE, 5_000_000_000L);
    private static final long SECOND = 1_000_000_000L;

    private final SharedGate gate = new SharedGate();

    private Duration closedAt(long nowNanos) {
        return gate.closedFor(gate.ask(null, nowNanos), nowNanos);
    }

    @Test
    void aGateThatWasNeverClosedIsOpen() {
        assertThat(closedAt(START)).isZero();
    }

    @Test
    void itOpensByOneTwoFour() {
        gate.throttled(Duration.ofSeconds(10), START);
        List<Long> waits = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            waits.add(closedAt(START).toSeconds());
        }

        assertThat(waits).containsExactly(10L, 11L, 11L, 12L, 12L, 12L, 12L);
    }

    @Test
    void aThrottleFromBeforeDoesNotPushItsOpening() {
        gate.throttled(Duration.ofSeconds(10), START);
        gate.throttled(Duration.ofSeconds(3), START + SECOND);

        assertThat(closedAt(START + SECOND)).isEqualTo(Duration.ofSeconds(9));
    }

    @Test
    void aPlaceIsKeptUntilTheGateClosesAgain() {
        gate.throttled(Duration.ofSeconds(10), START);
        var held = gate.ask(null, START);
        assertThat(gate.ask(held, START + 10 * SECOND)).isEqualTo(held);

        gate.throttled(Duration.ofSeconds(20), START + 10 * SECOND);
        var again = gate.ask(held, START + 10 * SECOND);

        assertThat(gate.closedFor(again, START + 10 * SECOND)).isEqualTo(Duration.ofSeconds(20));
    }

    @Test
    void afterTheRampAllPass() {
        gate.throttled(Duration.ofSeconds(10), START);

        assertThat(gate.ask(null, START + 30 * SECOND)).isNull();
        assertThat(gate.ask(null, START)).as("a clock that went back").isNull();
    }
}
