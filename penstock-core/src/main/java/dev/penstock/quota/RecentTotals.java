package dev.penstock.quota;

import dev.penstock.limit.Cost;
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

    private long[] times = new long[FIRST_CAPACITY];
    private Cost[] totals = new Cost[FIRST_CAPACITY];
    private long count;

    void add(long now, Cost total) {
        if (count == times.length && count < CAPACITY) {
            // Until it is as large as it may get, nothing was overwritten.
            times = Arrays.copyOf(times, 2 * times.length);
            totals = Arrays.copyOf(totals, 2 * totals.length);
        }
        int index = index(count);
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

    /** The total at a moment; {@code unknown} if it is too long ago to tell. */
    Cost upTo(long time, Cost unknown) {
        return at(time, unknown);
    }

    private Cost at(long time, Cost unknown) {
        long low = Math.max(0, count - CAPACITY);
        if (low == count || times[index(low)] - time > 0) {
            return low == 0 && count > 0 ? new Cost(0, 0, 0) : unknown;
        }
        long high = count - 1;
        while (low < high) {
            long middle = (low + high + 1) >>> 1;
            if (times[index(middle)] - time <= 0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return totals[index(low)];
    }

    private int index(long number) {
        return (int) (number % times.length);
    }
}
