package dev.penstock.pacing;

import dev.penstock.quota.Reservation;

/** Room that was taken for a request and has not been settled. Knows nothing of its {@link Grant}, which may be lost. */
final class Held {
    final Waiter waiter;
    final Reservation reservation;
    final long grantedAt;
    /** Place in the order in which requests were let through. */
    final long sequence;

    /** Guarded by the lock of the desk. */
    boolean settled;

    Held(Waiter waiter, Reservation reservation, long grantedAt, long sequence) {
        this.waiter = waiter;
        this.reservation = reservation;
        this.grantedAt = grantedAt;
        this.sequence = sequence;
    }
}
