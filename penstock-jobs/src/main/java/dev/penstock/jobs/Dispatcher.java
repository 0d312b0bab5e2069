package dev.penstock.jobs;

import dev.penstock.limit.Cost;
import dev.penstock.limit.LimitState;
import dev.penstock.quota.Admission;
import dev.penstock.quota.BlockedBy;
import dev.penstock.quota.Settlement;
import dev.penstock.retry.ConnectionWatch;
import dev.penstock.retry.RetryBudget;
import dev.penstock.retry.RetryDecision;
import dev.penstock.retry.RetryPolicy;
import dev.penstock.verdict.Verdict;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides which row of a job is sent when, and what becomes of it after its answer. It has no clock, no thread and no
 * socket: the live runner drives it with real answers, the virtual runs of tests and benchmarks with simulated ones.
 *
 * <p>Not safe for use by several threads: one owner asks {@link #next} until it is told to wait, and reports each answer
 * once.
 *
 * @param <R> a row
 */
final class Dispatcher<R> {
    /** Rows that back off at the same time; beyond that an outage is waited out with the rows still in the file. */
    private static final int MAX_BACKING_OFF = 1_000;

    /** Rows of a lane that are not found before the model's name or the address is taken for wrong. */
    private static final int NOT_FOUND_UNTIL_STOP = 20;

    private final List<Lane<R>> lanes;
    private final Costing<R> costing;
    private final RetryPolicy retryPolicy;
    private final RetryBudget retryBudget;
    private final SpendGuard spend;
    private final ConnectionWatch connection;
    private final RandomGenerator random;
    private final ArrayDeque<Step.Fail<R>> givenUp = new ArrayDeque<>();

    private int inFlight;
    private int nextLane;

    /** The row that tries while there is no connection. */
    private @Nullable Flight<R> probe;

    private @Nullable StopCause stop;
    private boolean moreMayCome;
    private @Nullable BlockedBy blockedBy;
    private long sendings;
    private long retries;
    private long refusals;

    /** What rows cost. */
    interface Costing<R> {
        /** What the provider will charge against its limits. */
        Cost cost(R row);

        /** The most that it can cost in nano-dollars; 0 when nothing is known or nothing is capped. */
        long worstCaseNanoDollars(R row);

        /** A row waits for {@link SpendGuard#nextMark} to be on the disk. Ask again when it is. */
        default void markWanted() {}
    }

    Dispatcher(
            List<Lane<R>> lanes,
            Costing<R> costing,
            RetryPolicy retryPolicy,
            RetryBudget retryBudget,
            SpendGuard spend,
            ConnectionWatch connection,
            RandomGenerator random) {
        this.lanes = List.copyOf(lanes);
        this.costing = costing;
        this.retryPolicy = retryPolicy;
        this.retryBudget = retryBudget;
        this.spend = spend;
        this.connection = connection;
        this.random = random;
    }

    /** Does not end when there are no rows left, as more may come, until {@link #noMore}. */
    void expectMore() {
        moreMayCome = true;
    }

    /** All rows have come. */
    void noMore() {
        moreMayCome = false;
    }

    /** The next thing to do. Ask again after each step but {@link Step.Wait} and {@link Step.Finished}. */
    Step<R> next(long now) {
        blockedBy = null;
        if (stop == null) {
            connection
                    .givenUp(now)
                    .ifPresent(why -> stop = new StopCause.Unreachable(why + " The run can be resumed."));
        }
        if (stop != null) {
            return inFlight == 0 ? new Step.Finished<>() : new Step.Wait<>(OptionalLong.empty());
        }
        Step.Fail<R> failed = givenUp.poll();
        if (failed != null) {
            return failed;
        }
        OptionalLong pause = connection.pausedUntil(now);
        if (pause.isPresent()) {
            return new Step.Wait<>(pause);
        }
        OptionalLong wake = OptionalLong.empty();
        boolean drained = true;
        for (int i = 0; i < lanes.size(); i++) {
            Lane<R> lane = lanes.get((nextLane + i) % lanes.size());
            Flight<R> flight = candidate(lane, now);
            if (!moreMayCome && lane.onlyNotFoundLeft()) {
                failNotFound(lane);
            }
            drained &= lane.drained();
            if (flight != null) {
                drained = false;
                Optional<Step<R>> step = trySending(flight, now);
                if (step.isPresent()) {
                    nextLane = (nextLane + i + 1) % lanes.size();
                    return step.get();
                }
                if (stop != null) {
                    return next(now);
                }
                wake = earlier(wake, flight.dueAt, flight.dueAt - now > 0);
            }
            Flight<R> soonest = lane.backingOff.peek();
            wake = soonest == null ? wake : earlier(wake, soonest.dueAt, true);
        }
        if (!givenUp.isEmpty()) {
            return next(now);
        }
        if (drained && inFlight == 0 && !moreMayCome) {
            return new Step.Finished<>();
        }
        return new Step.Wait<>(wake);
    }

    /**
     * Takes what became of a row that was sent.
     *
     * @param verdict what its answer means
     * @param states what the answer's headers said of the limits
     * @param costNanoDollars what it cost
     */
    Outcome settled(Flight<R> flight, Verdict verdict, List<LimitState> states, long costNanoDollars, long now) {
        flight.lane().quota().settle(Objects.requireNonNull(flight.reservation), Settlement.of(verdict, states), now);
        flight.reservation = null;
        inFlight--;
        flight.lane().inFlight--;
        spend.settle(flight.reservedNanoDollars, costNanoDollars);
        connection.settled(verdict, flight == probe, now);
        if (flight == probe) {
            probe = null;
        }
        return switch (verdict) {
            case Verdict.Accepted accepted -> {
                found(flight.lane());
                yield new Outcome.Done();
            }
            case Verdict.AccountStopped stopped -> {
                requeueFirst(flight);
                stop(new StopCause.ByProvider(stopped.explanation()));
                yield new Outcome.LeftOpen(stopped.explanation());
            }
            case Verdict.Transient fault
            when fault.fault() == Verdict.Fault.CONNECT_FAILED -> {
                // It was certainly not sent: nothing was paid and no attempt is used up.
                requeueFirst(flight);
                yield new Outcome.Again(fault.explanation());
            }
            case Verdict.Throttled throttled -> {
                refusals++;
                yield decide(flight, throttled, now);
            }
            case Verdict.SlowDown slowDown -> {
                refusals++;
                yield decide(flight, slowDown, now);
            }
            case Verdict.Transient fault -> {
                flight.attempts++;
                yield decide(flight, fault, now);
            }
            case Verdict.Rejected rejected -> rejected(flight, rejected);
        };
    }

    /**
     * A wrong model or base URL fails every row alike. Rows that are not found are held until one of the lane is found,
     * and fail then; if none is, the run stops and they stay open.
     */
    private Outcome rejected(Flight<R> flight, Verdict.Rejected rejected) {
        Lane<R> lane = flight.lane();
        if (rejected.reason() != Verdict.RejectedBecause.NOT_FOUND) {
            found(lane);
        }
        if (lane.everFound) {
            return new Outcome.Failed(rejected, rejected.explanation());
        }
        flight.rejection = rejected.explanation();
        lane.notFound.add(flight);
        if (lane.notFound.size() >= NOT_FOUND_UNTIL_STOP) {
            String model = lane.family().isEmpty() ? "" : " for " + lane.family();
            stop(new StopCause.ByProvider("The first " + NOT_FOUND_UNTIL_STOP + " requests" + model
                    + " were all answered with 'not found', so the others would be too. " + rejected.explanation()
                    + " These rows stay open."));
        }
        return new Outcome.Held(rejected.explanation());
    }

    private void found(Lane<R> lane) {
        if (!lane.everFound) {
            lane.everFound = true;
            failNotFound(lane);
        }
    }

    private void failNotFound(Lane<R> lane) {
        lane.notFound.forEach(flight -> givenUp.add(new Step.Fail<>(flight, flight.rejection)));
        lane.notFound.clear();
    }

    /** Sends nothing new from now on. The first cause stands. */
    void stop(StopCause cause) {
        if (stop == null) {
            stop = cause;
        }
    }

    Optional<StopCause> stopCause() {
        return Optional.ofNullable(stop);
    }

    int inFlight() {
        return inFlight;
    }

    /** What of the quota keeps a row from being sent, by the last {@link #next}. */
    Optional<BlockedBy> blockedBy() {
        return Optional.ofNullable(blockedBy);
    }

    long sendings() {
        return sendings;
    }

    long retries() {
        return retries;
    }

    long refusals() {
        return refusals;
    }

    int backingOff() {
        return lanes.stream().mapToInt(lane -> lane.backingOff.size()).sum();
    }

    private @Nullable Flight<R> candidate(Lane<R> lane, long now) {
        for (Flight<R> due = lane.backingOff.peek();
                due != null && due.dueAt - now <= 0;
                due = lane.backingOff.peek()) {
            lane.backingOff.remove();
            Verdict undecided = due.undecided;
            if (undecided == null) {
                lane.ready.addLast(due);
            } else {
                due.undecided = null;
                if (decide(due, undecided, now) instanceof Outcome.Failed failed) {
                    givenUp.add(new Step.Fail<>(due, failed.explanation()));
                }
            }
        }
        Flight<R> first = lane.ready.peekFirst();
        if (first == null && lane.backingOff.size() < MAX_BACKING_OFF) {
            first = lane.pick();
            if (first != null) {
                lane.ready.addFirst(first);
            }
        }
        return first;
    }

    private Optional<Step<R>> trySending(Flight<R> flight, long now) {
        long worstCase = costing.worstCaseNanoDollars(flight.row());
        if (!spend.allows(worstCase)) {
            if (!spend.mayAllowLater(worstCase)) {
                stop(new StopCause.BudgetReached(spend.reached()));
            }
            flight.dueAt = now; // no time helps: what is in flight may turn out cheaper
            return Optional.empty();
        }
        if (!spend.isMarked(worstCase)) {
            costing.markWanted();
            return Optional.empty();
        }
        if (!spend.trySetAside(worstCase)) {
            flight.dueAt = now;
            return Optional.empty();
        }
        return switch (flight.lane().quota().reserve(costing.cost(flight.row()), now)) {
            case Admission.Granted granted -> {
                flight.lane().ready.remove(flight);
                flight.reservation = granted.reservation();
                flight.reservedNanoDollars = worstCase;
                if (!flight.sentBefore) {
                    retryBudget.requestSent(now);
                    flight.sentBefore = true;
                    flight.firstSentAt = now;
                } else {
                    retries++;
                }
                flight.sentAt = now;
                flight.sendings++;
                sendings++;
                inFlight++;
                flight.lane().inFlight++;
                if (connection.failing()) {
                    probe = flight;
                    connection.probeSent(now);
                }
                yield Optional.of(new Step.Send<>(flight));
            }
            case Admission.Deferred deferred -> {
                spend.settle(worstCase, 0);
                blockedBy = deferred.by();
                flight.dueAt = deferred.retryAtNanos().orElse(now);
                yield Optional.empty();
            }
            case Admission.Impossible impossible -> {
                spend.settle(worstCase, 0);
                flight.lane().ready.remove(flight);
                BlockedBy.ByLimit by = impossible.by();
                yield Optional.of(new Step.Fail<>(
                        flight,
                        "The request needs " + String.format(Locale.ROOT, "%,d", by.needed()) + " "
                                + by.dimension().unit().plural() + " and "
                                + by.explanation()
                                + " never holds more; make the prompt or the maximum output smaller."));
            }
        };
    }

    private Outcome decide(Flight<R> flight, Verdict verdict, long now) {
        RetryDecision decision =
                retryPolicy.decide(verdict, flight.attempts, now - flight.firstSentAt, retryBudget, now, random);
        return switch (decision) {
            case RetryDecision.RetryAfter after
            when !after.countsAsAttempt() -> {
                requeueFirst(flight); // the quota knows when
                yield new Outcome.Again(after.explanation());
            }
            case RetryDecision.RetryAfter after -> {
                flight.dueAt = now + after.delay().toNanos();
                flight.lane().backingOff.add(flight);
                yield new Outcome.Again(after.explanation());
            }
            case RetryDecision.AskAgainAfter later -> {
                flight.undecided = verdict;
                flight.dueAt = now + later.delay().toNanos();
                flight.lane().backingOff.add(flight);
                yield new Outcome.Again(later.explanation());
            }
            case RetryDecision.GiveUp giveUp -> new Outcome.Failed(verdict, giveUp.explanation());
        };
    }

    private static <R> void requeueFirst(Flight<R> flight) {
        flight.lane().ready.addFirst(flight);
    }

    private static OptionalLong earlier(OptionalLong wake, long at, boolean applies) {
        if (!applies) {
            return wake;
        }
        return wake.isEmpty() || at - wake.getAsLong() < 0 ? OptionalLong.of(at) : wake;
    }
}
