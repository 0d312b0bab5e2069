package dev.penstock.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Windows that headers show only by their resets, found out and used; and what looks like them. */
final class ShownWindowTest {
    private static final long MS = 1_000_000;
    private static final long SECOND = 1_000_000_000;
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();
    private static final long START = -7 * SECOND;

    private final ShownWindow window = new ShownWindow(MINUTE);
    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(5);

    /** Tells the reset of a provider at a moment, when so many units are in use. */
    private interface Provider {
        long resetNanos(long at, long used);
    }

    private static Provider fixed(long phase, long length) {
        return (at, used) -> length - Math.floorMod(at - START + phase, length);
    }

    /** A request each interval; its answer comes after 10 to 100 ms, and reached the provider half way. */
    private void answers(Provider provider, long limit, long from, int count, long interval) {
        long used = 0;
        for (int i = 0; i < count; i++) {
            long sentAt = from + i * interval;
            long travel = 5 * MS + random.nextLong(45 * MS);
            window.take(1, sentAt);
            used = Math.min(limit, used + 1);
            long reset = provider.resetNanos(sentAt + travel, used) / MS * MS;
            window.observe(used, new Sent(0, 0, 0, 0), limit, sentAt, sentAt + 2 * travel, reset);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 5", "1200, 5", "0, 10", "2500, 3", "100, 1"})
    void aWindowShorterThanItsNameIsFoundAndTheNextOneBeginsWhenTheProviderSaidSo(long phaseMillis, long seconds) {
        Provider provider = fixed(phaseMillis * MS, seconds * SECOND);
        long interval = Math.min(100, seconds * 60) * MS;
        answers(provider, 1_000, START, 8, interval);

        assertThat(window.found()).isTrue();
        long now = START + 8 * interval;
        long begins = now + window.waitNanos(0, 1_000, 1_000, now) - START + phaseMillis * MS;
        assertThat(Math.floorMod(begins, seconds * SECOND)).isBetween(0L, 160 * MS);
    }

    @Test
    void theLengthIsLearnedWhenTheFirstWindowWasNearlyOver() {
        Provider provider = fixed(3_600 * MS, 5 * SECOND);
        answers(provider, 1_000, START, 8, 100 * MS);
        assertThat(window.found()).isTrue();
        answers(provider, 1_000, START + 1_500 * MS, 8, 100 * MS);
        assertThat(window.lengthNanos()).isEqualTo(5 * SECOND);
    }

    @Test
    void whatIsInUseBeginsAgainWithTheNextWindow() {
        answers(fixed(0, 5 * SECOND), 20, START, 20, 50 * MS);
        long now = START + SECOND;
        long wait = window.waitNanos(0, 1, 20, now);
        assertThat(wait).isBetween(4_000 * MS, 4_160 * MS);
        // The next twenty go in the next window, the twenty-first in the one after it.
        assertThat(window.waitNanos(19, 1, 20, now)).isEqualTo(wait);
        assertThat(window.waitNanos(20, 1, 20, now)).isEqualTo(wait + 5 * SECOND);
        assertThat(window.waitNanos(0, 20, 20, now + wait)).isZero();
    }

    @Test
    void whatLeavesAtTheVeryEndCountsInTheNextWindowToo() {
        answers(fixed(0, 5 * SECOND), 20, START, 10, 50 * MS);
        long end = START + 4_990 * MS;
        window.take(3, end);
        assertThat(window.used(START + 5_200 * MS)).isEqualTo(3);
    }

    @Test
    void othersWhoUseTheSameWindowAreCounted() {
        answers(fixed(0, 5 * SECOND), 20, START, 10, 50 * MS);
        window.observe(17, new Sent(0, 0, 0, 0), 20, START + 600 * MS, START + 650 * MS, 4_375 * MS);
        assertThat(window.used(START + 650 * MS)).isEqualTo(17);
    }

    @Test
    void aBucketIsNeverTakenForAWindow() {
        for (int perMinute : new int[] {20, 500, 200_000}) {
            ShownWindow bucket = new ShownWindow(MINUTE);
            double used = 0;
            long before = START;
            for (int i = 0; i < 2_000; i++) {
                long sentAt = START + i * 20L * MS;
                double units = Math.max(1, perMinute / 700.0);
                used = Math.min(perMinute, Math.max(0, used - perMinute * (sentAt - before) / (double) MINUTE) + units);
                before = sentAt;
                long shown = (long) Math.ceil(used);
                long reset = (long) (used * MINUTE / perMinute) / MS * MS;
                bucket.observe(shown, new Sent(0, 0, 0, 0), perMinute, sentAt, sentAt + 30 * MS, reset);
                assertThat(bucket.found()).isFalse();
            }
        }
    }

    @Test
    void aSlidingWindowIsNotTakenForAFixedOne() {
        // Its reset is the time until the newest unit leaves it.
        answers((at, used) -> 5 * SECOND, 1_000, START, 100, 50 * MS);
        assertThat(window.found()).isFalse();
    }

    @Test
    void aWindowOfTheNamedLengthIsLeftToTheSlidingCount() {
        answers(fixed(0, MINUTE), 1_000, START, 20, 100 * MS);
        assertThat(window.found()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"0, 3600, 3600", "1200, 3600, 3600", "40000, 86400, 86400", "100, 300, 3600"})
    void aWindowLongerThanItsNameIsFoundAndIsAnHourOrADayUntilMoreIsSeen(long phase, long seconds, long taken) {
        answers(fixed(phase * SECOND, seconds * SECOND), 1_000, START, 8, SECOND);
        assertThat(window.found()).isTrue();
        assertThat(window.lengthNanos()).isEqualTo(taken * SECOND);
        long begins = START + 8 * SECOND + window.waitNanos(0, 1_000, 1_000, START + 8 * SECOND);
        assertThat(Math.floorMod(begins - START + phase * SECOND, seconds * SECOND))
                .isBetween(0L, 160 * MS);
    }

    @ParameterizedTest
    @CsvSource({"1800, 3600", "1800, 7200", "120, 300", "200, 900"})
    void theLengthOfALongWindowIsKnownWhenItsNextEndIsTold(long phase, long seconds) {
        Provider provider = fixed(phase * SECOND, seconds * SECOND);
        answers(provider, 1_000, START, 8, SECOND);
        answers(provider, 1_000, START + (seconds - phase + seconds / 3) * SECOND, 8, SECOND);
        assertThat(window.found()).isTrue();
        assertThat(window.lengthNanos()).isEqualTo(seconds * SECOND);
    }

    @Test
    void resetsThatAreRoundedToTheSecondTellALongWindowToo() {
        Provider exact = fixed(1_200 * SECOND, 3_600 * SECOND);
        answers((at, used) -> Math.ceilDiv(exact.resetNanos(at, used), SECOND) * SECOND, 1_000, START, 20, 700 * MS);
        assertThat(window.found()).isTrue();
        assertThat(window.lengthNanos()).isEqualTo(3_600 * SECOND);
    }

    @Test
    void aBucketWhoseResetsAreRoundedToTheSecondIsNeverTakenForAWindow() {
        for (int perMinute : new int[] {20, 500, 200_000}) {
            ShownWindow bucket = new ShownWindow(MINUTE);
            double used = 0;
            long before = START;
            for (int i = 0; i < 2_000; i++) {
                long sentAt = START + i * 170L * MS;
                double units = Math.max(1, perMinute / 300.0);
                used = Math.max(0, used - perMinute * (sentAt - before) / (double) MINUTE) + units;
                before = sentAt;
                long reset = Math.ceilDiv((long) (used * MINUTE / perMinute), SECOND) * SECOND;
                bucket.observe(
                        (long) Math.ceil(used), new Sent(0, 0, 0, 0), perMinute, sentAt, sentAt + 30 * MS, reset);
                assertThat(bucket.found()).isFalse();
            }
        }
    }

    @Test
    void aSlidingHourIsNotTakenForAFixedOne() {
        answers((at, used) -> 3_600 * SECOND, 1_000, START, 100, 50 * MS);
        assertThat(window.found()).isFalse();
    }
}
