package dev.penstock.emulator;

/**
 * The rule that traffic above some input tokens per minute grows by at most half every 15 minutes. What the last 60
 * seconds may hold is the threshold, or 1.5 times the busiest minute of 15 to 30 minutes ago if that is more. The vendor
 * documents the rule and not its arithmetic: https://developers.openai.com/api/docs/guides/error-codes. One owner.
 */
final class Ramp {
    private static final long SECOND = 1_000_000_000L;
    private static final int MINUTES_KEPT = 64;

    private final long threshold;
    private final long startNanos;
    private final long[] secondTokens = new long[60];
    private final long[] secondOf = new long[60];
    private final long[] minutePeak = new long[MINUTES_KEPT];
    private final long[] minuteOf = new long[MINUTES_KEPT];

    Ramp(long threshold, long startNanos) {
        this.threshold = threshold;
        this.startNanos = startNanos;
    }

    /** Nanoseconds until this many more input tokens are within the rule; 0 when they are now. */
    long waitNanos(long inputTokens, long nowNanos) {
        long second = (nowNanos - startNanos) / SECOND;
        long ceiling = ceiling(second / 60);
        long sum = lastMinute(second);
        if (sum + inputTokens <= ceiling || sum == 0) {
            return 0;
        }
        long oldest = second - 59;
        while (sum > 0 && sum + inputTokens > ceiling) {
            sum -= tokensIn(oldest);
            oldest++;
        }
        return (oldest + 59) * SECOND - (nowNanos - startNanos);
    }

    void add(long inputTokens, long nowNanos) {
        long second = (nowNanos - startNanos) / SECOND;
        int slot = (int) (second % 60);
        if (secondOf[slot] != second) {
            secondOf[slot] = second;
            secondTokens[slot] = 0;
        }
        secondTokens[slot] += inputTokens;
        long minute = second / 60;
        int peak = (int) (minute % MINUTES_KEPT);
        if (minuteOf[peak] != minute) {
            minuteOf[peak] = minute;
            minutePeak[peak] = 0;
        }
        minutePeak[peak] = Math.max(minutePeak[peak], lastMinute(second));
    }

    private long ceiling(long minute) {
        long most = 0;
        for (long earlier = Math.max(0, minute - 30); earlier <= minute - 15; earlier++) {
            int slot = (int) (earlier % MINUTES_KEPT);
            if (minuteOf[slot] == earlier) {
                most = Math.max(most, minutePeak[slot]);
            }
        }
        return Math.max(threshold, most + most / 2);
    }

    private long lastMinute(long second) {
        long sum = 0;
        for (long earlier = Math.max(0, second - 59); earlier <= second; earlier++) {
            sum += tokensIn(earlier);
        }
        return sum;
    }

    private long tokensIn(long second) {
        int slot = Math.floorMod(second, 60);
        return secondOf[slot] == second ? secondTokens[slot] : 0;
    }
}
