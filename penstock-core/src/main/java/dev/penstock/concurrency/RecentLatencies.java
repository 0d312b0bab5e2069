package dev.penstock.concurrency;

import java.util.Arrays;

/** The latencies of the last calls, for their median. Sorts only when asked, which happens on overload. */
final class RecentLatencies {
    private static final int KEPT = 101;

    private final long[] nanos = new long[KEPT];
    private long added;

    void add(long latencyNanos) {
        nanos[(int) (added % KEPT)] = latencyNanos;
        added++;
    }

    /** The lower median in nanoseconds, 0 when nothing was added. */
    long median() {
        int kept = (int) Math.min(added, KEPT);
        if (kept == 0) {
            return 0;
        }
        long[] sorted = Arrays.copyOf(nanos, kept);
        Arrays.sort(sorted);
        return sorted[(kept - 1) / 2];
    }
}
