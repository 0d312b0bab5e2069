package dev.penstock.jobs;

import dev.penstock.quota.Quota;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a job that share one quota, because their models belong to one family. Owned by the dispatcher.
 *
 * @param <R> a row
 */
final class Lane<R> {
    private final String family;
    private final Quota quota;
    private final ArrayDeque<StridePicker<R>> pickers = new ArrayDeque<>();

    /** Rows to be sent as soon as the quota allows, before any new one. */
    final ArrayDeque<Flight<R>> ready = new ArrayDeque<>();

    /** Rows that back off, by the time they are due. */
    final PriorityQueue<Flight<R>> backingOff =
            new PriorityQueue<>((a, b) -> Long.signum(a.dueAt - b.dueAt)); // monotonic time wraps around

    /** Whether the provider knew what a row asked for; before that, a row that was not found is only held. */
    boolean everFound;

    /** Rows that the provider answered as not found while it has found none. */
    final ArrayDeque<Flight<R>> notFound = new ArrayDeque<>();

    /** Rows that were sent and not settled. */
    int inFlight;

    boolean exhausted;

    Lane(String family, Quota quota, StridePicker<R> picker) {
        this.family = family;
        this.quota = quota;
        pickers.add(picker);
    }

    String family() {
        return family;
    }

    Quota quota() {
        return quota;
    }

    /** A row that was not picked before, or null when there is none left. */
    @Nullable
    Flight<R> pick() {
        if (exhausted) {
            return null;
        }
        while (true) {
            StridePicker<R> picker = pickers.peek();
            if (picker == null) {
                exhausted = true;
                return null;
            }
            R row = picker.next();
            if (row != null) {
                return new Flight<>(row, this);
            }
            pickers.remove();
        }
    }

    /** More rows, to be sent after those that are left. */
    void add(StridePicker<R> more) {
        pickers.add(more);
        exhausted = false;
    }

    boolean drained() {
        return exhausted && ready.isEmpty() && backingOff.isEmpty() && notFound.isEmpty();
    }

    /** Whether nothing can come any more that tells whether rows are not found for one common reason. */
    boolean onlyNotFoundLeft() {
        return exhausted && ready.isEmpty() && backingOff.isEmpty() && inFlight == 0 && !notFound.isEmpty();
    }
}
