package dev.penstock.jobs.auto;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.jobs.auto.PartState.Stage;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Single decisions; whole jobs are in {@link DeadlineScenariosTest}. Live calls answer 600 rows a minute. */
final class SteeringTest {
    private static final Steering STEERING =
            new Steering(Duration.ofHours(6), Duration.ofSeconds(30), Duration.ofMinutes(10), Duration.ofSeconds(5));

    @Test
    void aPlanCountsOnNoBatchThatWouldNotBeCreated() {
        // Nobody knows how long batches take, and to cancel one takes longer than live calls need for everything.
        Steering steering = new Steering(
                Duration.ofMinutes(1), Duration.ofSeconds(3), Duration.ofMinutes(10), Duration.ofMillis(200));
        FamilyState state = state(2_000, 0);
        assertThat(steering.mayCreate(state, 2_000, Duration.ofMinutes(1))).isFalse();
        Outlook outlook = Outlook.of(state.capacity(), 2_000, Long.MAX_VALUE, BatchHistory.NONE, steering);
        assertThat(outlook.chance()).isEqualTo(Outlook.Chance.IMPOSSIBLE);
        assertThat(outlook.soonest().orElseThrow()).isBetween(Duration.ofMinutes(3), Duration.ofMinutes(4));
        assertThat(outlook.mostLiveShare()).isOne();
    }

    @Test
    void asLongAsLiveCallsCouldStillAnswerEverythingNothingMoves() {
        assertThat(STEERING.decide(state(10_000, 0, running(1, 20_000, 0)), Duration.ofHours(6)))
                .isEmpty();
    }

    @Test
    void whenThereIsNoTimeLeftToWinTheLastRowsThatWaitGoLive() {
        FamilyState state = state(0, 0, running(1, 20_000, 0), waiting(2, 20_000), waiting(3, 100));
        List<Move> moves = STEERING.decide(state, STEERING.need(state));
        assertThat(moves).first().isEqualTo(new Move.TakeFromPart(3, 100));
        assertThat(moves)
                .element(1)
                .isInstanceOf(Move.TakeFromPart.class)
                .extracting("part")
                .isEqualTo(2);
    }

    @Test
    void atTheEndABatchIsCancelledAndOnlyOneAtATime() {
        FamilyState state = state(0, 0, running(1, 10_000, 5_000), running(2, 12_000, 3_000));
        assertThat(STEERING.decide(state, STEERING.need(state))).containsExactly(new Move.Cancel(2));
        FamilyState next = state(
                0,
                0,
                running(1, 10_000, 5_000),
                new PartState(2, Stage.CANCELLING, 12_000, 3_000, Duration.ofHours(1)));
        assertThat(STEERING.decide(next, STEERING.need(next))).isEmpty();
    }

    @Test
    void afterTheDeadlineABatchThatHasDoneNothingIsCancelledAndNoneIsCreatedForWhatLiveCallsDoSooner() {
        Duration passed = Duration.ofMinutes(-30);
        FamilyState state = state(0, 0, running(1, 200, 0));
        assertThat(STEERING.decide(state, passed)).containsExactly(new Move.Cancel(1));
        assertThat(STEERING.mayCreate(state(200, 0), 200, passed)).isFalse();
        assertThat(STEERING.decide(state(200, 0), passed)).containsExactly(new Move.TakeFree("m", 200));
    }

    @Test
    void afterTheDeadlineABatchThatIsNearlyDoneIsLeftAlone() {
        FamilyState state = state(0, 0, running(1, 1_000, 49_000));
        assertThat(STEERING.decide(state, Duration.ofMinutes(-90))).isEmpty();
    }

    @Test
    void noBatchIsCreatedWhoseRowsCouldNotComeBackInTime() {
        Duration left = Duration.ofMinutes(40);
        assertThat(STEERING.mayCreate(state(20_000, 0), 10_000, left)).isTrue();
        assertThat(STEERING.mayCreate(state(20_000, 0), 19_000, left)).isFalse();
    }

    private static FamilyState state(long free, long live, PartState... parts) {
        LiveCapacity capacity = new LiveCapacity(
                List.of(LiveCapacity.Allowance.untouched(new Limit(Dimension.REQUESTS_PER_MINUTE, 600))), 1, 10_000);
        return new FamilyState("m", capacity, free, live, List.of(parts), 100_000, Optional.empty());
    }

    private static PartState running(int number, long rows, long done) {
        return new PartState(number, Stage.RUNNING, rows, done, Duration.ofHours(1));
    }

    private static PartState waiting(int number, long rows) {
        return new PartState(number, Stage.WAITING, rows, 0, Duration.ZERO);
    }
}
