package dev.penstock.quota;

import dev.penstock.limit.Cost;
import dev.penstock.limit.Unit;
import java.util.Arrays;

/**
 * What had been reserved in all at any recent moment. It answers how much of what was sent around a request may have
 * overtaken it or been overtaken by it on the way to the provider. Memory is bounded: the last {@value #CAPACITY} sendings,
 * which is a minute at 30,000 requests a minute; for moments before that it knows no doubt. It grows up to there, since
 * there may be thousands of quotas that are hardly used.
 *
 * <p>Confined to the lock of the quota that owns it.
 */
final class RecentTotals {
    /** As long as requests may differ in the time they take to reach the provider. */
    private static final long OVERTAKING_NANOS = 250_000_000;

    private static final int CAPACITY = 1 << 15;

    private static final int FIRST_CAPACITY = 1 << 5;
    /** A time and the totals of each unit then, side by side; an object for each sending would be garbage soon. */
    private static final int FIELDS = 1 + Unit.values().length;

    private long[] entries = new long[FIRST_CAPACITY * FIELDS];
    /** A power of two. */
    private int capacity = FIRST_CAPACITY;

    private long count;
    private long requests;
    private long tokens;
    private long images;

    /** Something is reserved. */
    void add(long now, Cost cost) {
        if (count == capacity && capacity < CAPACITY) {
            // Until it is as large as it may get, nothing was overwritten.
            capacity *= 2;
            entries = Arrays.copyOf(entries, capacity * FIELDS);
        }
        requests += cost.requests();
        tokens += cost.tokens();
        images += cost.images();
        int at = index(count);
        entries[at] = now;
        entries[at + fieldOf(Unit.REQUESTS)] = requests;
        entries[at + fieldOf(Unit.TOKENS)] = tokens;
        entries[at + fieldOf(Unit.IMAGES)] = images;
        count++;
    }

    /** The total now. */
    long of(Unit unit) {
        return count == 0 ? 0 : entries[index(count - 1) + fieldOf(unit)];
    }

    /** A reservation of what was added last. */
    Reservation reservation(Cost cost, long now) {
        return new Reservation(cost, now, requests, tokens, images);
    }

    /** The total a moment before {@code sentAt}; what came in between may have arrived after a request sent then. */
    long shortlyBefore(Unit unit, long sentAt, long atSending) {
        return upTo(unit, sentAt - OVERTAKING_NANOS, atSending);
    }

    /** The total a moment after {@code sentAt}; what came in between may have arrived before a request sent then. */
    long shortlyAfter(Unit unit, long sentAt, long atSending) {
        return upTo(unit, sentAt + OVERTAKING_NANOS, atSending);
    }

    /** The total at a moment; {@code unknown} if it is too long ago to tell. */
    long upTo(Unit unit, long time, long unknown) {
        long low = Math.max(0, count - CAPACITY);
        if (low == count || entries[index(low)] - time > 0) {
            return low == 0 && count > 0 ? 0 : unknown;
        }
        long high = count - 1;
        while (low < high) {
            long middle = (low + high + 1) >>> 1;
            if (entries[index(middle)] - time <= 0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return entries[index(low) + fieldOf(unit)];
    }

    private int index(long number) {
        return (int) (number & (capacity - 1)) * FIELDS;
    }

    private static int fieldOf(Unit unit) {
        return 1 + unit.ordinal();
    }
}
