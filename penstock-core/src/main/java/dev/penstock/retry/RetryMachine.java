package dev.penstock.retry;

import dev.penstock.retry.RetryReport.Ending;
import dev.penstock.retry.RetryReport.Tried;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One call and its retries, as pure decisions: told the time, random numbers and what came of an attempt, it answers what
 * to do next. {@link Retry} drives it with threads and timers, a simulation with its own events; all see the same.
 *
 * <p>Made by {@link Retry#machine}. For one call, and one thread at a time.
 */
public final class RetryMachine {
    private static final int MOST_REPORTED = 32;
    private static final long LONGEST_NANOS = Long.MAX_VALUE / 2;
    /** Bounds what costs no attempt, and what a server asks for, where the stop knows no limit in time. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final String NO_LONGER =
            ", and without a limit in time the policy waits no longer than " + RetryReport.seconds(PATIENCE);

    private final Retry retry;
    private final Deque<Tried> tried = new ArrayDeque<>();
    private final int[] ruleAttempts;
    private final int[] ruleWaits;

    private boolean started;
    private boolean paused;
    private boolean done;
    private long startedAt;
    private long attemptAt;
    private long pausedAt;
    private long pausedUntil;
    private @Nullable Attempt attempt;
    private SharedGate.@Nullable Ticket ticket;
    private boolean asksBudget;

    private int sent;
    private int number;
    private int waits;
    private Duration waited = Duration.ZERO;
    private Duration waitedSinceAttempt = Duration.ZERO;
    private Duration previousWait = Duration.ZERO;
    private Duration unpaid = Duration.ZERO;
    private Optional<Duration> hint = Optional.empty();
    private Optional<Outcome<?>> last = Optional.empty();
    private String reason = "";
    /** Of the rule that the last failure fell under; the policy's own stop holds beside it. */
    private Stop ruleStop = Stop.never();

    RetryMachine(Retry retry) {
        this.retry = retry;
        ruleAttempts = new int[retry.rules.size()];
        ruleWaits = new int[retry.rules.size()];
    }

    /** What to do next. */
    public sealed interface Step {
        /** Make an attempt now, and tell {@link RetryMachine#settled} what came of it. */
        record Try(Attempt attempt) implements Step {}

        /**
         * Wait, then ask {@link RetryMachine#resumed}.
         *
         * @param time above zero
         */
        record Pause(Duration time) implements Step {}

        /**
         * Nothing more.
         *
         * @param last what came of the last attempt; empty if there was none
         */
        record Done(RetryReport report, Optional<Outcome<?>> last) implements Step {}
    }

    /** The call begins. */
    public Step start(long nowNanos) {
        started = true;
        startedAt = nowNanos;
        retry.publish(new RetryEvent.Started(retry.name()));
        retry.budget.requestSent(nowNanos);
        return tryOrGate(nowNanos);
    }

    /** What came of the attempt. */
    public Step settled(Outcome<?> outcome, long nowNanos, RandomGenerator random) {
        Attempt settled = attempt;
        if (settled == null) {
            throw new IllegalStateException(
                    "no attempt is under way; settle each one once, when it is told to be made");
        }
        attempt = null;
        return settled(outcome, retry.judge(outcome, settled), nowNanos, random);
    }

    /** The first attempt was made without a machine, which is only needed where it is not accepted. */
    Step settledFirst(long beganAt, Outcome<?> outcome, Judgement judgement, long nowNanos, RandomGenerator random) {
        started = true;
        startedAt = beganAt;
        attemptAt = beganAt;
        sent = 1;
        return settled(outcome, judgement, nowNanos, random);
    }

    private Step settled(Outcome<?> outcome, Judgement judgement, long nowNanos, RandomGenerator random) {
        last = Optional.of(outcome);
        reason = judgement.reason();
        if (tried.size() == MOST_REPORTED) {
            tried.removeFirst();
        }
        tried.addLast(new Tried(sent, waitedSinceAttempt, Duration.ofNanos(nowNanos - attemptAt), reason));
        waitedSinceAttempt = Duration.ZERO;
        if (!(judgement instanceof Judgement.Accept)) {
            retry.publish(new RetryEvent.AttemptFailed(retry.name(), sent, outcome, judgement));
        }
        hint = Optional.empty();
        ruleStop = Stop.never();
        return switch (judgement) {
            case Judgement.Accept accepted -> {
                number++;
                yield done(Ending.SUCCEEDED, "", nowNanos);
            }
            case Judgement.Abort aborted -> done(Ending.NOT_RETRYABLE, "it cannot be tried again", nowNanos);
            case Judgement.TryAgain again -> {
                hint = again.hint().or(() -> retry.hintOf(outcome));
                yield again.countsAsAttempt()
                        ? afterFault(outcome, nowNanos, random)
                        : afterUncounted(outcome, false, nowNanos, random);
            }
            case Judgement.Throttled throttled -> {
                hint = throttled.hint().or(() -> retry.hintOf(outcome));
                yield afterUncounted(outcome, true, nowNanos, random);
            }
        };
    }

    /** The pause is over. Before it is, says how long it still lasts. */
    public Step resumed(long nowNanos, RandomGenerator random) {
        if (!paused) {
            throw new IllegalStateException("the call does not wait; resume it once, after a pause");
        }
        if (pausedUntil - nowNanos > 0) {
            return new Step.Pause(Duration.ofNanos(pausedUntil - nowNanos));
        }
        addWaited(nowNanos);
        if (asksBudget) {
            return payAndPause(state(last.orElseThrow(), nowNanos), Duration.ZERO, nowNanos, random);
        }
        return tryOrGate(nowNanos);
    }

    /** The call is not wanted any more, and the attempt that was to be made now is not made: it does not count. */
    public Step.Done withdrawn(long nowNanos) {
        if (attempt == null) {
            throw new IllegalStateException("no attempt is to be made; withdraw one when it is told to be made");
        }
        sent--;
        return cancelled(nowNanos);
    }

    /** The call is not wanted any more: no further attempt. One that is under way counts. */
    public Step.Done cancelled(long nowNanos) {
        if (!started) {
            startedAt = nowNanos;
        }
        if (paused) {
            addWaited(nowNanos);
        }
        attempt = null;
        return done(Ending.CANCELLED, "it was cancelled", nowNanos);
    }

    private Step afterFault(Outcome<?> outcome, long nowNanos, RandomGenerator random) {
        number++;
        int rule = retry.ruleFor(outcome);
        if (hint.isPresent()) {
            // The server has said where it stands: the series begins anew.
            waits = 0;
        }
        waits++;
        RetryState state = state(outcome, nowNanos);
        Wait wait = retry.wait;
        RetryState counted = state;
        if (rule >= 0) {
            ruleAttempts[rule]++;
            ruleWaits[rule] = hint.isPresent() ? 1 : ruleWaits[rule] + 1;
            counted = state.counting(ruleAttempts[rule], ruleWaits[rule]);
            wait = retry.rules.get(rule).pause();
            ruleStop = retry.rules.get(rule).stop();
        }
        if (hint.isPresent() && hint.get().isNegative()) {
            return done(Ending.STOPPED, "the server asks not to be tried again", nowNanos);
        }
        if (wait.ended(counted)) {
            return done(Ending.ATTEMPTS_USED_UP, "the list of waits is used up", nowNanos);
        }
        Duration time = drawn(wait, counted, random);
        Optional<Ending> ending = ruleStop.reason(counted.withUpcoming(time));
        if (ending.isEmpty()) {
            ending = retry.stop.reason(state.withUpcoming(time));
        }
        if (ending.isPresent()) {
            return done(ending.get(), why(ending.get(), time, nowNanos), nowNanos);
        }
        if (hintTooLong(nowNanos)
                || hint.isPresent() && isUnbounded(nowNanos) && hint.get().compareTo(PATIENCE) > 0) {
            return done(Ending.DEADLINE, why(Ending.DEADLINE, time, nowNanos), nowNanos);
        }
        return payAndPause(state, time, nowNanos, random);
    }

    // A fault is paid from the budget; while that is empty the call waits, and gives up only when it is too late.
    private Step payAndPause(RetryState state, Duration time, long nowNanos, RandomGenerator random) {
        asksBudget = false;
        if (retry.budget.tryRetry(nowNanos)) {
            return time.isZero() ? tryOrGate(nowNanos) : pause(time, nowNanos);
        }
        retry.counters.budgetRefused();
        // All who find the budget empty are told the same time; the spread keeps them apart.
        Duration ask =
                time.plus(Backoff.afterHint(Duration.ofNanos(retry.budget.waitNanos(nowNanos)), random.nextDouble()));
        if (tooLate(state, ask, nowNanos)) {
            return done(
                    Ending.BUDGET,
                    "the retry budget is empty: a retry costs 1 and " + retry.budget.balance(nowNanos)
                            + " are left, since so many calls fail",
                    nowNanos);
        }
        asksBudget = true;
        unpaid = unpaid.plus(ask);
        return pause(ask, nowNanos);
    }

    private Step afterUncounted(Outcome<?> outcome, boolean throttled, long nowNanos, RandomGenerator random) {
        waits = hint.isPresent() ? 1 : waits + 1;
        if (hint.isPresent() && hint.get().isNegative()) {
            return done(Ending.STOPPED, "the server asks not to be tried again", nowNanos);
        }
        RetryState state = state(outcome, nowNanos);
        // What costs no attempt must not become a storm: without a hint it backs off, whatever the policy's waits are.
        Duration time =
                throttled ? drawn(Wait.serverHint(retry.wait), state, random) : drawn(Wait.none(), state, random);
        if (hint.isEmpty()) {
            boolean justNotSent = !throttled && waits == 1;
            time = justNotSent
                    ? Backoff.afterHint(Duration.ZERO, random.nextDouble())
                    : Backoff.longer(time, Backoff.DEFAULT.delay(waits, random));
        }
        if (throttled) {
            retry.gate.throttled(hint.orElse(time), nowNanos);
        }
        if (hintTooLong(nowNanos) || tooLate(state, time, nowNanos)) {
            return done(Ending.DEADLINE, why(Ending.DEADLINE, time, nowNanos), nowNanos);
        }
        unpaid = unpaid.plus(time);
        return time.isZero() ? tryOrGate(nowNanos) : pause(time, nowNanos);
    }

    // Even a stop that lets a wait end late is not meant to sleep out whatever a server names.
    private boolean hintTooLong(long nowNanos) {
        return hint.isPresent()
                && left(nowNanos)
                        .filter(left -> hint.get().compareTo(left) >= 0)
                        .isPresent();
    }

    private boolean tooLate(RetryState state, Duration time, long nowNanos) {
        RetryState uncounted = state.counting(0, state.waits()).withUpcoming(time);
        if (ruleStop.reason(uncounted).isPresent()
                || retry.stop.reason(uncounted).isPresent()) {
            return true;
        }
        return isUnbounded(nowNanos) && unpaid.plus(time).compareTo(PATIENCE) > 0;
    }

    // Who says that it shall never stop means it; who names a number of attempts has only forgotten the time.
    private boolean isUnbounded(long nowNanos) {
        return left(nowNanos).isEmpty() && !(retry.stop instanceof Stops.Never);
    }

    private Step tryOrGate(long nowNanos) {
        ticket = retry.enabled ? retry.gate.ask(ticket, nowNanos) : null;
        Duration closed = retry.gate.closedFor(ticket, nowNanos);
        if (closed.isPositive()) {
            Optional<Duration> left = left(nowNanos);
            if (left.isPresent() && closed.compareTo(left.get()) >= 0) {
                hint = Optional.of(closed);
                return done(Ending.DEADLINE, "the quota is used up for " + RetryReport.seconds(closed), nowNanos);
            }
            if (isUnbounded(nowNanos) && unpaid.plus(closed).compareTo(PATIENCE) > 0) {
                hint = Optional.of(closed);
                return done(
                        Ending.DEADLINE,
                        "the quota is used up for " + RetryReport.seconds(closed) + NO_LONGER,
                        nowNanos);
            }
            unpaid = unpaid.plus(closed);
            reason = reason.isEmpty() ? "the quota is used up" : reason;
            return pause(closed, nowNanos);
        }
        ticket = null;
        sent++;
        attemptAt = nowNanos;
        if (sent > 1) {
            retry.publish(new RetryEvent.Retrying(retry.name(), sent));
        }
        Attempt next = new Attempt(retry, sent, startedAt, nowNanos);
        attempt = next;
        return new Step.Try(next);
    }

    private Step pause(Duration time, long nowNanos) {
        long nanos = Math.min(LONGEST_NANOS, TimeUnit.NANOSECONDS.convert(time));
        paused = true;
        pausedAt = nowNanos;
        pausedUntil = nowNanos + nanos;
        retry.publish(new RetryEvent.Waiting(
                retry.name(), sent, retry.stop.mostAttempts(), reason, time, hint, left(pausedUntil)));
        return new Step.Pause(Duration.ofNanos(nanos));
    }

    private void addWaited(long nowNanos) {
        previousWait = Duration.ofNanos(nowNanos - pausedAt);
        waited = waited.plus(previousWait);
        waitedSinceAttempt = waitedSinceAttempt.plus(previousWait);
        paused = false;
    }

    private Duration drawn(Wait wait, RetryState state, RandomGenerator random) {
        Duration time = wait.next(state, random);
        if (time.isNegative()) {
            throw new IllegalStateException("the wait " + wait + " gave " + time + "; a wait must be zero or longer");
        }
        return Backoff.afterHint(hint, time, random);
    }

    private RetryState state(Outcome<?> outcome, long nowNanos) {
        return new RetryState(
                retry.name(),
                number,
                sent,
                Math.max(1, waits),
                Duration.ofNanos(nowNanos - startedAt),
                waited,
                previousWait,
                Duration.ZERO,
                hint,
                outcome,
                nowNanos);
    }

    private Optional<Duration> left(long nowNanos) {
        return retry.stop.left(Duration.ofNanos(nowNanos - startedAt), nowNanos);
    }

    private String why(Ending ending, Duration time, long nowNanos) {
        return switch (ending) {
            case ATTEMPTS_USED_UP -> "that is as often as the policy allows";
            case DEADLINE ->
                hint.map(asked -> "the server asks to wait " + RetryReport.seconds(asked))
                                .orElse("the next attempt is due in " + RetryReport.seconds(time))
                        + left(nowNanos)
                                .map(left -> ", and " + RetryReport.seconds(left) + " are left")
                                .orElse(NO_LONGER);
            case STOPPED, SUCCEEDED, BUDGET, NOT_RETRYABLE, CANCELLED -> "the policy says so";
        };
    }

    private Step.Done done(Ending ending, String why, long nowNanos) {
        if (done) {
            throw new IllegalStateException("the call has ended; make a new machine for another one");
        }
        done = true;
        Duration total = Duration.ofNanos(nowNanos - startedAt);
        String times = sent == 1 ? " attempt" : " attempts";
        String explanation = ending == Ending.SUCCEEDED
                ? retry.name() + ": accepted after " + sent + times
                : retry.name() + ": gave up after " + sent + times + " in " + RetryReport.seconds(total)
                        + (reason.isEmpty() ? "" : " (" + reason + ")") + ": " + why;
        var report = new RetryReport(retry.name(), List.copyOf(tried), sent, total, waited, ending, hint, explanation);
        retry.counters.ended(report);
        retry.publish(
                ending == Ending.SUCCEEDED
                        ? new RetryEvent.Succeeded(retry.name(), report)
                        : new RetryEvent.GaveUp(retry.name(), report));
        return new Step.Done(report, last);
    }
}
