package dev.penstock.simulator;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What happens when, earliest first; what happens at the same time, in the order in which it was added. A heap of four
 * children on plain arrays, since a simulation spends most of its time here. Times are nanoseconds from the beginning.
 */
final class EventHeap {
    private static final int FIRST_CAPACITY = 1_024;

    private long[] times = new long[FIRST_CAPACITY];
    /** Order of adding, so that equal times have an order. */
    private long[] sequences = new long[FIRST_CAPACITY];

    private @Nullable Object[] things = new @Nullable Object[FIRST_CAPACITY];
    private int size;
    private long added;

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    /** When the first event is; {@link Long#MAX_VALUE} if there is none. */
    long firstNanos() {
        return size == 0 ? Long.MAX_VALUE : times[0];
    }

    void add(long atNanos, Object thing) {
        if (size == times.length) {
            times = Arrays.copyOf(times, 2 * size);
            sequences = Arrays.copyOf(sequences, 2 * size);
            things = Arrays.copyOf(things, 2 * size);
        }
        long sequence = added++;
        int at = size++;
        while (at > 0) {
            int parent = (at - 1) >> 2;
            // What was added later never goes before what is there at the same time.
            if (times[parent] <= atNanos) {
                break;
            }
            move(parent, at);
            at = parent;
        }
        put(at, atNanos, sequence, thing);
    }

    /** Takes the first event out. */
    Object poll() {
        Object first = things[0];
        if (first == null) {
            throw new IllegalStateException("nothing is going to happen; ask isEmpty() first");
        }
        size--;
        long time = times[size];
        long sequence = sequences[size];
        Object thing = things[size];
        things[size] = null;
        if (size > 0 && thing != null) {
            sink(time, sequence, thing);
        }
        return first;
    }

    private void sink(long time, long sequence, Object thing) {
        int at = 0;
        while (true) {
            int child = (at << 2) + 1;
            if (child >= size) {
                break;
            }
            int end = Math.min(child + 4, size);
            int least = child;
            for (int i = child + 1; i < end; i++) {
                if (times[i] < times[least] || (times[i] == times[least] && sequences[i] < sequences[least])) {
                    least = i;
                }
            }
            if (time < times[least] || (time == times[least] && sequence < sequences[least])) {
                break;
            }
            move(least, at);
            at = least;
        }
        put(at, time, sequence, thing);
    }

    private void move(int from, int to) {
        times[to] = times[from];
        sequences[to] = sequences[from];
        things[to] = things[from];
    }

    private void put(int at, long time, long sequence, Object thing) {
        times[at] = time;
        sequences[at] = sequence;
        things[at] = thing;
    }
}
