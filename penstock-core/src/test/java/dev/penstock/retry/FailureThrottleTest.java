package dev.penstock.retry;

import static dev.penstock.retry.RetryScenario.io;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class FailureThrottleTest {
    private static final RetryEvent FAULT =
            new RetryEvent.AttemptFailed("test", 1, new Outcome.Failed<>(io("fault")), Judgement.tryAgain("fault"));
    private static final RetryEvent SUCCESS = new RetryEvent.Succeeded(
            "test",
            new RetryReport(
                    "test",
                    List.of(),
                    1,
                    Duration.ZERO,
                    Duration.ZERO,
                    RetryReport.Ending.SUCCEEDED,
                    Optional.empty(),
                    "accepted"));

    private final FailureThrottle throttle = new FailureThrottle(4, 0.8);

    private boolean after(RetryEvent event) {
        throttle.accept(event);
        return throttle.allowsRetry();
    }

    @Test
    void b2MoreThanHalfOfTheTokensAllowARetry() {
        assertThat(after(FAULT)).as("3 of 4").isTrue();
        assertThat(after(FAULT)).as("2 of 4 is not more than half").isFalse();
        assertThat(after(FAULT)).isFalse();
        assertThat(after(FAULT)).as("0").isFalse();
        assertThat(after(FAULT)).as("0 is the least").isFalse();
        assertThat(after(SUCCESS)).as("0.8").isFalse();
        assertThat(after(SUCCESS)).as("1.6").isFalse();
        assertThat(after(SUCCESS)).as("2.4").isTrue();
        for (int i = 0; i < 10; i++) {
            assertThat(after(SUCCESS)).isTrue();
        }
        assertThat(after(FAULT)).as("3 of 4: it was never above 4").isTrue();
        assertThat(after(FAULT)).isFalse();
    }

    @Test
    void throttlesAndDefectsTakeNoToken() {
        var failed = new Outcome.Failed<>(io("no fault"));
        for (int i = 0; i < 10; i++) {
            assertThat(after(new RetryEvent.AttemptFailed("test", 1, failed, Judgement.throttled("full"))))
                    .isTrue();
            assertThat(after(new RetryEvent.AttemptFailed("test", 1, failed, Judgement.abort("bad"))))
                    .isTrue();
        }
    }

    @Test
    void aPolicyWithItFailsFastInAnOutage() {
        var attempts = new AtomicInteger();
        Retry retry = Retry.builder()
                .time(new VirtualTime())
                .listener(throttle)
                .stop(Stop.attempts(6).or(throttle.stop()))
                .build();
        Retry.Action<IOException> fails = () -> {
            attempts.incrementAndGet();
            throw io("outage");
        };

        assertThatThrownBy(() -> retry.run(fails)).isInstanceOf(IOException.class);
        assertThat(attempts).hasValue(2);
        assertThatThrownBy(() -> retry.run(fails)).isInstanceOf(IOException.class);
        assertThat(attempts).hasValue(3);
    }
}
