package dev.penstock.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.gateway.Outcome;
import dev.penstock.gateway.admin.RecentPast.History;
import dev.penstock.gateway.admin.RecentPast.Refused;
import dev.penstock.gateway.admin.RecentPast.Second;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecentPastTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Instant WALL = Instant.parse("2026-11-24T09:00:00Z");

    private final long start;
    private final RecentPast past;

    RecentPastTest() {
        // The clock wraps around within the tests.
        start = Long.MAX_VALUE - 3 * SECOND;
        past = new RecentPast(start);
    }

    @Test
    void aSecondIsShownOnceItIsOver() {
        past.ended(Scene.answered("web", "gpt-4o", 100, 40), start + SECOND / 2, () -> WALL);

        assertThat(past.history(start + SECOND - 1).seconds()).isEmpty();
        assertThat(past.history(start + SECOND).seconds())
                .singleElement()
                .satisfies(second -> assertThat(second.count(Outcome.ANSWERED)).isEqualTo(1));
    }

    @Test
    void everySecondHoldsWhatHappenedInIt() {
        past.ended(Scene.answered("web", "gpt-4o", 100, 40), start, () -> WALL);
        past.ended(Scene.answered("web", "gpt-4o", 20, 2), start + SECOND / 3, () -> WALL);
        past.refusedByUpstream(start + SECOND);
        past.ended(Scene.ended(Outcome.REFUSED_BUDGET, "web", "gpt-4o", "spent"), start + 4 * SECOND, () -> WALL);

        List<Second> seconds = past.history(start + 5 * SECOND).seconds();
        assertThat(seconds).hasSize(5);
        assertThat(seconds.get(0).count(Outcome.ANSWERED)).isEqualTo(2);
        assertThat(seconds.get(0).inputTokens()).isEqualTo(120);
        assertThat(seconds.get(0).outputTokens()).isEqualTo(42);
        assertThat(seconds.get(1).refusedByUpstream()).isEqualTo(1);
        assertThat(seconds.get(2)).isEqualTo(seconds.get(3));
        assertThat(seconds.get(4).count(Outcome.REFUSED_BUDGET)).isEqualTo(1);
        assertThat(seconds.get(4).count(Outcome.ANSWERED)).isEqualTo(0);
    }

    @Test
    void whatRunsAndWaitsHoldsUntilTheNextSample() {
        past.sample(3, 40, start);
        past.sample(5, 60, start + 2 * SECOND);

        assertThat(past.history(start + 4 * SECOND).seconds())
                .extracting(Second::waiting)
                .containsExactly(40, 40, 60, 60);
    }

    @Test
    void onlyFiveMinutesAreKept() {
        for (int second = 0; second < 1_000; second++) {
            past.sample(second, 0, start + second * SECOND);
            past.refusedByUpstream(start + second * SECOND);
        }

        List<Second> seconds = past.history(start + 1_000 * SECOND).seconds();
        assertThat(seconds).hasSize(RecentPast.SECONDS);
        assertThat(seconds.getFirst().running()).isEqualTo(700);
        assertThat(seconds.getLast().running()).isEqualTo(999);
        assertThat(seconds).allMatch(second -> second.refusedByUpstream() == 1);
    }

    @Test
    void aPauseLongerThanTheRingLeavesNothingOfBefore() {
        past.sample(2, 7, start);
        past.ended(Scene.answered("web", "gpt-4o", 100, 40), start, () -> WALL);

        List<Second> seconds = past.history(start + 86_400 * SECOND).seconds();
        assertThat(seconds).hasSize(RecentPast.SECONDS);
        assertThat(seconds).allMatch(second -> second.outcomes().isEmpty() && second.waiting() == 7);
    }

    @Test
    void aTimeThatIsBehindCountsForTheSecondThatRuns() {
        past.sample(1, 0, start + 5 * SECOND);
        past.refusedByUpstream(start + 4 * SECOND);

        List<Second> seconds = past.history(start + 6 * SECOND).seconds();
        assertThat(seconds.get(4).refusedByUpstream()).isEqualTo(0);
        assertThat(seconds.get(5).refusedByUpstream()).isEqualTo(1);
    }

    @Test
    void theLastFiftyRefusalsAreKeptTheNewestFirst() {
        for (int i = 0; i < 120; i++) {
            int at = i;
            past.ended(
                    Scene.ended(Outcome.REFUSED_DEADLINE, "web", "gpt-4o", "refusal " + at),
                    start,
                    () -> WALL.plusSeconds(at));
        }

        History history = past.history(start);
        assertThat(history.refusals()).hasSize(RecentPast.REFUSALS);
        assertThat(history.refusals().getFirst())
                .isEqualTo(
                        new Refused(WALL.plusSeconds(119), "web", "gpt-4o", Outcome.REFUSED_DEADLINE, "refusal 119"));
        assertThat(history.refusals().getLast().words()).isEqualTo("refusal 70");
        assertThat(history.endedInAll()).isEqualTo(120);
    }

    @Test
    void answersAndHangUpsAreNoRefusals() {
        past.ended(Scene.answered("web", "gpt-4o", 1, 1), start, () -> WALL);
        past.ended(Scene.ended(Outcome.CANCELLED_BY_CLIENT, "web", "gpt-4o", "hung up"), start, () -> WALL);
        past.ended(Scene.ended(Outcome.FAILED_UPSTREAM, "web", "gpt-4o", "x".repeat(2_000)), start, () -> WALL);

        assertThat(past.history(start).refusals())
                .singleElement()
                .satisfies(refused -> assertThat(refused.words()).hasSize(501).endsWith("…"));
    }
}
