package dev.penstock.gateway;

import dev.penstock.queue.Waiting;
import dev.penstock.quota.Quota;
import dev.penstock.quota.Reservation;
import dev.penstock.verdict.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way through the gateway. Owned by the event loop.
 *
 * @param <T> what the driver keeps with it
 */
final class Flight<T> {
    /** Where it is. It leaves each of these in exactly one way. */
    enum Phase {
        WAITING,
        BACKING_OFF,
        RUNNING,
        ENDED
    }

    private final T item;
    private final Ask ask;
    private final Lane<T> lane;
    private final TenantState tenant;

    Phase phase = Phase.WAITING;

    @Nullable
    Waiting<Flight<T>> place;

    /** Of a running one. */
    @Nullable
    Slot slot;

    @Nullable
    Reservation reservation;

    /** In the tenant's own limits, as they were when it was sent. */
    @Nullable
    Quota tenantQuota;

    @Nullable
    Reservation tenantReservation;

    /** Who was asked last. */
    @Nullable
    UpstreamState upstream;

    /** Whether it tries if its upstream can be reached again. */
    boolean probe;

    int faults;
    int sendings;
    long waitingSince;
    long waitedNanos;
    long firstSentAt;
    long sentAt;

    /** Of one that backs off: when it is due, and the verdict that is to be decided again then. */
    long dueAt;

    @Nullable
    Verdict undecided;

    Flight(T item, Ask ask, Lane<T> lane, TenantState tenant) {
        this.item = item;
        this.ask = ask;
        this.lane = lane;
        this.tenant = tenant;
        this.waitingSince = ask.arrivedNanos();
    }

    T item() {
        return item;
    }

    Ask ask() {
        return ask;
    }

    Lane<T> lane() {
        return lane;
    }

    TenantState tenant() {
        return tenant;
    }

    /** How often it was sent. */
    int sendings() {
        return sendings;
    }

    /** Time in the queue, over all attempts so far. */
    long waitedNanos() {
        return waitedNanos;
    }
}
