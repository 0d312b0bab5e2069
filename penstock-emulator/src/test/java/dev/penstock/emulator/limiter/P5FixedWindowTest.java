package dev.penstock.emulator.limiter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * P5: golden vectors of Failsafe's bursty rate limiter, which counts permits in windows aligned to its start. That
 * limiter lends permits of windows to come and tells the caller how long to sleep. The twin lends nothing, it refuses;
 * so a queue in front of it takes each permit when it first fits, and its waits are the same.
 */
final class P5FixedWindowTest {
    private static final long MS = 1_000_000;

    /** Close to a sign change, which the timelines pass. */
    private static final long START = Long.MAX_VALUE - 2_500 * MS;

    @Test
    void p5TwoASecond() {
        var queue = new Queue(2);
        assertThat(queue.lastWaitMillis(0, 7)).isEqualTo(3000);
        assertThat(queue.level(0)).isEqualTo(-5);
        assertThat(queue.lastWaitMillis(800, 3)).isEqualTo(3200);
        assertThat(queue.level(800)).isEqualTo(-8);
        assertThat(queue.lastWaitMillis(2300, 1)).isEqualTo(2700);
        assertThat(queue.level(2300)).isEqualTo(-5);
        assertThat(queue.lastWaitMillis(3500, 3)).isEqualTo(2500);
        assertThat(queue.level(3500)).isEqualTo(-6);
        assertThat(queue.lastWaitMillis(7000, 1)).isZero();
        assertThat(queue.level(7000)).isEqualTo(1);
    }

    @Test
    void p5FiveASecond() {
        var queue = new Queue(5);
        assertThat(queue.lastWaitMillis(300, 3)).isZero();
        assertThat(queue.lastWaitMillis(1550, 10)).isEqualTo(450);
        assertThat(queue.level(1550)).isEqualTo(-5);
        assertThat(queue.lastWaitMillis(2210, 2)).isEqualTo(790);
    }

    /** Where the two differ: ten at once out of five a second are lent over there; an API refuses them for good. */
    @Test
    void p5MoreThanAWindowHoldsNeverFitsInOnePiece() {
        FixedWindow window = window(5);
        assertThat(window.everFits(10)).isFalse();
        assertThat(window.nanosUntilFits(10, START)).isEqualTo(Long.MAX_VALUE);
    }

    private static FixedWindow window(long perSecond) {
        Dimension dimension = new Dimension(Scope.ORGANIZATION, Unit.REQUESTS, Duration.ofSeconds(1));
        return new FixedWindow(new Limit(dimension, perSecond), Duration.ZERO, START);
    }

    /** First come, first served; times in milliseconds since the start. */
    private static final class Queue {
        private final long perSecond;
        private final FixedWindow window;
        private final List<Long> takenAtMillis = new ArrayList<>();

        Queue(long perSecond) {
            this.perSecond = perSecond;
            this.window = window(perSecond);
        }

        long lastWaitMillis(long nowMillis, int permits) {
            long at = nowMillis;
            for (int i = 0; i < permits; i++) {
                at = takenAtMillis.isEmpty() ? at : Math.max(at, takenAtMillis.getLast());
                at += window.nanosUntilFits(1, START + at * MS) / MS;
                assertThat(window.fits(1, START + at * MS)).isTrue();
                window.take(1, START + at * MS);
                takenAtMillis.add(at);
            }
            return at - nowMillis;
        }

        /** Permits of the window of {@code nowMillis}, less those taken from it and from the windows after it. */
        long level(long nowMillis) {
            long windowStart = nowMillis / 1000 * 1000;
            return perSecond
                    - takenAtMillis.stream().filter(at -> at >= windowStart).count();
        }
    }
}
