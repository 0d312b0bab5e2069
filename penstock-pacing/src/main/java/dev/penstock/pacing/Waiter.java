package dev.penstock.pacing;

import dev.penstock.queue.Waiting;
import dev.penstock.retry.RetryDecision;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * One request from its arrival to its last attempt. Whoever waits with it is told once for each time that it waits.
 * Guarded by the lock of its desk.
 */
final class Waiter {
    enum Phase {
        /** Has not asked yet, or an attempt is over. */
        IDLE,
        WAITING,
        BACKING_OFF,
        GRANTED,
        REFUSED,
        /** Its retries are used up while it backed off. */
        GIVEN_UP,
        GONE
    }

    final Ask ask;
    final Lane lane;
    final long arrivedNanos;
    /** By when it must have started. */
    final long deadlineNanos;

    Phase phase = Phase.IDLE;

    @Nullable
    Waiting<Waiter> place;

    @Nullable
    Held held;

    @Nullable
    RefusedException refusal;

    /** Of one that backs off: takes its timer back. */
    @Nullable
    Runnable takeBackTimer;

    /** Of one that backs off because the retry budget is empty: what is to be decided again then. */
    @Nullable
    LongFunction<RetryDecision> undecided;

    /** Tells whoever waits. Forgotten when told: it knows the grant, which must not be kept alive by what it grants. */
    @Nullable
    Runnable told;

    long waitingSince;
    long waitedNanos;

    Waiter(Ask ask, Lane lane, long arrivedNanos, long deadlineNanos) {
        this.ask = ask;
        this.lane = lane;
        this.arrivedNanos = arrivedNanos;
        this.deadlineNanos = deadlineNanos;
    }
}
