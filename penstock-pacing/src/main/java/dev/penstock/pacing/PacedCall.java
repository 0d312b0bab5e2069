package dev.penstock.pacing;

import dev.penstock.limit.LimitState;
import dev.penstock.quota.Settlement;
import dev.penstock.retry.RetryBudget;
import dev.penstock.retry.RetryDecision;
import dev.penstock.retry.RetryPolicy;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.AnswerReading;
import dev.penstock.wire.CostCalibration;
import dev.penstock.wire.HeaderLookup;
import dev.penstock.wire.RateLimitHeaders;
import dev.penstock.wire.VerdictReader;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One call of some HTTP client through a {@link Penstock}, from its first wait to its one end: what adapters have in
 * common. It knows no client; the adapter sends, and says what came of it.
 *
 * <pre>{@code
 * try (PacedCall call = penstock.paced(request)) {
 *     while (call.awaitTurn()) {
 *         // send; then one of:
 *         //   an answer:   call.accepted(headers), deliver it, call.ended() when its body is read
 *         //   a refusal:   switch (call.refused(status, headers, body)) over what to do next
 *         //   no answer:   switch (call.broke(fault, why)) over what to do next
 *     }
 *     // retries are used up: deliver the last failure as it is
 * }
 * }</pre>
 *
 * <p>After each turn exactly one of {@link #ended}, {@link #refused}, {@link #broke} and {@link #cutOff} is called, or
 * {@link #beganWith} has found a refusal; what comes later changes nothing. {@link #close} ends the call wherever it is, and may come from any thread at any time; the
 * other methods are for one thread at a time.
 */
public final class PacedCall implements AutoCloseable {
    /** No more of a refusal's body says anything. */
    public static final int MOST_ERROR_BYTES = 256 << 10;

    /** An answer up to this size can be held until it is whole, so that one that breaks off can be asked for again. */
    public static final int MOST_HELD_ANSWER_BYTES = 1 << 20;

    private final Penstock penstock;
    private final Desk desk;
    private final PacedRequest request;
    private final Waiter waiter;
    private final RetryPolicy policy;
    private final RetryBudget budget;

    /** How the next turn is waited for. */
    private Duration delay = Duration.ZERO;

    private RetryDecision.@Nullable AskAgainAfter later;
    private Verdict.@Nullable Transient lastFault;
    private int faults;
    private int sendings;

    private volatile @Nullable Grant grant;
    private volatile boolean closed;

    PacedCall(
            Penstock penstock, Desk desk, PacedRequest request, Waiter waiter, RetryPolicy policy, RetryBudget budget) {
        this.penstock = penstock;
        this.desk = desk;
        this.request = request;
        this.waiter = waiter;
        this.policy = policy;
        this.budget = budget;
    }

    /**
     * Waits for the turn to send: for quota, and before that for the end of a backoff.
     *
     * @return true to send now; false if the call is to end with its last failure, because its retries are used up
     * @throws RefusedException if it is not let through: it can never fit, not before its deadline, or the queue is full
     * @throws CancellationException if the call is closed meanwhile
     * @throws InterruptedException if the thread is interrupted before or meanwhile; nothing is held then
     */
    public boolean awaitTurn() throws InterruptedException {
        Held held = penstock.await(waiter, this::enter);
        return take(held);
    }

    /**
     * As {@link #awaitTurn} without a thread that waits. Fails with what that throws. To cancel it, {@link #close} the
     * call.
     */
    public CompletableFuture<Boolean> turn() {
        CompletableFuture<Boolean> turn = new CompletableFuture<>();
        enter(() -> penstock.execute(() -> {
            try {
                turn.complete(take(desk.outcome(waiter)));
            } catch (RefusedException | CancellationException e) {
                turn.completeExceptionally(e);
            }
        }));
        return turn;
    }

    private void enter(Runnable told) {
        RetryDecision.AskAgainAfter undecided = later;
        Verdict.Transient fault = lastFault;
        if (undecided != null && fault != null) {
            desk.askLater(waiter, undecided.delay(), now -> decision(fault, now), told);
        } else if (delay.isPositive()) {
            desk.askLater(waiter, delay, null, told);
        } else {
            desk.ask(waiter, told);
        }
        later = null;
        delay = Duration.ZERO;
    }

    private boolean take(@Nullable Held held) {
        if (held == null) {
            return false;
        }
        if (sendings == 0) {
            budget.requestSent(penstock.nanos());
        }
        sendings++;
        Grant taken = Grant.of(desk, held);
        grant = taken;
        if (closed) {
            taken.notSent();
            throw new CancellationException("the call was closed");
        }
        return true;
    }

    /** Whether a body of this status tells why the request was not answered and is to be read for {@link #refused}. */
    public static boolean isRefusal(int status) {
        return status >= 400;
    }

    /** The provider answers. Tells what the head says of the limits while the body is still to come. */
    public void accepted(HeaderLookup headers) {
        Grant current = grant;
        if (current != null) {
            current.observed(RateLimitHeaders.read(headers));
        }
    }

    /** The answer has been read to its end. */
    public void ended() {
        end(new Settlement.Answered(List.of()));
    }

    /** The answer broke off, or nobody wants the rest of it, after a part of it was delivered. It is not asked for again. */
    public void cutOff() {
        end(new Settlement.Failed(List.of(), false));
    }

    /**
     * The provider did not answer the request.
     *
     * @param status of HTTP, one for which {@link #isRefusal} holds
     * @param body as far as it was read, at most {@link #MOST_ERROR_BYTES}; may be empty
     */
    public Next refused(int status, HeaderLookup headers, byte[] body) {
        return decide(VerdictReader.read(status, headers, body), RateLimitHeaders.read(headers));
    }

    /**
     * Looks at the first event of a stream of status 200, of which nothing was delivered yet.
     *
     * @param data of the event, see {@link FirstEvent}
     * @return what to do instead if it is a refusal or a fault; empty if it is the begin of an answer
     */
    public Optional<Next> beganWith(HeaderLookup headers, byte[] data) {
        return VerdictReader.readStreamEvent(headers, data)
                .map(verdict -> decide(verdict, RateLimitHeaders.read(headers)));
    }

    /** There was no answer, or it broke off before any of it was delivered. */
    public Next broke(Verdict.Fault fault, String explanation) {
        return decide(new Verdict.Transient(fault, Optional.empty(), explanation), List.of());
    }

    /** How often it was sent. */
    public int sendings() {
        return sendings;
    }

    /** Time spent waiting, over all attempts so far. */
    public Duration waited() {
        return Duration.ofNanos(waiter.waitedNanos);
    }

    /** Ends the call, whatever it is doing: it leaves its queue, and what was sent counts as used. */
    @Override
    public void close() {
        closed = true;
        Grant current = grant;
        if (current == null) {
            desk.gone(waiter);
        } else {
            current.end(new Settlement.Failed(List.of(), false));
            desk.gone(waiter);
        }
    }

    private void end(Settlement settlement) {
        Grant current = grant;
        if (current != null) {
            current.end(settlement);
        }
    }

    private Next decide(Verdict verdict, List<LimitState> states) {
        end(Settlement.of(verdict, states));
        learn(new AnswerReading(verdict, states, Optional.empty()));
        if (closed || !request.repeatable()) {
            return new Next.GiveUp(verdict.explanation());
        }
        Next next = switch (verdict) {
            case Verdict.Accepted accepted -> new Next.GiveUp(accepted.explanation());
            case Verdict.Rejected rejected -> new Next.GiveUp(rejected.explanation());
            case Verdict.AccountStopped stopped -> new Next.GiveUp(stopped.explanation());
            case Verdict.Throttled throttled -> whenTheQuotaAllows(throttled);
            case Verdict.SlowDown slowDown -> whenTheQuotaAllows(slowDown);
            case Verdict.Transient fault -> afterFault(fault);
        };
        if (!(next instanceof Next.GiveUp)) {
            penstock.repeated(waiter.ask, verdict);
        }
        return next;
    }

    private Next whenTheQuotaAllows(Verdict verdict) {
        long left = waiter.deadlineNanos - penstock.nanos();
        OptionalLong startsIn = desk.startsIn(waiter);
        return left < 0 || startsIn.isEmpty() || startsIn.getAsLong() > left
                ? new Next.GiveUp(verdict.explanation())
                : new Next.WaitForQuota(verdict.explanation());
    }

    private Next afterFault(Verdict.Transient fault) {
        if (!request.harmlessToRepeat() && fault.fault() != Verdict.Fault.CONNECT_FAILED) {
            return new Next.GiveUp(fault.explanation());
        }
        faults++;
        lastFault = fault;
        return switch (decision(fault, penstock.nanos())) {
            case RetryDecision.RetryAfter again -> {
                delay = again.delay();
                yield new Next.BackOff(again.delay(), again.explanation());
            }
            case RetryDecision.AskAgainAfter again -> {
                later = again;
                yield new Next.BackOff(again.delay(), again.explanation());
            }
            case RetryDecision.GiveUp no -> new Next.GiveUp(no.explanation());
        };
    }

    private RetryDecision decision(Verdict.Transient fault, long now) {
        return policy.decide(fault, faults, now - waiter.arrivedNanos, budget, now, penstock.random());
    }

    private void learn(AnswerReading reading) {
        OptionalLong requested = reading.requestedTokens();
        CostCalibration calibration = penstock.calibration();
        request.facts().ifPresent(facts -> requested.ifPresent(tokens -> calibration.observeRequested(facts, tokens)));
    }
}
