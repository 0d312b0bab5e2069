package dev.penstock.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.verdict.Verdict;
import dev.penstock.verdict.Verdict.Fault;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ConnectionWatchTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long START = Long.MAX_VALUE - 20 * SECOND; // the clock turns over during an outage
    private static final Verdict ANSWERED = new Verdict.Accepted();

    private final ConnectionWatch watch = new ConnectionWatch(
            Duration.ofSeconds(15),
            Duration.ofMinutes(10),
            RandomGeneratorFactory.of("L64X128MixRandom").create(1));

    @Test
    void nothingIsHeldBackWhileNothingFails() {
        watch.settled(ANSWERED, false, START);
        watch.settled(fault(Fault.TIMEOUT), false, START + SECOND);

        assertThat(watch.failing()).isFalse();
        assertThat(watch.pausedUntil(START + SECOND)).isEmpty();
        assertThat(watch.givenUp(START + 3_600 * SECOND)).isEmpty();
    }

    @Test
    void afterAFailedConnectionOneRowTriesWhateverElseIsInFlight() {
        watch.settled(fault(Fault.CONNECT_FAILED), false, START);

        long due = watch.pausedUntil(START).orElseThrow();
        assertThat(due - START).isBetween(SECOND, 2 * SECOND);
        assertThat(watch.pausedUntil(due)).isEmpty();

        watch.probeSent(due);
        assertThat(watch.pausedUntil(due)).isPresent();
        watch.settled(ANSWERED, true, due + SECOND);
        assertThat(watch.pausedUntil(due + SECOND)).isEmpty();
        assertThat(watch.failing()).isFalse();
    }

    @Test
    void aTryThatFailsMakesThePauseLonger() {
        watch.settled(fault(Fault.CONNECT_FAILED), false, START);
        long now = START;
        for (int i = 0; i < 4; i++) {
            now = watch.pausedUntil(now).orElseThrow();
            watch.probeSent(now);
            now += SECOND / 10;
            watch.settled(fault(Fault.CONNECT_FAILED), true, now);
        }

        assertThat(watch.pausedUntil(now).orElseThrow() - now).isBetween(SECOND, 32 * SECOND);
        assertThat(watch.pausedUntil(now + 32 * SECOND)).isEmpty();
    }

    @Test
    void aTryThatHangsDoesNotKeepTheNextOneWaitingForItsTimeout() {
        watch.settled(ANSWERED, false, START);
        watch.settled(fault(Fault.CONNECT_FAILED), false, START);
        long due = watch.pausedUntil(START).orElseThrow();
        watch.probeSent(due);

        assertThat(watch.pausedUntil(due)).isEqualTo(OptionalLong.of(due + 30 * SECOND));
        assertThat(watch.pausedUntil(due + 30 * SECOND)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"TIMEOUT", "CONNECTION_LOST", "CONNECT_FAILED"})
    void callsFromBeforeTheOutageThatBreakDoNotEndItAndDoNotProlongThePause(Fault late) {
        watch.settled(ANSWERED, false, START);
        watch.settled(fault(Fault.CONNECT_FAILED), false, START);
        OptionalLong due = watch.pausedUntil(START);

        watch.settled(fault(late), false, START + SECOND / 2);

        assertThat(watch.failing()).isTrue();
        assertThat(watch.pausedUntil(START + SECOND / 2)).isEqualTo(due);
        assertThat(watch.givenUp(START + 600 * SECOND)).isPresent();
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.class,
            names = {"SERVER_ERROR", "OVERLOADED", "BROKEN_ANSWER", "CONFLICT"})
    void whateverHasAStatusEndsTheOutage(Fault fault) {
        watch.settled(fault(Fault.CONNECT_FAILED), false, START);

        watch.settled(fault(fault), false, START + SECOND);

        assertThat(watch.failing()).isFalse();
        assertThat(watch.givenUp(START + 3_600 * SECOND)).isEmpty();
    }

    @Test
    void whereNothingWasEverAnsweredItIsGivenUpSoon() {
        watch.settled(fault(Fault.CONNECT_FAILED), false, START);

        assertThat(watch.givenUp(START + 15 * SECOND - 1)).isEmpty();
        assertThat(watch.givenUp(START + 15 * SECOND).orElseThrow()).isEqualTo("refused. Tried for 15 s.");
    }

    @Test
    void aTryThatWaitsForASlowAnswerIsNotGivenUp() {
        watch.settled(fault(Fault.CONNECT_FAILED), false, START);
        watch.probeSent(START + 2 * SECOND);

        assertThat(watch.givenUp(START + 20 * SECOND)).isEmpty();
        watch.settled(fault(Fault.CONNECTION_LOST), true, START + 21 * SECOND);
        assertThat(watch.givenUp(START + 21 * SECOND)).isPresent();
    }

    private static Verdict fault(Fault fault) {
        return new Verdict.Transient(fault, Optional.empty(), "refused.");
    }
}
