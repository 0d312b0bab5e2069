package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.wire.Usage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class ResultWriterTest {
    private final List<Long> stored = new CopyOnWriteArrayList<>();
    private final List<Long> told = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Throwable> failed = new CompletableFuture<>();
    private final AtomicInteger calls = new AtomicInteger();

    private final ResultWriter.Events events = new ResultWriter.Events() {
        @Override
        public void stored(List<RowResult> results) {
            results.forEach(result -> told.add(result.number()));
        }

        @Override
        public void marked() {}

        @Override
        public void failed(Throwable why) {
            failed.complete(why);
        }
    };

    @Test
    void whateverBreaksTheThreadIsToldAndTheBatchIsStoredOnClosing() {
        Error broken = new StackOverflowError();
        ResultWriter writer = new ResultWriter(
                (results, mark) -> {
                    if (calls.incrementAndGet() == 1) {
                        throw broken;
                    }
                    return store(results, mark);
                },
                SpendGuard.unlimited(),
                result -> 0,
                events);
        writer.start();
        writer.add(result(1));
        assertThat(failed.join()).isSameAs(broken);
        writer.add(result(2));

        assertThat(writer.isFull()).isFalse();
        assertThat(writer.close()).isEmpty();
        assertThat(stored).containsExactly(1L, 2L);
        assertThat(told).containsExactly(1L, 2L);
    }

    @Test
    void whatCannotBeStoredOnClosingEitherIsReported() {
        IllegalStateException broken = new IllegalStateException("closed");
        ResultWriter writer = new ResultWriter(
                (results, mark) -> {
                    throw broken;
                },
                SpendGuard.unlimited(),
                result -> 0,
                events);
        writer.start();
        writer.add(result(1));
        assertThat(failed.join()).isSameAs(broken);

        assertThat(writer.close()).containsSame(broken);
        assertThat(told).isEmpty();
    }

    @Test
    void aListenerThatBreaksIsReportedAndNothingIsStoredTwice() {
        IllegalStateException broken = new IllegalStateException("listener");
        ResultWriter writer =
                new ResultWriter(this::store, SpendGuard.unlimited(), result -> 0, new ResultWriter.Events() {
                    @Override
                    public void stored(List<RowResult> results) {
                        if (calls.incrementAndGet() == 1) {
                            throw broken;
                        }
                    }

                    @Override
                    public void marked() {}

                    @Override
                    public void failed(Throwable why) {
                        events.failed(why);
                    }
                });
        writer.start();
        writer.add(result(1));
        assertThat(failed.join()).isSameAs(broken);
        writer.add(result(2));

        assertThat(writer.close()).isEmpty();
        assertThat(stored).containsExactly(1L, 2L);
    }

    @Test
    void aRunThatEndsByItselfWithOpenRowsIsADefect() {
        Optional<StopCause> stopped = Optional.of(new StopCause.Interrupted());

        assertThat(JobRun.whyOpen(0, stopped)).isEmpty();
        assertThat(JobRun.whyOpen(3, stopped)).isEqualTo(stopped);
        assertThatThrownBy(() -> JobRun.whyOpen(3, Optional.empty()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("3 rows");
    }

    private int store(List<RowResult> results, OptionalLong mark) {
        results.forEach(result -> stored.add(result.number()));
        return results.size();
    }

    private static RowResult result(long number) {
        return new RowResult.Answered(
                number, 200, Optional.empty(), new byte[10], "m", new Usage(1, 0, 1), 1, Duration.ZERO);
    }
}
