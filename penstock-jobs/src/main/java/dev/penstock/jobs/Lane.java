package dev.penstock.jobs;

import dev.penstock.quota.Quota;
import java.util.ArrayDeque;
import java.util.Comparator;
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
    private final StridePicker<R> picker;

    /** Rows to be sent as soon as the quota allows, before any new one. */
    final ArrayDeque<Flight<R>> ready = new ArrayDeque<>();

    /** Rows that back off, by the time they are due. */
    final PriorityQueue<Flight<R>> backingOff =
            new PriorityQueue<>(Comparator.comparingLong((Flight<R> flight) -> flight.dueAt));

    boolean exhausted;

    Lane(String family, Quota quota, StridePicker<R> picker) {
        this.family = family;
        this.quota = quota;
        this.picker = picker;
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
        R row = picker.next();
        if (row == null) {
            exhausted = true;
            return null;
        }
        return new Flight<>(row, this);
    }

    boolean drained() {
        return exhausted && ready.isEmpty() && backingOff.isEmpty();
    }
}
