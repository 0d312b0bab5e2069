package dev.penstock.quota;

import dev.penstock.limit.Cost;
import java.util.ArrayDeque;

/**
 * What had been reserved in all a quarter of a second ago: as long as requests may take to reach the provider, and so to
 * overtake each other. Holds what was sent in that time, at most {@value #MAX_ENTRIES} entries; beyond that it forgets the
 * oldest and so believes that less can overtake, at a rate where a quarter of a second is far more than enough.
 *
 * <p>Confined to the lock of the quota that owns it.
 */
final class RecentTotals {
    private static final long SPAN_NANOS = 250_000_000;
    private static final int MAX_ENTRIES = 10_000;

    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private Cost before = new Cost(0, 0, 0);

    private record Entry(long at, Cost total) {}

    Cost before(long now) {
        for (Entry oldest = entries.peekFirst(); oldest != null && now - oldest.at >= SPAN_NANOS; ) {
            before = oldest.total;
            entries.removeFirst();
            oldest = entries.peekFirst();
        }
        return before;
    }

    void add(long now, Cost total) {
        if (entries.size() == MAX_ENTRIES) {
            before = entries.removeFirst().total;
        }
        entries.addLast(new Entry(now, total));
    }
}
