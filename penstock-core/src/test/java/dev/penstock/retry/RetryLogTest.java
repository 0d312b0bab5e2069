package dev.penstock.retry;

import static dev.penstock.retry.RetryScenario.seconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.time.VirtualTime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class RetryLogTest {
    private static final class Lines implements System.Logger {
        private final List<String> lines = new ArrayList<>();

        @Override
        public String getName() {
            return "lines";
        }

        @Override
        public boolean isLoggable(Level level) {
            return true;
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String text, @Nullable Throwable thrown) {
            lines.add(level + " " + text
                    + (thrown == null ? "" : " + " + thrown.getClass().getSimpleName()));
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle bundle, @Nullable String text, @Nullable Object... parameters) {
            lines.add(level + " " + text);
        }
    }

    private final Lines lines = new Lines();

    private void failTwice(RetryLog log) {
        Retry retry = RetryScenario.policy()
                .time(new VirtualTime())
                .stop(Stop.attempts(2).or(Stop.beforeElapsed(seconds(42.3))))
                .hint(outcome -> Optional.of(seconds(3)))
                .wait(Wait.fixed(seconds(4.2)))
                .listener(log)
                .build();
        assertThatThrownBy(() -> retry.run(() -> {
                    throw new IOException("holds sk-secret and a prompt");
                }))
                .isInstanceOf(IOException.class);
    }

    @Test
    void aLineTellsAllButWhatWasSent() {
        failTwice(RetryLog.to(lines, System.Logger.Level.INFO));

        assertThat(lines.lines)
                .containsExactly(
                        "INFO scenario: attempt 1 of 2 failed (IOException), waiting 4.2 s (server asked 3 s), 38.1 s left",
                        "WARNING scenario: gave up after 2 attempts in 4.2 s (IOException): that is as often as the policy"
                                + " allows");
    }

    @Test
    void stackTracesAreThereForWhoAsks() {
        failTwice(RetryLog.to(lines, System.Logger.Level.DEBUG).withStackTraces(true));

        assertThat(lines.lines)
                .filteredOn(line -> line.endsWith(" + IOException"))
                .hasSize(2);
    }
}
