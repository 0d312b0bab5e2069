package dev.penstock.gateway;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which lanes are to be looked at: those to which something happened, in turn, and those whose time has come. Names of
 * models and keys come from clients, so there may be thousands of lanes, and asking all of them each time would be what
 * a hostile client wants.
 */
final class Agenda<T> {
    private static final Comparator<Lane<?>> BY_TIME =
            ((Comparator<Lane<?>>) Agenda::compareTimes).thenComparingLong(Lane::number);

    private final ArrayDeque<Lane<T>> ready = new ArrayDeque<>();
    private final TreeSet<Lane<T>> timed = new TreeSet<>(BY_TIME);
    /** All that may have somebody waiting. */
    private final Set<Lane<T>> watched = new LinkedHashSet<>();

    /** Something happened that may let one of its requests go. */
    void happened(Lane<T> lane) {
        watched.add(lane);
        if (!lane.ready) {
            lane.ready = true;
            ready.add(lane);
        }
    }

    /** Something happened that concerns all of them. */
    void happenedToAll() {
        watched.forEach(this::happened);
    }

    /** The next one to look at; null if there is none now. Whoever takes it says afterwards when to look again. */
    @Nullable
    Lane<T> next(long now) {
        while (!timed.isEmpty() && wakeAt(timed.first()) - now <= 0) {
            Lane<T> lane = timed.removeFirst();
            lane.wakeAt = OptionalLong.empty();
            happened(lane);
        }
        Lane<T> lane = ready.poll();
        if (lane != null) {
            lane.ready = false;
            lookAgainAt(lane, OptionalLong.empty());
        }
        return lane;
    }

    /** Looks at a lane again at a time at the latest; empty for only when something happens. */
    void lookAgainAt(Lane<T> lane, OptionalLong at) {
        if (lane.wakeAt.isPresent()) {
            timed.remove(lane);
        }
        lane.wakeAt = at;
        if (at.isPresent()) {
            timed.add(lane);
        }
    }

    /** Nobody waits in it. */
    void drop(Lane<T> lane) {
        lookAgainAt(lane, OptionalLong.empty());
        watched.remove(lane);
    }

    /** When the next lane is to be looked at, if nothing happens. */
    OptionalLong nextAt() {
        return timed.isEmpty() ? OptionalLong.empty() : timed.first().wakeAt;
    }

    int watched() {
        return watched.size();
    }

    private static int compareTimes(Lane<?> a, Lane<?> b) {
        return Long.signum(wakeAt(a) - wakeAt(b));
    }

    private static long wakeAt(Lane<?> lane) {
        return lane.wakeAt.orElseThrow();
    }
}
