package dev.penstock.emulator;

/**
 * The time of files and batches: nanoseconds since the twin's start, scaled. It never goes back and never wraps around.
 * One owner.
 */
final class BatchClock {
    private static final long SECOND = 1_000_000_000;

    /** Leaves room to add any time that files and batches take. */
    private static final long MOST = Long.MAX_VALUE / 4;

    private final long scale;
    private final long startEpochSecond;
    private long latest;

    BatchClock(long scale, long startEpochSecond) {
        this.scale = scale;
        this.startEpochSecond = startEpochSecond;
    }

    /** @param sinceStartNanos of the twin, not scaled */
    long at(long sinceStartNanos) {
        long since = Math.max(0, sinceStartNanos);
        latest = Math.max(latest, since > MOST / scale ? MOST : since * scale);
        return latest;
    }

    /** Unix seconds of a scaled time. */
    long epochSecond(long scaledNanos) {
        return startEpochSecond + scaledNanos / SECOND;
    }

    /** How many seconds pass outside while this many nanoseconds pass here; 1 or more. */
    long outsideSeconds(long scaledNanos) {
        return Math.max(1, Math.ceilDiv(Math.ceilDiv(scaledNanos, scale), SECOND));
    }
}
