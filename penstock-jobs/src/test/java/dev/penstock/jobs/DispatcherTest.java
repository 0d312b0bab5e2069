package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.limit.Cost;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitExceeded;
import dev.penstock.quota.BlockedBy;
import dev.penstock.quota.Quota;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.retry.ConnectionWatch;
import dev.penstock.retry.RetryBudget;
import dev.penstock.retry.RetryPolicy;
import dev.penstock.verdict.Verdict;
import dev.penstock.verdict.Verdict.Fault;
import dev.penstock.verdict.Verdict.RejectedBecause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The dispatcher alone: what it says to do next after what was told to it. */
final class DispatcherTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long START = Long.MAX_VALUE - SECOND / 2; // the clock turns over early in each test
    private static final Verdict ANSWERED = new Verdict.Accepted();

    private final List<Lane<Integer>> lanes = new ArrayList<>();
    private long budget = Long.MAX_VALUE;
    private long worstCase;
    private long tokens = 100;

    @Test
    void aRowThatMetAFaultIsSentAgainAfterItsBackoff() {
        Dispatcher<Integer> dispatcher = dispatcher(1);
        Flight<Integer> flight = sent(dispatcher, START);

        assertThat(settle(dispatcher, flight, fault(Fault.SERVER_ERROR), START + SECOND))
                .isInstanceOf(Outcome.Again.class);

        long due = waitUntil(dispatcher, START + SECOND);
        assertThat(due - START).isBetween(2 * SECOND, 3 * SECOND);
        assertThat(dispatcher.backingOff()).isEqualTo(1);
        assertThat(sent(dispatcher, due)).isSameAs(flight);
        assertThat(flight.attempts).isEqualTo(1);
        assertThat(dispatcher.retries()).isEqualTo(1);
        assertThat(settle(dispatcher, flight, ANSWERED, due)).isInstanceOf(Outcome.Done.class);
        assertThat(dispatcher.next(due)).isInstanceOf(Step.Finished.class);
    }

    @Test
    void theLastAttemptFailsTheRow() {
        Dispatcher<Integer> dispatcher = dispatcher(1);
        long now = START;
        for (int attempt = 1; attempt < RetryPolicy.DEFAULT.maxAttempts(); attempt++) {
            assertThat(settle(dispatcher, sent(dispatcher, now), fault(Fault.TIMEOUT), now))
                    .isInstanceOf(Outcome.Again.class);
            now = waitUntil(dispatcher, now);
        }

        assertThat(settle(dispatcher, sent(dispatcher, now), fault(Fault.TIMEOUT), now))
                .isInstanceOf(Outcome.Failed.class);
        assertThat(dispatcher.next(now)).isInstanceOf(Step.Finished.class);
    }

    @Test
    void aRefusalCostsNoAttemptAndTheRowGoesFirst() {
        Dispatcher<Integer> dispatcher = dispatcher(2);
        Flight<Integer> flight = sent(dispatcher, START);
        Verdict refused = new Verdict.Throttled(LimitExceeded.unexplained(Optional.of(Duration.ofSeconds(3))), "Wait.");

        assertThat(settle(dispatcher, flight, refused, START)).isInstanceOf(Outcome.Again.class);

        assertThat(waitUntil(dispatcher, START)).isEqualTo(START + 3 * SECOND);
        assertThat(dispatcher.blockedBy()).contains(new BlockedBy.ByProvider());
        assertThat(sent(dispatcher, START + 3 * SECOND)).isSameAs(flight);
        assertThat(flight.attempts).isZero();
        assertThat(flight.sendings()).isEqualTo(2);
        assertThat(dispatcher.refusals()).isEqualTo(1);
    }

    @Test
    void aFailedConnectionCostsNoAttemptAndOneRowTriesAgainBesideCallsThatHang() {
        Dispatcher<Integer> dispatcher = dispatcher(5);
        Flight<Integer> hanging = sent(dispatcher, START);
        Flight<Integer> flight = sent(dispatcher, START);

        Outcome unused = settle(dispatcher, flight, fault(Fault.CONNECT_FAILED), START);

        long due = waitUntil(dispatcher, START);
        assertThat(due - START).isBetween(SECOND, 2 * SECOND);
        assertThat(sent(dispatcher, due)).isSameAs(flight);
        assertThat(flight.attempts).isZero();
        assertThat(waitUntil(dispatcher, due) - due).isEqualTo(30 * SECOND);
        unused = settle(dispatcher, hanging, fault(Fault.TIMEOUT), due + SECOND);
        assertThat(dispatcher.next(due + SECOND)).isInstanceOf(Step.Wait.class);
        unused = settle(dispatcher, flight, ANSWERED, due + 2 * SECOND);
        assertThat(sent(dispatcher, due + 2 * SECOND).row()).isPositive();
    }

    @Test
    void aRowThatNoLimitEverHoldsFailsAndTheOthersGoOn() {
        Dispatcher<Integer> dispatcher = dispatcher(2);
        tokens = 2_000_000;
        assertThat(dispatcher.next(START)).isInstanceOfSatisfying(Step.Fail.class, fail -> {
            assertThat(fail.flight().row()).isEqualTo(0);
            assertThat(fail.explanation())
                    .startsWith("The request needs 2,000,000 tokens")
                    .contains("1,000,000");
        });

        tokens = 100;
        Outcome unused = settle(dispatcher, sent(dispatcher, START), ANSWERED, START);
        assertThat(dispatcher.next(START)).isInstanceOf(Step.Finished.class);
    }

    @Test
    void aStopSendsNothingNewAndWaitsForWhatIsInFlight() {
        Dispatcher<Integer> dispatcher = dispatcher(5);
        Flight<Integer> flight = sent(dispatcher, START);
        dispatcher.stop(new StopCause.Interrupted());
        dispatcher.stop(new StopCause.ByProvider("Later."));

        assertThat(dispatcher.next(START)).isEqualTo(new Step.Wait<Integer>(OptionalLong.empty()));
        assertThat(settle(dispatcher, flight, ANSWERED, START)).isInstanceOf(Outcome.Done.class);
        assertThat(dispatcher.next(START)).isInstanceOf(Step.Finished.class);
        assertThat(dispatcher.stopCause()).contains(new StopCause.Interrupted());
    }

    @Test
    void aStoppedAccountLeavesTheRowOpen() {
        Dispatcher<Integer> dispatcher = dispatcher(5);
        Verdict stopped = new Verdict.AccountStopped(Verdict.StoppedBecause.BAD_KEY, "No key.");

        assertThat(settle(dispatcher, sent(dispatcher, START), stopped, START)).isInstanceOf(Outcome.LeftOpen.class);
        assertThat(dispatcher.next(START)).isInstanceOf(Step.Finished.class);
        assertThat(dispatcher.stopCause()).contains(new StopCause.ByProvider("No key."));
    }

    @Test
    void aRowBeyondTheBudgetWaitsForWhatIsInFlightAndNamesNoLimitOfTheQuota() {
        budget = 100;
        worstCase = 60;
        Dispatcher<Integer> dispatcher = dispatcher(3);
        Flight<Integer> first = sent(dispatcher, START);
        // The second row waits for the quota at first, which leaves a time and a limit behind.
        tokens = 1_000_000;
        worstCase = 0;
        assertThat(waitUntil(dispatcher, START) - START).isPositive();
        assertThat(dispatcher.blockedBy()).isPresent();
        tokens = 100;
        worstCase = 60;

        assertThat(dispatcher.next(START)).isEqualTo(new Step.Wait<Integer>(OptionalLong.empty()));
        assertThat(dispatcher.blockedBy()).isEmpty();

        Outcome unused = dispatcher.settled(first, ANSWERED, List.of(), 10, START);
        Flight<Integer> second = sent(dispatcher, START);
        unused = dispatcher.settled(second, ANSWERED, List.of(), 60, START);
        assertThat(dispatcher.next(START)).isInstanceOf(Step.Finished.class);
        assertThat(dispatcher.stopCause().orElseThrow()).isInstanceOf(StopCause.BudgetReached.class);
    }

    @Test
    void rowsThatBackOffComeInTheOrderTheyAreDueAcrossTheTurnOfTheClock() {
        Lane<Integer> lane = lane(3);
        for (long due : new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 1, Long.MAX_VALUE + 1}) {
            Flight<Integer> flight = new Flight<>(0, lane);
            flight.dueAt = due;
            lane.backingOff.add(flight);
        }

        assertThat(lane.backingOff.remove().dueAt).isEqualTo(Long.MAX_VALUE - 1);
        assertThat(lane.backingOff.remove().dueAt).isEqualTo(Long.MAX_VALUE);
        assertThat(lane.backingOff.remove().dueAt).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void aWrongModelStopsTheRunAfterTwentyRowsAndLeavesThemOpen() {
        Dispatcher<Integer> dispatcher = dispatcher(100);
        Flight<Integer> slow = sent(dispatcher, START);
        long now = START;
        for (int i = 0; i < 20; i++) {
            now += SECOND;
            assertThat(dispatcher.stopCause()).isEmpty();
            assertThat(settle(dispatcher, sent(dispatcher, now), notFound(), now))
                    .isInstanceOf(Outcome.Held.class);
        }

        assertThat(dispatcher.next(now)).isInstanceOf(Step.Wait.class);
        assertThat(settle(dispatcher, slow, notFound(), now)).isInstanceOf(Outcome.Held.class);
        assertThat(dispatcher.next(now)).isInstanceOf(Step.Finished.class);
        assertThat(dispatcher.stopCause().orElseThrow()).isInstanceOf(StopCause.ByProvider.class);
        assertThat(dispatcher.stopCause().orElseThrow().explanation())
                .contains("first 20 requests for gpt-x", "No such model.", "stay open");
    }

    @Test
    void rowsThatAreNotFoundFailAsSoonAsAnotherOneIsFound() {
        Dispatcher<Integer> dispatcher = dispatcher(100);
        long now = START;
        for (int i = 0; i < 19; i++) {
            now += SECOND;
            Outcome unused = settle(dispatcher, sent(dispatcher, now), notFound(), now);
        }
        Outcome unused = settle(dispatcher, sent(dispatcher, now), ANSWERED, now);

        for (int i = 0; i < 19; i++) {
            int row = i;
            assertThat(dispatcher.next(now))
                    .isInstanceOfSatisfying(
                            Step.Fail.class,
                            fail -> assertThat(fail.flight().row()).isEqualTo(row));
        }
        assertThat(settle(dispatcher, sent(dispatcher, now), notFound(), now)).isInstanceOf(Outcome.Failed.class);
        assertThat(dispatcher.stopCause()).isEmpty();
    }

    @Test
    void aFewRowsThatAreAllNotFoundFailWhenNoneIsLeft() {
        Dispatcher<Integer> dispatcher = dispatcher(2);
        Flight<Integer> first = sent(dispatcher, START);
        Flight<Integer> second = sent(dispatcher, START);
        Outcome unused = settle(dispatcher, first, notFound(), START);
        assertThat(dispatcher.next(START)).isInstanceOf(Step.Wait.class);
        unused = settle(dispatcher, second, notFound(), START);

        assertThat(dispatcher.next(START)).isEqualTo(new Step.Fail<>(first, "No such model."));
        assertThat(dispatcher.next(START)).isEqualTo(new Step.Fail<>(second, "No such model."));
        assertThat(dispatcher.next(START)).isInstanceOf(Step.Finished.class);
        assertThat(dispatcher.stopCause()).isEmpty();
    }

    private Dispatcher<Integer> dispatcher(int rows) {
        lanes.add(lane(rows));
        RandomGenerator random = Seeds.random(1);
        SpendGuard guard = new SpendGuard(budget, 0, 0);
        assertThat(guard.isMarked(worstCase)).isEqualTo(budget == Long.MAX_VALUE || worstCase == 0);
        guard.nextMark().ifPresent(mark -> guard.marked(mark, 0));
        return new Dispatcher<>(
                lanes,
                new Dispatcher.Costing<>() {
                    @Override
                    public Cost cost(Integer row) {
                        return Cost.ofTokens(tokens);
                    }

                    @Override
                    public long worstCaseNanoDollars(Integer row) {
                        return worstCase;
                    }
                },
                RetryPolicy.DEFAULT,
                new RetryBudget(RetryBudget.Settings.DEFAULT, START),
                guard,
                new ConnectionWatch(Duration.ofSeconds(15), Duration.ofMinutes(10), random),
                random);
    }

    private static Lane<Integer> lane(int rows) {
        Quota quota = new Quota(QuotaSettings.learnEverything()
                .withKnown(List.of(
                        new Limit(Dimension.REQUESTS_PER_MINUTE, 10_000),
                        new Limit(Dimension.TOKENS_PER_MINUTE, 1_000_000))));
        return new Lane<>("gpt-x", quota, new StridePicker<>(Map.of(1, (long) rows), (stratum, after, limit) -> {
            List<Integer> page = new ArrayList<>();
            for (int row = after == null ? 0 : after + 1; row < rows && page.size() < limit; row++) {
                page.add(row);
            }
            return page;
        }));
    }

    private static Flight<Integer> sent(Dispatcher<Integer> dispatcher, long now) {
        Step<Integer> step = dispatcher.next(now);
        if (step instanceof Step.Send<Integer> send) {
            return send.flight();
        }
        throw new AssertionError("not to send but " + step);
    }

    private static long waitUntil(Dispatcher<Integer> dispatcher, long now) {
        Step<Integer> step = dispatcher.next(now);
        if (step instanceof Step.Wait<Integer> wait) {
            return wait.untilNanos().orElseThrow();
        }
        throw new AssertionError("not to wait but " + step);
    }

    private static Outcome settle(Dispatcher<Integer> dispatcher, Flight<Integer> flight, Verdict verdict, long now) {
        return dispatcher.settled(flight, verdict, List.of(), 0, now);
    }

    private static Verdict fault(Fault fault) {
        return new Verdict.Transient(fault, Optional.empty(), "Broken.");
    }

    private static Verdict notFound() {
        return new Verdict.Rejected(RejectedBecause.NOT_FOUND, "No such model.");
    }
}
