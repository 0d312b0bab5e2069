package dev.penstock.pacing;

import dev.penstock.limit.Cost;
import dev.penstock.limit.LimitState;
import dev.penstock.quota.Settlement;
import dev.penstock.verdict.Verdict;
import java.lang.ref.Cleaner;
import java.time.Duration;
import java.util.List;

/**
 * The right to send one request now, with room taken for it in every limit. It ends exactly once, by whichever of its
 * methods that end it is called first; the others do nothing after that, so that
 * {@code try (Grant grant = penstock.acquire(ask)) { ... }} is right.
 *
 * <p>One that is forgotten ends when the garbage collector finds it, counts as used, is counted in
 * {@link PenstockSnapshot#leaked} and told to the log; until then its place among the calls in flight is lost.
 *
 * <p>Safe for use by several threads.
 */
public final class Grant implements AutoCloseable {
    private static final List<LimitState> NOTHING_TOLD = List.of();

    private final Desk desk;
    private final Held held;
    private final Duration waited;
    private final Cleaner.Cleanable loss;

    private Grant(Desk desk, Held held) {
        this.desk = desk;
        this.held = held;
        this.waited = Duration.ofNanos(held.waiter.waitedNanos);
        this.loss = Losses.CLEANER.register(this, () -> desk.lost(held));
    }

    static Grant of(Desk desk, Held held) {
        return new Grant(desk, held);
    }

    /** What was asked for. */
    public Ask ask() {
        return held.waiter.ask;
    }

    /** What was taken from the limits. */
    public Cost cost() {
        return held.reservation.cost();
    }

    /** How long the request has waited, over all its attempts so far. */
    public Duration waited() {
        return waited;
    }

    /** Its place in the order in which requests were let through; the first of a {@link Penstock} is 1. */
    public long sequence() {
        return held.sequence;
    }

    /**
     * Applies what the head of an answer says of the limits, while its body is still coming. Does not end it; the states
     * need not be given again then. Nothing happens if it has ended.
     */
    public void observed(List<LimitState> states) {
        desk.observed(held, states);
    }

    /** Ends it: the request was answered. */
    public void answered() {
        answered(NOTHING_TOLD);
    }

    /**
     * Ends it: the request was answered.
     *
     * @param states what the answer's headers say of the limits; {@code RateLimitHeaders.read} reads them
     */
    public void answered(List<LimitState> states) {
        end(new Settlement.Answered(states));
    }

    /** Ends it: the request may have been sent, and was not answered. It counts as used. */
    public void failed() {
        end(new Settlement.Failed(NOTHING_TOLD, false));
    }

    /** Ends it: the request was certainly not sent. All that was taken is given back. */
    public void notSent() {
        end(new Settlement.NeverSent());
    }

    /**
     * Ends it with what an answer means: a refusal by quota closes the limit for everybody until it has room, an overload
     * lowers the calls in flight.
     *
     * @param states what the answer's headers say of the limits, unless they were {@link #observed}
     */
    public void settle(Verdict verdict, List<LimitState> states) {
        end(Settlement.of(verdict, states));
    }

    /** Ends it as {@link #answered()} does: the call is over, and nothing is known but that it took its share. */
    @Override
    public void close() {
        answered();
    }

    void end(Settlement settlement) {
        if (desk.settle(held, settlement)) {
            // It is settled, so this finds nothing to do; it lets go of the reference.
            loss.clean();
        }
    }

    /** Loaded, and its thread started, only where something is granted. */
    private static final class Losses {
        static final Cleaner CLEANER = Cleaner.create();
    }
}
