package dev.penstock.quota;

import java.util.Arrays;

/**
 * What was taken during the last window, in slices. Once a provider has shown that it counts windows instead of refilling
 * a bucket, this decides: no window of any phase ever holds more than the limit, which satisfies sliding and fixed windows
 * alike.
 *
 * <p>Memory is fixed. A slice expires as a whole when its youngest unit does, so rounding errs on the safe side. Confined
 * to the lock of the quota that owns it.
 */
final class SlidingWindow {
    private static final int SLICES_PER_WINDOW = 240;
    /** One and a half windows are kept, because answers speak of a moment that may be some time ago. */
    private static final int SLICES = SLICES_PER_WINDOW + SLICES_PER_WINDOW / 2;

    private static final double SIGNIFICANT_SHARE = 0.3;
    private static final double LEAST_SCALE = 0.5;
    private static final int GENERATION_WINDOWS = 1;

    private final long windowNanos;
    private final long sliceNanos;
    private final long origin;
    private final long[] amounts = new long[SLICES];
    private long newestSlice;
    /** When the newest slice ends, and where it is: most takes need no division. */
    private long newestEndsAt;

    private int newestIndex;
    /** Extra time that a unit is held back after its window, because it reached the provider later than it left. */
    private long marginNanos;
    /** Units in the window that were not ours, when an answer last told. */
    private long foreign;

    private long foreignAt;

    private double newerScale;
    private double olderScale = 1;
    private long generationAt;

    SlidingWindow(long windowNanos, long now) {
        this.windowNanos = windowNanos;
        this.sliceNanos = Math.max(1, windowNanos / SLICES_PER_WINDOW);
        this.origin = now;
        this.newestEndsAt = now + sliceNanos;
        this.generationAt = now;
    }

    void take(long amount, long now) {
        if (now - newestEndsAt >= 0) {
            moveTo(sliceOf(now));
        }
        amounts[newestIndex] += amount;
    }

    void giveBack(long amount, long takenAt, long now) {
        moveTo(sliceOf(now));
        long slice = sliceOf(takenAt);
        if (newestSlice - slice < SLICES) {
            amounts[index(slice)] = Math.max(0, amounts[index(slice)] - amount);
        }
    }

    /** Units in use in the window that ends at {@code now}. */
    long used(long now) {
        return foreignStillIn(now) + (long) Math.ceil(scale() * ownIn(now - windowNanos - marginNanos, now));
    }

    /** Time until {@code amount} more keeps the window within {@code limit}; 0 if it fits now. */
    long waitNanos(long amount, long limit, long now) {
        long over = used(now) + Math.min((long) Math.ceil(scale() * amount), limit) - limit;
        return over <= 0 ? 0 : leavesIn(over, now);
    }

    /** Time until so many of the units in use have left the window. */
    private long leavesIn(long over, long now) {
        long oldest = Math.max(sliceOf(now - windowNanos - marginNanos), newestSlice - SLICES + 1);
        long freed = 0;
        for (long slice = oldest; slice <= newestSlice; slice++) {
            freed += amounts[index(slice)];
            if (scale() * freed >= over) {
                return Math.max(1, origin + (slice + 1) * sliceNanos + windowNanos + marginNanos - now);
            }
        }
        // Only what others took is in the way: it is gone after a window at the latest.
        return Math.max(1, windowNanos / 60);
    }

    /**
     * Time until {@code amount} fits when {@code ahead} is taken before it. What is in the window leaves it at the times
     * known, and whatever takes its place leaves one window later.
     */
    long waitNanos(long ahead, long amount, long limit, long now) {
        if (ahead == 0) {
            return waitNanos(amount, limit, now);
        }
        long used = used(now);
        long needed = (long) Math.ceil(scale() * ahead) + Math.min((long) Math.ceil(scale() * amount), limit);
        long over = needed - Math.max(0, limit - used);
        if (over <= 0 || limit <= 0) {
            return 0;
        }
        long rounds = (over - 1) / limit;
        long rest = over - rounds * limit;
        long period = windowNanos + marginNanos;
        // What exceeds all that is in the window now is freed by what fills the room that is left, a window from now.
        return rounds * period + (rest > used ? period : leavesIn(rest, now));
    }

    /** Learns from an answer how much of the window at {@code at} was in use, by us and by others. */
    void observeUsed(long usedAtProvider, long limit, long at) {
        long own = ownIn(at - windowNanos, at);
        if (own > SIGNIFICANT_SHARE * limit) {
            if (at - generationAt > GENERATION_WINDOWS * windowNanos) {
                olderScale = newerScale;
                newerScale = 0;
                generationAt = at;
            }
            newerScale = Math.max(newerScale, (double) usedAtProvider / own);
        }
        foreign = Math.max(0, usedAtProvider - (long) (scale() * own));
        foreignAt = at;
    }

    /**
     * Units that the provider counts for one that we took, at most 1, because our estimates are on the high side. The
     * highest share of the last windows counts: a fixed window that has just begun holds little, whatever we sent before.
     */
    private double scale() {
        double highest = Math.max(newerScale, olderScale);
        return highest == 0 ? 1 : Math.clamp(highest, LEAST_SCALE, 1);
    }

    /** Nobody tells when others' units leave the window: evenly, and all of them after one window. */
    private long foreignStillIn(long now) {
        double share = 1 - (double) (now - foreignAt) / (windowNanos + marginNanos);
        return share <= 0 ? 0 : (long) Math.ceil(foreign * Math.min(1, share));
    }

    /**
     * What a bucket holds now that held {@code level} at {@code from}: refills and our own takes since then, in the order
     * in which they happened, so that a bucket which was full in between gains nothing from it.
     *
     * @param takenSince all that was taken since {@code from}; what the slices cannot place was taken right after it
     */
    double replay(double level, long from, long now, long takenSince, double perNano, double depth) {
        long first = Math.max(sliceOf(from) + 1, newestSlice - SLICES + 1);
        long placed = 0;
        for (long slice = first; slice <= newestSlice; slice++) {
            placed += amounts[index(slice)];
        }
        double replayed = level - Math.max(0, takenSince - placed);
        long at = from;
        for (long slice = first; slice <= newestSlice; slice++) {
            long until = origin + (slice + 1) * sliceNanos;
            until = until - now > 0 ? now : until;
            replayed = Math.min(depth, replayed + Math.max(0, until - at) * perNano) - amounts[index(slice)];
            at = until;
        }
        return Math.min(depth, replayed + Math.max(0, now - at) * perNano);
    }

    void setMargin(long nanos) {
        // Half a window more than one is kept; a margin must stay within it.
        marginNanos = Math.min(nanos, windowNanos / 4);
    }

    private long ownIn(long after, long until) {
        long first = Math.max(sliceOf(after), newestSlice - SLICES + 1);
        long last = Math.min(sliceOf(until), newestSlice);
        long sum = 0;
        for (long slice = first; slice <= last; slice++) {
            sum += amounts[index(slice)];
        }
        return sum;
    }

    private long sliceOf(long time) {
        return Math.floorDiv(time - origin, sliceNanos);
    }

    private void moveTo(long slice) {
        if (slice - newestSlice >= SLICES) {
            Arrays.fill(amounts, 0);
            newestSlice = slice;
        }
        while (newestSlice < slice) {
            newestSlice++;
            amounts[index(newestSlice)] = 0;
        }
        newestEndsAt = origin + (newestSlice + 1) * sliceNanos;
        newestIndex = index(newestSlice);
    }

    private static int index(long slice) {
        return Math.floorMod(slice, SLICES);
    }
}
