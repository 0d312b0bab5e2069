package dev.penstock.quota;

import java.util.function.LongUnaryOperator;

/**
 * Learns "so many requests a window" from a provider that shows no limits and says nothing but when to come back. What
 * was admitted until it refused is the amount, and the time that it names is the window's end; from there the next window
 * is used whole and not overrun. A length that was only deduced is tried with a single request first.
 *
 * <p>It fits a limit of calls that is counted in windows, and does no harm to one that refills: there the windows become
 * as short as the provider's hints.
 *
 * <p>Confined to the lock of the quota that owns it.
 */
final class BlindWindow {
    /** Full windows without a refusal after which a little more is tried; several times as many when that was refused. */
    private static final int CALM_WINDOWS = 8;

    private static final int FEWER_TRIALS = 4;
    private static final int MOST_CALM_WINDOWS = 1 << 20;

    private static final long SECOND_NANOS = 1_000_000_000;
    private static final long ROUNDING_NANOS = 100_000_000;
    private static final int GROWTH_SHARE = 16;
    private static final int MOST_EMPTY_WINDOWS = 3;

    private boolean learned;
    private boolean confirmed;
    private long amount = Long.MAX_VALUE;
    private long lengthNanos;

    private boolean open;
    private long openedAt;
    /** Whether this is the first window of which something is known. */
    private boolean learning;

    private long taken;
    private long refused;
    private boolean probing;
    /** Whether the provider named the end of this window; otherwise it is deduced from the length. */
    private boolean endNamed;

    private long endsAt;
    private int calmWindows;
    private int neededCalmWindows = CALM_WINDOWS;
    /** Whether this window tries more than was ever admitted. */
    private boolean growing;

    private int emptyWindows;

    boolean learned() {
        return learned;
    }

    /** Requests that a window admits, as far as is known. */
    long amount() {
        return amount;
    }

    long lengthNanos() {
        return lengthNanos;
    }

    /** Time until a request may leave; 0 for now, {@link Long#MAX_VALUE} when only an answer can tell. */
    long waitNanos(long now) {
        if (!learned || !open || over(now)) {
            return 0; // a new window begins with it
        }
        if (endNamed) {
            return left(now);
        }
        if (probing && taken - refused >= 1) {
            return Long.MAX_VALUE;
        }
        return taken - refused < amount ? 0 : left(now);
    }

    /** Time until the {@code ahead + 1}st request from now may leave. */
    long waitNanos(long ahead, long now) {
        if (!learned) {
            return 0;
        }
        boolean fresh = !open || over(now);
        long room = fresh ? amount : endNamed ? 0 : Math.max(0, amount - (taken - refused));
        if (ahead < room) {
            return 0;
        }
        return (fresh ? lengthNanos : left(now)) + (ahead - room) / amount * lengthNanos;
    }

    void take(long now) {
        if (!open) {
            start(now, false);
        } else if (learned && over(now)) {
            calmWindows = refused == 0 && taken >= amount ? calmWindows + 1 : 0;
            growing = calmWindows >= neededCalmWindows;
            if (growing) {
                calmWindows = 0;
                amount += Math.max(1, amount / GROWTH_SHARE);
            }
            // Where the provider itself named the time, nothing has to be tried.
            start(now, !endNamed && !confirmed);
        }
        taken++;
    }

    /** A request was answered: a window that was only deduced is there. */
    void answered(long sentAt) {
        if (open && sentAt - openedAt >= 0 && probing) {
            probing = false;
            confirmed = true;
        }
    }

    /** A request that was taken never left. */
    void giveBack(long sentAt) {
        if (open && sentAt - openedAt >= 0) {
            taken = Math.max(0, taken - 1);
        }
    }

    /**
     * @param sentAt when the refused request was sent
     * @param now when the refusal came
     * @param hint the time from now after which the provider may be asked again
     * @param sentSince how many requests were sent since a time
     * @return whether it says something of a window; false where hints turn out to be worth nothing
     */
    boolean refused(long sentAt, long now, long hint, LongUnaryOperator sentSince) {
        if (!open || sentAt - openedAt < 0) {
            return emptyWindows < MOST_EMPTY_WINDOWS; // of a window that is over
        }
        refused++;
        calmWindows = 0;
        if (growing) {
            growing = false;
            neededCalmWindows = Math.min(MOST_CALM_WINDOWS, neededCalmWindows * FEWER_TRIALS);
        }
        boolean wasProbing = probing;
        probing = false;
        // Each of several refusals gives an end that is late by its way back and by what was rounded up.
        long until = now + hint;
        endsAt = endNamed && endsAt - until < 0 ? endsAt : until;
        endNamed = true;
        if (wasProbing) {
            // The old window goes on: it is longer than was deduced.
            lengthNanos = wholeSeconds(lengthNanos + Math.max(1, endsAt - openedAt));
            return true;
        }
        learning |= !learned;
        if (learning) {
            leaveOutTheWindowBefore(sentAt, hint, sentSince);
        }
        long admitted = taken - refused;
        if (admitted <= 0) {
            // The time that the provider named was too early; after some of these its word counts for nothing.
            emptyWindows++;
            if (emptyWindows >= MOST_EMPTY_WINDOWS || !learned) {
                learned = false;
                confirmed = false;
                open = false;
                return false;
            }
            return true;
        }
        emptyWindows = 0;
        amount = learned ? Math.min(amount, admitted) : admitted;
        learned = true;
        long told = wholeSeconds(Math.max(1, endsAt - openedAt));
        lengthNanos = confirmed ? Math.max(lengthNanos, told) : told;
        return true;
    }

    /** Where the end is told exactly and the length is plausible, the beginning follows, and what came before it. */
    private void leaveOutTheWindowBefore(long sentAt, long hint, LongUnaryOperator sentSince) {
        boolean rounded = hint % SECOND_NANOS == 0;
        long length = wholeSeconds(endsAt - openedAt);
        // It ended not before the time told, counted from the sending.
        long began = sentAt + hint - length;
        if (!rounded && length >= SECOND_NANOS && began - openedAt > 0 && sentAt - began >= 0) {
            openedAt = began;
            taken = sentSince.applyAsLong(began);
        }
    }

    /** People choose whole seconds, and what is measured is a little too long. */
    private static long wholeSeconds(long nanos) {
        return nanos < SECOND_NANOS ? nanos : (nanos + ROUNDING_NANOS) / SECOND_NANOS * SECOND_NANOS;
    }

    private boolean over(long now) {
        return (endNamed ? endsAt : openedAt + lengthNanos) - now <= 0;
    }

    private long left(long now) {
        return Math.max(0, (endNamed ? endsAt : openedAt + lengthNanos) - now);
    }

    private void start(long now, boolean tryFirst) {
        open = true;
        openedAt = now;
        taken = 0;
        refused = 0;
        learning = false;
        probing = tryFirst;
        endNamed = false;
    }
}
