package dev.penstock.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class TimeSourceTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void virtualTimeRunsWhatFallsDueInOrder() {
        var time = new VirtualTime();
        List<String> ran = new ArrayList<>();
        Runnable second = time.schedule(SECOND.multipliedBy(2), () -> ran.add("second " + time.passed()));
        Runnable first = time.schedule(SECOND, () -> ran.add("first " + time.passed()));
        Runnable never = time.schedule(SECOND, () -> ran.add("never"));
        never.run();

        time.advance(SECOND.multipliedBy(3));

        assertThat(ran).containsExactly("first PT1S", "second PT2S");
        assertThat(time.passed()).isEqualTo(SECOND.multipliedBy(3));
        assertThat(first).isNotSameAs(second);
        assertThatThrownBy(() -> time.advance(SECOND.negated())).hasMessageContaining("cannot go back");
    }

    @Test
    void aVirtualSleepEndsAtTheSignal() throws InterruptedException {
        var time = new VirtualTime();
        var signal = new CancelSignal();
        Runnable undo = time.schedule(SECOND, signal::give);
        assertThat(undo).isNotNull();

        time.sleep(SECOND.multipliedBy(5), signal);

        assertThat(time.passed()).isEqualTo(SECOND);
    }

    @Test
    void virtualTimeThatNeverEndsIsNamed() {
        var time = new VirtualTime();
        again(time);

        assertThatThrownBy(() -> time.runAll(100)).hasMessageContaining("after 100 tasks 1 are still scheduled");
    }

    private static void again(VirtualTime time) {
        Runnable undo = time.schedule(SECOND, () -> again(time));
        assertThat(undo).isNotNull();
    }

    @Test
    void theSystemsSleepIsNeverEarlyAndEndsAtTheSignal() throws InterruptedException {
        TimeSource time = TimeSource.system();
        long begun = time.nanos();
        time.sleep(Duration.ofMillis(2), new CancelSignal());
        assertThat(time.nanos() - begun).isGreaterThanOrEqualTo(2_000_000L);

        var given = new CancelSignal();
        given.give();
        time.sleep(Duration.ofDays(1), given); // else the test runs into its timeout
        assertThat(given.given()).isTrue();
    }

    @Test
    void theSystemSchedulesOnADaemonOrOnASchedulerOfYourOwn() throws InterruptedException {
        var ran = new CountDownLatch(2);
        Runnable first = TimeSource.system().schedule(Duration.ofNanos(1), () -> {
            if (Thread.currentThread().isDaemon()) {
                ran.countDown();
            }
        });
        try (var own = Executors.newSingleThreadScheduledExecutor()) {
            Runnable second = TimeSource.system(own).schedule(Duration.ZERO, ran::countDown);
            assertThat(ran.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(first).isNotSameAs(second);
        }
    }

    @Test
    void aDeadlineIsNeverBeyondWhatMonotonicTimeCanCompare() {
        var time = new VirtualTime(Long.MAX_VALUE - 1);

        assertThat(Deadline.after(Duration.ofSeconds(Long.MAX_VALUE), time).left(time.nanos()))
                .isGreaterThan(Duration.ofDays(50_000));
        assertThat(Deadline.after(SECOND.negated(), time).left(time.nanos())).isEqualTo(SECOND.negated());
    }

    @Test
    void aTaskThatBlocksDoesNotHoldUpTheNext() throws InterruptedException {
        var second = new CountDownLatch(1);
        var both = new CountDownLatch(1);
        Runnable undoFirst = TimeSource.system().schedule(Duration.ZERO, () -> {
            try {
                if (second.await(20, TimeUnit.SECONDS)) {
                    both.countDown();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runnable undoSecond = TimeSource.system().schedule(Duration.ofNanos(1), second::countDown);

        assertThat(both.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(undoFirst).isNotSameAs(undoSecond);
    }
}
