package dev.penstock.queue;

import dev.penstock.limit.Cost;
import org.jspecify.annotations.Nullable;

/**
 * A request's place in a {@link FairQueue}, from the moment it was added until its caller lets go of it. It is the
 * handle for everything that may happen to the request, and belongs to the queue that made it.
 *
 * <p>Not safe for use by several threads.
 *
 * @param <T> what waits
 */
public final class Waiting<T> {
    final Arrival<T> arrival;
    /** Order of arrival in its queue. */
    final long sequence;
    /** The share that is charged, never 0. */
    final double shareSeconds;

    Flow<T> flow;

    // State.
    boolean waiting;
    /** Taken for service, and neither back nor gone for another reason. */
    boolean taken;
    /** Came back after it was taken; such requests go before all others of their tenant. */
    boolean returned;

    // What taking it has cost, so that it can be undone.
    boolean charged;
    byte bandsThatEarned;
    double creditPaid;
    long turnBefore;

    // Place in the deadline heap.
    int heapIndex = -1;

    // Place in the line of its tenant: a node of a tree, with the sums of the subtree that it heads.
    @Nullable
    Waiting<T> left;

    @Nullable
    Waiting<T> right;

    @Nullable
    Waiting<T> parent;

    long requestsBelow;
    long tokensBelow;
    long imagesBelow;
    double shareBelow;
    double virtualBelow;
    long oldestBelow;

    Waiting(Arrival<T> arrival, long sequence, double shareSeconds, Flow<T> flow) {
        this.arrival = arrival;
        this.sequence = sequence;
        this.shareSeconds = shareSeconds;
        this.flow = flow;
    }

    /** Whether it is in the queue now. */
    public boolean isWaiting() {
        return waiting;
    }

    /** What was added. */
    public T item() {
        return arrival.item();
    }

    /** Whose request it is. */
    public String tenant() {
        return arrival.tenant();
    }

    /** The tenant's weight, as of this request. */
    public double weight() {
        return arrival.weight();
    }

    /** Its band. */
    public Priority priority() {
        return arrival.priority();
    }

    /** What it takes from the quota. */
    public Cost cost() {
        return arrival.cost();
    }

    /** The share that is charged for it, in seconds of a limit: what was given, or the least that the queue charges. */
    public double shareSeconds() {
        return shareSeconds;
    }

    /** The memory that it holds. */
    public long bytes() {
        return arrival.bytes();
    }

    /** When it was added, in the caller's monotonic nanoseconds. */
    public long enqueuedAtNanos() {
        return arrival.enqueuedAtNanos();
    }

    /** When it is of no use any more to wait, on the same clock. */
    public long deadlineNanos() {
        return arrival.deadlineNanos();
    }

    /** How far its tenant's tag moves when it is served. */
    double virtualSeconds() {
        return shareSeconds / arrival.weight();
    }

    /** For people; holds nothing of the item. */
    @Override
    public String toString() {
        return priority() + " request " + sequence + " of tenant '" + tenant() + "', "
                + (waiting ? "waiting" : taken ? "taken" : "gone");
    }
}
