package dev.penstock.concurrency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class AimdTest {
    private static final long START = Long.MAX_VALUE - Duration.ofSeconds(30).toNanos();
    private static final long SECOND = 1_000_000_000L;

    private static Aimd starting(int initial) {
        return new Aimd(new Aimd.Settings(initial, 1, 200, 0.9, Duration.ofSeconds(1)));
    }

    private static Aimd afterAnOverload(int initial) {
        var aimd = new Aimd(new Aimd.Settings(initial, 1, 200, 0.7, Duration.ofSeconds(1)));
        aimd.overloaded(initial, START);
        return aimd;
    }

    @Test
    void c1SuccessAtHalfLoadAddsOne() {
        var aimd = starting(20);

        aimd.succeeded(10, SECOND, START);

        assertThat(aimd.limit()).isEqualTo(21);
    }

    @Test
    void c1SuccessBelowHalfLoadAddsNothing() {
        var aimd = starting(20);

        aimd.succeeded(9, SECOND, START);

        assertThat(aimd.limit()).isEqualTo(20);
    }

    @Test
    void c1OverloadMultipliesByTheFactor() {
        var aimd = starting(30);

        aimd.overloaded(30, START);

        assertThat(aimd.limit()).isEqualTo(27);
    }

    @Test
    void c1NeverOverTheMaximum() {
        var aimd = starting(198);

        for (int i = 0; i < 10; i++) {
            aimd.succeeded(aimd.limit(), SECOND, START + i);
        }

        assertThat(aimd.limit()).isEqualTo(200);
    }

    @Test
    void neverUnderTheMinimum() {
        var aimd = new Aimd(new Aimd.Settings(4, 3, 10, 0.5, Duration.ofSeconds(1)));

        aimd.overloaded(4, START);
        aimd.overloaded(4, START + 2 * SECOND);

        assertThat(aimd.limit()).isEqualTo(3);
    }

    @Test
    void c7FiftySimultaneousOverloadsLowerOnce() {
        var aimd = starting(100);

        for (int i = 0; i < 50; i++) {
            aimd.overloaded(100 - i, START + i);
        }

        assertThat(aimd.limit()).isEqualTo(90);
    }

    @Test
    void c7OverloadsOneLatencyApartLowerTwice() {
        var aimd = starting(100);
        aimd.succeeded(1, 20 * SECOND, START);

        aimd.overloaded(100, START);
        aimd.overloaded(100, START + 20 * SECOND - 1);
        assertThat(aimd.limit()).isEqualTo(90);
        aimd.overloaded(100, START + 20 * SECOND);

        assertThat(aimd.limit()).isEqualTo(81);
    }

    @Test
    void c7ASuccessOfNinetySecondsRaises() {
        var aimd = starting(20);

        aimd.succeeded(20, 90 * SECOND, START + 90 * SECOND);

        assertThat(aimd.limit()).isEqualTo(21);
    }

    @Test
    void slowStartDoublesInOneRound() {
        var aimd = starting(16);

        for (int inFlight = 16; inFlight > 0; inFlight--) {
            aimd.succeeded(16, SECOND, START);
        }

        assertThat(aimd.limit()).isEqualTo(32);
    }

    @Test
    void afterAnOverloadItComesBackFastToNearlyWhereItWasAndThenByOneARound() {
        var aimd = afterAnOverload(100);
        assertThat(aimd.limit()).isEqualTo(70);

        for (int i = 0; i < 25; i++) {
            aimd.succeeded(70, SECOND, START + SECOND);
        }
        assertThat(aimd.limit()).isEqualTo(95);
        for (int i = 0; i < 94; i++) {
            aimd.succeeded(95, SECOND, START + SECOND);
        }
        assertThat(aimd.limit()).isEqualTo(95);
        aimd.succeeded(95, SECOND, START + SECOND);

        assertThat(aimd.limit()).isEqualTo(96);
    }

    @Test
    void aLimitFarAboveWhatIsInFlightGivesWayInAFewSteps() {
        var aimd = new Aimd(new Aimd.Settings(4_096, 1, 4_096, 0.7, Duration.ofSeconds(1)));
        int steps = 0;
        for (long now = START; aimd.limit() > 170; now += 2 * SECOND) {
            aimd.overloaded(170, now);
            steps++;
        }
        assertThat(steps).isLessThanOrEqualTo(4);
    }

    @Test
    void knownQuotaRaisesUntilSomethingOverloads() {
        var aimd = starting(16);

        aimd.raiseTo(120);
        aimd.raiseTo(50);
        assertThat(aimd.limit()).isEqualTo(120);
        aimd.raiseTo(10_000);
        assertThat(aimd.limit()).isEqualTo(200);
        aimd.overloaded(120, START);
        aimd.raiseTo(200);

        assertThat(aimd.limit()).isEqualTo(108);
        aimd.succeeded(108, SECOND, START + SECOND);
        assertThat(aimd.limit()).isEqualTo(109);
    }

    @Test
    void fixedSettingsStay() {
        var aimd = new Aimd(Aimd.Settings.fixed(7));

        aimd.succeeded(7, SECOND, START);
        aimd.overloaded(7, START);
        aimd.raiseTo(9);

        assertThat(aimd.limit()).isEqualTo(7);
    }

    @Test
    void aCapLowersWhatLiesAboveIt() {
        assertThat(Aimd.Settings.DEFAULT.atMost(10))
                .isEqualTo(new Aimd.Settings(10, 1, 10, 0.7, Duration.ofSeconds(1)));
    }

    @Test
    void illegalSettingsAreNamed() {
        assertThatThrownBy(() -> new Aimd.Settings(5, 1, 4, 0.7, Duration.ZERO))
                .hasMessageContaining("initial 5, min 1, max 4");
        assertThatThrownBy(() -> new Aimd.Settings(5, 1, 10, 1.0, Duration.ZERO))
                .hasMessageContaining("decrease factor is 1.0");
    }
}
