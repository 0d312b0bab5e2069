package dev.penstock.gateway;

import dev.penstock.queue.FairQueue;
import dev.penstock.queue.QueueBounds;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;

/** Those who wait for the same model family of the same accounts, and the quotas that can serve them. */
final class Lane<T> {
    private final LaneKey key;
    private final FairQueue<Flight<T>> queue;
    final List<Slot> slots = new ArrayList<>();

    /** Whether something happened since it was last looked at. */
    boolean ready = true;

    /** When to look again without an event. */
    OptionalLong wakeAt = OptionalLong.empty();

    int running;
    int backingOff;
    long lastUsedAt;

    Lane(LaneKey key, QueueBounds bounds, long now) {
        this.key = key;
        this.queue = new FairQueue<>(bounds, FairQueue.Settings.DEFAULTS);
        this.lastUsedAt = now;
    }

    LaneKey key() {
        return key;
    }

    FairQueue<Flight<T>> queue() {
        return queue;
    }

    boolean idle() {
        return queue.isEmpty() && running == 0 && backingOff == 0;
    }

    /** The order in which slots are tried: by weight, those of stopped accounts last. */
    List<Slot> byTurn(long now) {
        if (slots.size() == 1) {
            return slots;
        }
        List<Slot> order = new ArrayList<>(slots);
        order.sort(Comparator.comparing((Slot slot) -> slot.upstream().isStopped(now))
                .thenComparingDouble(Slot::served));
        if (!order.getFirst().upstream().isStopped(now)) {
            order.removeIf(slot -> slot.upstream().isStopped(now));
        }
        return order;
    }
}
