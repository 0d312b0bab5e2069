package dev.penstock.jobs.batch;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.OptionalLong;

/** Keeps the number of batches created within any hour to what is allowed. Times are Unix milliseconds. Not thread-safe. */
public final class CreationPace {
    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();

    private final int perHour;
    private final ArrayDeque<Long> recent = new ArrayDeque<>();

    /** @param earlier when batches were created before, in ascending order */
    public CreationPace(int perHour, Collection<Long> earlier) {
        this.perHour = perHour;
        earlier.forEach(this::created);
    }

    /** When the next batch may be created; empty for now. */
    public OptionalLong readyAt(long nowMillis) {
        while (!recent.isEmpty() && nowMillis - recent.peekFirst() >= HOUR_MILLIS) {
            recent.removeFirst();
        }
        return recent.size() < perHour
                ? OptionalLong.empty()
                : OptionalLong.of(Math.min(recent.peekFirst(), nowMillis) + HOUR_MILLIS);
    }

    public void created(long atMillis) {
        recent.addLast(atMillis);
        if (recent.size() > perHour) {
            recent.removeFirst();
        }
    }
}
