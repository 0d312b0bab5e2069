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

    /** Order of creation. */
    private final long number;

    /** Whether it is to be looked at now; kept by the {@link Agenda}. */
    boolean ready;

    /** When to look at it without an event; kept by the {@link Agenda}. */
    OptionalLong wakeAt = OptionalLong.empty();

    /** While it is looked at: when the first of what is in the way is gone. */
    OptionalLong soonest = OptionalLong.empty();

    int running;
    int backingOff;
    long lastUsedAt;

    Lane(LaneKey key, long number, QueueBounds bounds, long now) {
        this.key = key;
        this.number = number;
        this.queue = new FairQueue<>(bounds, FairQueue.Settings.DEFAULTS);
        this.lastUsedAt = now;
    }

    LaneKey key() {
        return key;
    }

    long number() {
        return number;
    }

    FairQueue<Flight<T>> queue() {
        return queue;
    }

    boolean idle() {
        return queue.isEmpty() && running == 0 && backingOff == 0;
    }

    /** Whether none of its upstreams can be reached. */
    boolean cutOff() {
        for (Slot slot : slots) {
            if (!slot.upstream().connection.failing()) {
                return false;
            }
        }
        return !slots.isEmpty();
    }

    /** The order in which slots are tried: by weight; those of stopped accounts only if there are no others. */
    List<Slot> byTurn(long now) {
        if (slots.size() <= 1) {
            return slots;
        }
        List<Slot> order = new ArrayList<>(slots);
        order.sort(Comparator.comparingDouble(Slot::served));
        if (order.stream().anyMatch(slot -> !slot.upstream().isStopped(now))) {
            order.removeIf(slot -> slot.upstream().isStopped(now));
        }
        return order;
    }

    /**
     * Notes that a slot's turn has come. Those that were due before it were held back, which is like being away: they keep
     * their place and do not get later what they missed.
     */
    void turnOf(Slot chosen) {
        double turn = chosen.served();
        slots.forEach(slot -> slot.notBehind(turn));
    }
}
