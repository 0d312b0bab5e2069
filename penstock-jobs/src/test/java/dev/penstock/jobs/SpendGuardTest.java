package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class SpendGuardTest {
    @Test
    void whatIsSetAsideCountsAsSpentUntilItIsSettled() {
        SpendGuard guard = new SpendGuard(100, 10);
        assertThat(guard.allows(90)).isTrue();
        guard.setAside(60);

        assertThat(guard.allows(30)).isTrue();
        assertThat(guard.allows(31)).isFalse();
        assertThat(guard.mayAllowLater(90)).isTrue();
        assertThat(guard.mayAllowLater(91)).isFalse();

        guard.settle(60, 20);
        assertThat(guard.allows(70)).isTrue();
        assertThat(guard.allows(71)).isFalse();
        assertThat(guard.mayAllowLater(71)).isFalse();
    }

    @Test
    void withoutACapTheDearestRequestIsAllowed() {
        SpendGuard guard = new SpendGuard(Long.MAX_VALUE, 0);
        guard.setAside(Long.MAX_VALUE / 2);

        assertThat(guard.allows(Long.MAX_VALUE / 2)).isTrue();
    }

    @Test
    void whatIsSpentNeverExceedsTheBudgetHoweverCallsOverlap() {
        for (long seed = 1; seed <= 50; seed++) {
            RandomGenerator random = Seeds.random(seed);
            SpendGuard guard = new SpendGuard(10_000, 0);
            ArrayDeque<Long> running = new ArrayDeque<>();
            long spent = 0;
            for (int i = 0; i < 2_000; i++) {
                long worst = random.nextLong(1, 400);
                if (guard.allows(worst)) {
                    guard.setAside(worst);
                    running.add(worst);
                } else if (!running.isEmpty()) {
                    long reserved = running.remove();
                    long cost = random.nextLong(reserved + 1);
                    guard.settle(reserved, cost);
                    spent += cost;
                }
            }
            for (long reserved : running) {
                guard.settle(reserved, reserved);
                spent += reserved;
            }

            assertThat(spent).as("seed %d", seed).isBetween(9_600L, 10_000L);
        }
    }
}
