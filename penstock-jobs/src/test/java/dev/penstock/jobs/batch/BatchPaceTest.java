package dev.penstock.jobs.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BatchPaceTest {
    private static final long HOUR = Duration.ofHours(1).toMillis();

    @Test
    void asManyBatchesAsAllowedAreCreatedWithinAnyHour() {
        CreationPace pace = new CreationPace(3, List.of(1_000L));
        assertThat(pace.readyAt(2_000)).isEmpty();
        pace.created(2_000);
        pace.created(3_000);
        assertThat(pace.readyAt(3_000)).hasValue(1_000 + HOUR);
        assertThat(pace.readyAt(1_000 + HOUR)).isEmpty();
        pace.created(1_000 + HOUR);
        assertThat(pace.readyAt(1_000 + HOUR)).hasValue(2_000 + HOUR);
    }

    @Test
    void aClockThatWasSetBackDelaysACreationByNoMoreThanAnHour() {
        CreationPace pace = new CreationPace(1, List.of(100 * HOUR));
        assertThat(pace.readyAt(0)).hasValue(HOUR);
    }

    @Test
    void pollsAreSeldomerTheLongerNothingChanges() {
        PollPace pace = new PollPace(Duration.ofSeconds(1), Duration.ofMinutes(1));
        assertThat(pace.pauseNanos(0)).isEqualTo(Duration.ofSeconds(1).toNanos());
        assertThat(pace.pauseNanos(Duration.ofSeconds(100).toNanos()))
                .isEqualTo(Duration.ofSeconds(10).toNanos());
        assertThat(pace.pauseNanos(Duration.ofDays(1).toNanos()))
                .isEqualTo(Duration.ofMinutes(1).toNanos());
    }

    @Test
    void aQueueWithAKnownLimitTakesWhatFits() {
        TokenQueue queue = new TokenQueue(Map.of("m", 100L));
        queue.enter(part(1, 60));
        assertThat(queue.hasRoom(part(2, 40))).isTrue();
        assertThat(queue.hasRoom(part(2, 41))).isFalse();
        queue.leave(part(1, 60));
        assertThat(queue.hasRoom(part(2, 500))).as("nothing else is in it").isTrue();
    }

    @Test
    void whileTheLimitIsNotKnownOneBatchIsTriedAtATime() {
        TokenQueue queue = new TokenQueue(Map.of());
        queue.enter(part(1, 60));
        assertThat(queue.hasRoom(part(2, 1))).isFalse();
        queue.validated(part(1, 60));
        assertThat(queue.hasRoom(part(2, 1_000_000))).isTrue();
        queue.learn("m", 100);
        assertThat(queue.hasRoom(part(2, 41))).isFalse();
    }

    private static PartSize part(int number, long tokens) {
        return new PartSize(number, new PartKey("m", "/v1/responses"), 1, 1, tokens, 0);
    }
}
