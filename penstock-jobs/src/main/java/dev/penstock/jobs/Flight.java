package dev.penstock.jobs;

import dev.penstock.quota.Reservation;
import dev.penstock.verdict.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * One row on its way: picked, perhaps sent, perhaps waiting to be sent again. Owned by the dispatcher.
 *
 * @param <R> a row
 */
final class Flight<R> {
    private final R row;
    private final Lane<R> lane;

    /** Sendings that ended in a fault; refusals and failed connections do not count. */
    int attempts;

    /** Sendings in all, refused ones included. */
    int sendings;

    boolean sentBefore;
    long firstSentAt;
    long sentAt;
    long dueAt;
    long reservedNanoDollars;

    @Nullable
    Reservation reservation;

    /** Where {@link Dispatcher} holds a row that it will not send again: why the provider rejected it. */
    String rejection = "";

    /** The verdict that waits for the retry budget. */
    @Nullable
    Verdict undecided;

    Flight(R row, Lane<R> lane) {
        this.row = row;
        this.lane = lane;
    }

    R row() {
        return row;
    }

    Lane<R> lane() {
        return lane;
    }

    int sendings() {
        return sendings;
    }

    long sentAt() {
        return sentAt;
    }
}
