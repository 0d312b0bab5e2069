package dev.penstock.quota;

/**
 * A continuously refilled bucket, kept as one number: the theoretical arrival time (TAT) of the generic cell rate
 * algorithm. A unit is worth {@code window / limit} nanoseconds of refill; the bucket is full when the TAT is not in the
 * future, and empty when the TAT lies one burst ahead. Debt, refund and correction are then assignments to the TAT, and
 * every wait is exact to the nanosecond.
 *
 * <p>OpenAI's published waits and resets satisfy this arithmetic exactly: {@code wait = (used + requested - limit) /
 * limit * window}.
 *
 * <p>Confined to the lock of the quota that owns it. Times are monotonic nanoseconds and may wrap around.
 */
final class TokenBucket {
    private final long windowNanos;
    private long limit;
    private double nanosPerUnit;
    /** Nanoseconds of refill that a full bucket holds; at most the window. */
    private long burstNanos;
    /** Kept free at the bottom, because requests overtake each other on the way to the provider. */
    private long reserveNanos;
    /** Share of the refill that somebody else consumes, in [0, 1). */
    private double drain;

    private long tat;
    private long advancedTo;
    /** Asked for and then taken, it is computed once. */
    private long lastAmount;

    private long lastNanos;

    TokenBucket(long limit, long windowNanos, long now) {
        this.limit = limit;
        this.windowNanos = windowNanos;
        this.nanosPerUnit = (double) windowNanos / limit;
        this.burstNanos = windowNanos;
        this.tat = now;
        this.advancedTo = now;
    }

    /** Time until {@code amount} fits, 0 if it fits now. Changes nothing. */
    long waitNanos(long amount, long now) {
        return waitNanos(0, amount, drain, now);
    }

    /**
     * Time until {@code amount} fits when {@code ahead} is taken before it. Changes nothing.
     *
     * @param share of the refill that somebody else consumes from now on
     */
    long waitNanos(long ahead, long amount, double share, long now) {
        long usable = burstNanos - Math.min(reserveNanos, burstNanos / 8);
        // More than the bucket ever holds is let through on a full bucket and leaves debt: depth is learned, and a
        // limiter that is one second deep must still pass a request of two seconds' worth.
        long cost = Math.min(nanosFor(amount), usable);
        long excess = debtAt(now) + (ahead == 0 ? 0 : nanosFor(ahead)) + cost - usable;
        if (excess <= 0) {
            return 0;
        }
        return share == 0 ? excess : (long) Math.ceil(excess / (1 - share));
    }

    void take(long amount, long now) {
        advance(now);
        tat = notBefore(tat, now) + nanosFor(amount);
    }

    /** Undoes a {@link #take}; a bucket that is full stays full. */
    void giveBack(long amount, long now) {
        advance(now);
        // Not simply subtracted: a TAT far in the past would come round as one far in the future.
        tat = now + Math.max(0, debtAt(now) - nanosFor(amount));
    }

    /** Units left; negative while in debt. */
    double level(long now) {
        return (burstNanos - debtAt(now)) / nanosPerUnit();
    }

    /** Units that a full bucket holds. */
    double depth() {
        return burstNanos / nanosPerUnit();
    }

    /** Sets the units left at {@code now}. More than fit make a full bucket. */
    void setLevel(double units, long now) {
        advancedTo = now;
        tat = notBefore(now + burstNanos - Math.round(units * nanosPerUnit()), now);
    }

    /** Changes how much a full bucket holds, and keeps the units left as far as they still fit. */
    void setDepth(double units, long now) {
        double level = level(now);
        burstNanos = Math.clamp(Math.round(units * nanosPerUnit()), 1, windowNanos);
        setLevel(level, now);
    }

    void setReserve(long nanos) {
        reserveNanos = nanos;
    }

    /** Share of the refill that others take, in [0, 1). */
    void setDrain(double share, long now) {
        advance(now);
        drain = share;
    }

    /** Changes the limit and keeps the units in use, as a provider does that raises or lowers a limit. */
    void setLimit(long newLimit, long now) {
        double depthShare = (double) burstNanos / windowNanos;
        double used = depth() - level(now);
        limit = newLimit;
        nanosPerUnit = (double) windowNanos / newLimit;
        lastAmount = 0;
        lastNanos = 0;
        burstNanos = Math.max(1, Math.round(depthShare * windowNanos));
        setLevel(depth() - used, now);
    }

    double nanosPerUnit() {
        return nanosPerUnit;
    }

    /** Refill time that {@code amount} is worth, rounded up, so that rounding never admits too much. */
    private long nanosFor(long amount) {
        if (amount != lastAmount) {
            lastNanos = (long) Math.ceil((double) amount * windowNanos / limit);
            lastAmount = amount;
        }
        return lastNanos;
    }

    private long debtAt(long now) {
        long elapsed = now - advancedTo;
        if (elapsed <= 0) {
            return Math.max(0, tat - now);
        }
        if (drain == 0) {
            return Math.max(0, tat - now);
        }
        return Math.max(0, notBefore(tat, advancedTo) + Math.round(drain * elapsed) - now);
    }

    private void advance(long now) {
        long elapsed = now - advancedTo;
        if (elapsed <= 0) {
            return;
        }
        if (drain > 0) {
            tat = notBefore(tat, advancedTo) + Math.round(drain * elapsed);
        }
        advancedTo = now;
    }

    private static long notBefore(long time, long earliest) {
        return time - earliest < 0 ? earliest : time;
    }
}
