package dev.penstock.quota;

/**
 * Finds out that a limit is counted in windows which begin at fixed times, from the resets that answers show. A bucket's
 * reset grows with what is in use, in proportion; a window's points to the same moment, whatever is in use. Once it is
 * found, each window is used whole, and the next one begins when the provider said so, not when a window's length has
 * passed since our own requests. Headers do not name the window, so nothing else tells 20 requests in 5 s or in an hour from
 * 20 in a minute.
 *
 * <p>A sliding window's reset moves on with each request; whatever does not keep to the moment that it told is not taken for
 * a window again.
 *
 * <p>Confined to the lock of the quota that owns it.
 */
final class ShownWindow {
    private static final long SECOND_NANOS = 1_000_000_000;
    private static final long HOUR_NANOS = 3_600 * SECOND_NANOS;
    private static final long DAY_NANOS = 24 * HOUR_NANOS;
    private static final int ENOUGH_ANSWERS = 3;
    /** Far more than requests differ in the time that they need to reach the provider. */
    private static final long LATENESS_NANOS = 150_000_000;
    /** The moment must have stood still for this long. */
    private static final long ENOUGH_NANOS = 400_000_000;
    /** Resets are cut to the millisecond. */
    private static final long CUT_NANOS = 2_000_000;

    private static final double BUCKET_TOLERANCE = 0.03;

    /** Longer than the named window by more than any rounding. */
    private static final long LONGER_NANOS = 2 * SECOND_NANOS;
    /** An end must have stood still for longer than the rounding of resets could make it seem so. */
    private static final int ENOUGH_ROUNDINGS = 3;
    /** Ends are known to a fraction of this. */
    private static final long STEP_NANOS = 10 * SECOND_NANOS;

    private final long namedNanos;

    private boolean givenUp;
    private boolean found;

    // Evidence: answers that agree on an end, and the windows of a bucket that would show the same.
    private int agreeing;
    private long agreeingSince;
    private long endNotBefore;
    private long endNotAfter;
    private double leastBucket;
    private double mostBucket = Double.POSITIVE_INFINITY;
    /** The longest that was seen; a window is at least as long. */
    private long longestReset;

    // The window, once it is found.
    /** As far as was seen; of a long window that is the least it can be. */
    private long lengthNanos;

    private long toldEnd;
    private long shortestStep = Long.MAX_VALUE;
    /** Its end was not told yet, but follows from the last one. */
    private boolean deduced;

    private long used;
    /** Taken so late that it may count in the next window. */
    private long atTheEnd;

    /**
     * @param namedNanos the window as it is named; one of the same length does not matter, since counting the last window
     *     satisfies it whenever it begins
     */
    ShownWindow(long namedNanos) {
        this.namedNanos = namedNanos;
    }

    boolean found() {
        return found;
    }

    /** How long the window is, as far as that can be told: people choose hours and days. */
    long lengthNanos() {
        if (lengthNanos <= namedNanos) {
            return lengthNanos;
        }
        long longer = lengthNanos - LONGER_NANOS;
        long usual = longer <= HOUR_NANOS ? HOUR_NANOS : longer <= DAY_NANOS ? DAY_NANOS : 30 * DAY_NANOS;
        long stepped =
                shortestStep == Long.MAX_VALUE ? usual : (shortestStep + STEP_NANOS / 2) / STEP_NANOS * STEP_NANOS;
        return Math.min(usual, Math.max(stepped, lengthNanos));
    }

    /** Time until {@code units} fit when {@code ahead} is taken before them. */
    long waitNanos(long ahead, long units, long amount, long now) {
        roll(now);
        long over = ahead + Math.min(units, amount) - (amount - used);
        if (over <= 0) {
            return 0;
        }
        long windows = ahead == 0 ? 0 : (over - 1) / Math.max(1, amount);
        return Math.max(1, endNotAfter - now) + windows * lengthNanos;
    }

    long used(long now) {
        roll(now);
        return used;
    }

    void take(long units, long now) {
        if (found) {
            roll(now);
            used += units;
            if (endNotBefore - now < LATENESS_NANOS) {
                atTheEnd += units;
            }
        }
    }

    void giveBack(long units, long takenAt, long now) {
        if (found) {
            roll(now);
            if (takenAt - (endNotAfter - lengthNanos) >= 0) {
                used = Math.max(0, used - units);
            }
        }
    }

    /**
     * Takes what an answer shows, or a refusal.
     *
     * @param usedAtProvider units in use at the moment of which it speaks
     * @param sent what we sent around that moment
     * @param reset time from that moment until all of the limit is there
     */
    void observe(long usedAtProvider, Sent sent, long amount, long sentAt, long now, long reset) {
        if (givenUp || usedAtProvider <= 0 || reset <= 0) {
            return;
        }
        boolean rounded = reset % SECOND_NANOS == 0;
        long tooLong = rounded ? SECOND_NANOS : 0;
        long tooShort = rounded ? SECOND_NANOS : CUT_NANOS;
        if (found) {
            roll(now);
        }
        long notBefore = sentAt + reset - tooLong;
        long notAfter = Math.min(now, sentAt + LATENESS_NANOS) + reset + tooShort;
        longestReset = Math.max(longestReset, reset);
        boolean agrees = agreeing > 0 && notBefore - endNotAfter <= 0 && endNotBefore - notAfter <= 0;
        if (agrees) {
            endNotBefore = later(endNotBefore, notBefore);
            endNotAfter = later(endNotBefore, earlier(endNotAfter, notAfter));
            agreeing++;
        } else if (found && !moveOn(sentAt, notBefore)) {
            return;
        } else {
            agreeing = 1;
            agreeingSince = sentAt;
            endNotBefore = notBefore;
            endNotAfter = notAfter;
        }
        deduced = false;
        toldEnd = endNotBefore;
        narrowBucket(usedAtProvider, amount, reset - tooLong, reset + tooShort);
        boolean noBucket = leastBucket > mostBucket;
        long enough = Math.max(ENOUGH_NANOS, ENOUGH_ROUNDINGS * tooLong);
        if (!found && noBucket && agreeing >= ENOUGH_ANSWERS && sentAt - agreeingSince >= enough) {
            lengthNanos = wholeSecondsFrom(longestReset);
            found = matters(endNotBefore - agreeingSince);
            used = usedAtProvider + sent.since() + sent.shortlyBefore();
        }
        if (found && endNotBefore - now > 0) {
            // Requests overtake each other: what left just before may be missing yet, what left just after be counted.
            long told = usedAtProvider + sent.since();
            used = Math.clamp(used, Math.max(0, told - sent.shortlyAfter()), told + sent.shortlyBefore());
        }
    }

    /** Whether what does not agree with the end is the end of another window. */
    private boolean moveOn(long sentAt, long notBefore) {
        long moved = notBefore - endNotBefore;
        long step = notBefore - toldEnd;
        if (step > lengthNanos - LONGER_NANOS) {
            shortestStep = Math.min(shortestStep, step);
        }
        if (deduced && moved + lengthNanos > 0) {
            lengthNanos = wholeSecondsFrom(longestReset);
            found = matters(longestReset);
            return true;
        }
        if (moved > 0 && endNotBefore - sentAt <= LATENESS_NANOS) {
            return true; // it was on its way when the window ended
        }
        if (moved < 0) {
            return false; // of a window that is over
        }
        found = false;
        givenUp = true;
        return false;
    }

    /** Whether the window is another one than is named, going by a reset of it. */
    private boolean matters(long reset) {
        return lengthNanos <= namedNanos / 2 || reset > namedNanos + LONGER_NANOS;
    }

    private void narrowBucket(long usedAtProvider, long amount, long leastReset, long mostReset) {
        double most =
                usedAtProvider == 1 ? Double.POSITIVE_INFINITY : (double) mostReset * amount / (usedAtProvider - 1);
        leastBucket = Math.max(leastBucket, (double) leastReset * amount / usedAtProvider * (1 - BUCKET_TOLERANCE));
        mostBucket = Math.min(mostBucket, most * (1 + BUCKET_TOLERANCE));
    }

    private void roll(long now) {
        long over = now - endNotAfter;
        if (over >= 0) {
            long windows = over / lengthNanos + 1;
            endNotBefore += windows * lengthNanos;
            endNotAfter += windows * lengthNanos;
            used = windows == 1 ? atTheEnd : 0;
            atTheEnd = 0;
            deduced = true;
        }
    }

    /** People choose whole seconds, and the longest reset that was seen is a little short of the window. */
    private static long wholeSecondsFrom(long nanos) {
        return Math.max(SECOND_NANOS, Math.ceilDiv(nanos - CUT_NANOS, SECOND_NANOS) * SECOND_NANOS);
    }

    private static long later(long a, long b) {
        return a - b >= 0 ? a : b;
    }

    private static long earlier(long a, long b) {
        return a - b <= 0 ? a : b;
    }
}
