package dev.penstock.queue;

import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** All waiting requests by deadline, over tenants and bands: a binary heap in which each knows its place. */
final class DeadlineHeap<T> {
    private static final int SMALL = 64;

    private final ArrayList<Waiting<T>> heap = new ArrayList<>();
    private int most;

    int size() {
        return heap.size();
    }

    /** The one with the earliest deadline; of equal ones, the one that came first. */
    @Nullable
    Waiting<T> first() {
        return heap.isEmpty() ? null : heap.get(0);
    }

    void add(Waiting<T> request) {
        request.heapIndex = heap.size();
        heap.add(request);
        most = Math.max(most, heap.size());
        up(request);
    }

    void remove(Waiting<T> request) {
        Waiting<T> last = heap.remove(heap.size() - 1);
        if (last != request) {
            put(last, request.heapIndex);
            up(last);
            down(last);
        }
        request.heapIndex = -1;
        if (most > SMALL && heap.size() < most / 4) {
            // A crowd that is gone leaves no memory behind.
            heap.trimToSize();
            most = heap.size();
        }
    }

    private void up(Waiting<T> request) {
        int index = request.heapIndex;
        while (index > 0) {
            Waiting<T> parent = heap.get((index - 1) / 2);
            if (!isBefore(request, parent)) {
                break;
            }
            put(parent, index);
            index = (index - 1) / 2;
        }
        put(request, index);
    }

    private void down(Waiting<T> request) {
        int index = request.heapIndex;
        while (2 * index + 1 < heap.size()) {
            int child = 2 * index + 1;
            if (child + 1 < heap.size() && isBefore(heap.get(child + 1), heap.get(child))) {
                child++;
            }
            if (!isBefore(heap.get(child), request)) {
                break;
            }
            put(heap.get(child), index);
            index = child;
        }
        put(request, index);
    }

    private void put(Waiting<T> request, int index) {
        heap.set(index, request);
        request.heapIndex = index;
    }

    private boolean isBefore(Waiting<T> a, Waiting<T> b) {
        long difference = a.deadlineNanos() - b.deadlineNanos();
        return difference != 0 ? difference < 0 : a.sequence < b.sequence;
    }
}
