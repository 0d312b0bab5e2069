package dev.penstock.emulator.limiter;

import dev.penstock.limit.Limit;
import java.time.Duration;

/**
 * A log of what was taken in the last window; a take leaves it exactly one window later. Takes that lie less than a
 * 60,000th of the window apart (1 ms of a minute) share an entry that leaves with the latest of them, so the log stays
 * small and never admits too much.
 */
public final class SlidingWindow implements Limiter {
    private static final int SLOTS_PER_WINDOW = 60_000;

    private final Limit limit;
    private final long windowNanos;
    private final long slotNanos;

    /** A ring; {@code size} entries from {@code head}. */
    private long[] takenAtNanos = new long[64];

    private long[] amounts = new long[64];
    private int head;
    private int size;
    private long slotStartNanos;
    private long total;
    private long lastNanos;

    public SlidingWindow(Limit limit, long nowNanos) {
        this.limit = limit;
        this.windowNanos = limit.dimension().window().toNanos();
        this.slotNanos = windowNanos / SLOTS_PER_WINDOW;
        this.lastNanos = nowNanos;
    }

    @Override
    public Limit limit() {
        return limit;
    }

    @Override
    public boolean fits(long amount, long nowNanos) {
        advance(nowNanos);
        return total + amount <= limit.amount();
    }

    @Override
    public void take(long amount, long nowNanos) {
        advance(nowNanos);
        total += amount;
        if (size > 0 && lastNanos - slotStartNanos < slotNanos) {
            int newest = index(size - 1);
            amounts[newest] += amount;
            takenAtNanos[newest] = lastNanos;
            return;
        }
        if (size == amounts.length) {
            grow();
        }
        int next = index(size);
        takenAtNanos[next] = lastNanos;
        amounts[next] = amount;
        slotStartNanos = lastNanos;
        size++;
    }

    @Override
    public void giveBack(long amount, long takenAtNanos, long nowNanos) {
        advance(nowNanos);
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (this.takenAtNanos[index(middle)] - takenAtNanos < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low == size || nowNanos - takenAtNanos >= windowNanos) {
            return;
        }
        int entry = index(low);
        long returned = Math.min(amount, amounts[entry]);
        amounts[entry] -= returned;
        total -= returned;
    }

    @Override
    public long used(long nowNanos) {
        advance(nowNanos);
        return total;
    }

    @Override
    public long remaining(long nowNanos) {
        return limit.amount() - used(nowNanos);
    }

    @Override
    public long nanosUntilFits(long amount, long nowNanos) {
        if (fits(amount, nowNanos)) {
            return 0;
        }
        if (!everFits(amount)) {
            return Long.MAX_VALUE;
        }
        long excess = total + amount - limit.amount();
        int entry = 0;
        while (excess > amounts[index(entry)]) {
            excess -= amounts[index(entry)];
            entry++;
        }
        return takenAtNanos[index(entry)] + windowNanos - lastNanos;
    }

    @Override
    public Duration statedWait(long amount, long nowNanos) {
        return Duration.ofMillis(Math.ceilDiv(nanosUntilFits(amount, nowNanos), 1_000_000L));
    }

    @Override
    public Duration statedReset(long nowNanos) {
        if (used(nowNanos) <= 0) {
            return Duration.ZERO;
        }
        return Duration.ofMillis((takenAtNanos[index(size - 1)] + windowNanos - lastNanos) / 1_000_000);
    }

    private void advance(long nowNanos) {
        if (nowNanos - lastNanos > 0) {
            lastNanos = nowNanos;
        }
        while (size > 0 && lastNanos - takenAtNanos[head] >= windowNanos) {
            total -= amounts[head];
            head = index(1);
            size--;
        }
    }

    private int index(int entry) {
        return (head + entry) & (amounts.length - 1);
    }

    private void grow() {
        long[] times = new long[amounts.length * 2];
        long[] taken = new long[amounts.length * 2];
        for (int entry = 0; entry < size; entry++) {
            times[entry] = takenAtNanos[index(entry)];
            taken[entry] = amounts[index(entry)];
        }
        takenAtNanos = times;
        amounts = taken;
        head = 0;
    }
}
