package dev.penstock.retry;

/**
 * A sum over the last part of time, forgotten slice by slice. Confined to the lock of its owner. Time that goes back
 * counts as the newest slice.
 */
final class RecentSlices {
    static final int COUNT = 10;

    private final long startNanos;
    private final long sliceNanos;
    private final long[] slices = new long[COUNT];
    private long newest;

    RecentSlices(long windowNanos, long nowNanos) {
        startNanos = nowNanos;
        sliceNanos = windowNanos / COUNT;
    }

    /** Adds to the slice that is the newest so far. */
    void addToNewest(long amount) {
        slices[index(newest)] += amount;
    }

    void add(long amount, long nowNanos) {
        moveTo(nowNanos);
        addToNewest(amount);
    }

    long newestEndsAt() {
        return startNanos + (newest + 1) * sliceNanos;
    }

    long sum(long nowNanos) {
        return sumWithout(0, nowNanos);
    }

    /** What is left of the sum when the oldest slices are forgotten too. */
    long sumWithout(int oldest, long nowNanos) {
        moveTo(nowNanos);
        long sum = 0;
        for (int i = oldest; i < COUNT; i++) {
            sum += slices[index(newest + 1 + i)];
        }
        return sum;
    }

    /** The time until so many of the oldest slices are forgotten. */
    long nanosUntilForgotten(int oldest, long nowNanos) {
        moveTo(nowNanos);
        return startNanos + (newest + oldest) * sliceNanos - nowNanos;
    }

    private void moveTo(long nowNanos) {
        long slice = Math.floorDiv(nowNanos - startNanos, sliceNanos);
        long passed = Math.min(COUNT, slice - newest);
        for (long i = 1; i <= passed; i++) {
            slices[index(slice - passed + i)] = 0;
        }
        newest = Math.max(newest, slice);
    }

    private static int index(long slice) {
        return (int) Math.floorMod(slice, (long) COUNT);
    }
}
