package dev.penstock.quota;

import dev.penstock.limit.Cost;

/**
 * What had been reserved in all at any recent moment. It answers how much of what was sent around a request may have
 * overtaken it or been overtaken by it on the way to the provider. Memory is fixed: the last {@value #CAPACITY} sendings,
 * which is a minute at 30,000 requests a minute; for moments before that it knows no doubt.
 *
 * <p>Confined to the lock of the quota that owns it.
 */
final class RecentTotals {
    /** As long as requests may differ in the time they take to reach the provider. */
    private static final long OVERTAKING_NANOS = 250_000_000;

    private static final int CAPACITY = 1 << 15;

    private final long[] times = new long[CAPACITY];
    private final Cost[] totals = new Cost[CAPACITY];
    private long count;

    void add(long now, Cost total) {
        int index = (int) (count % CAPACITY);
        times[index] = now;
        totals[index] = total;
        count++;
    }

    /** The total a moment before {@code sentAt}; what came in between may have arrived after a request sent then. */
    Cost shortlyBefore(long sentAt, Cost atSending) {
        return at(sentAt - OVERTAKING_NANOS, atSending);
    }

    /** The total a moment after {@code sentAt}; what came in between may have arrived before a request sent then. */
    Cost shortlyAfter(long sentAt, Cost atSending) {
        return at(sentAt + OVERTAKING_NANOS, atSending);
    }

    private Cost at(long time, Cost unknown) {
        long low = Math.max(0, count - CAPACITY);
        if (low == count || times[(int) (low % CAPACITY)] - time > 0) {
            return low == 0 && count > 0 ? new Cost(0, 0, 0) : unknown;
        }
        long high = count - 1;
        while (low < high) {
            long middle = (low + high + 1) >>> 1;
            if (times[(int) (middle % CAPACITY)] - time <= 0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return totals[(int) (low % CAPACITY)];
    }
}
