package dev.penstock.quota;

/**
 * Bounds how fast a bucket's burst is used, because nobody knows how deep the provider's bucket really is. It lets through
 * a multiple of the refill rate and doubles that multiple every quarter of a second without a refusal, up to {@value
 * #MOST_MULTIPLE}: a full minute's burst is spent in about three seconds where it exists, and costs a handful of refusals
 * where it does not. Refusals come back within a round trip, long before answers do. Faster would gain nothing, since what
 * is not spent stays in the bucket, and would pile up more calls on the way than their order can be told of.
 *
 * <p>Confined to the lock of the quota that owns it.
 */
final class BurstProbe {
    static final double FIRST_MULTIPLE = 4;
    private static final double MOST_MULTIPLE = 32;
    private static final long DOUBLING_NANOS = 250_000_000;
    /** Requests may leave together within this time. */
    private static final long SLACK_NANOS = 20_000_000;

    private double multiple = FIRST_MULTIPLE;
    private double debtNanos;
    private long advancedTo;
    private long doubledAt;
    private double spentSinceDoubling;
    private boolean started;

    /** Time until the next request may leave, 0 if now. */
    long waitNanos(long now) {
        if (!started) {
            return 0;
        }
        advance(now);
        // Multiples are powers of two: this is exact, and cheaper than the quotient.
        if (debtNanos <= SLACK_NANOS * multiple) {
            return 0;
        }
        double excess = debtNanos / multiple - SLACK_NANOS;
        // The multiple doubles meanwhile: ask again then.
        long paid = Math.max(1, (long) Math.ceil(excess));
        return multiple < MOST_MULTIPLE ? Math.max(1, Math.min(paid, doubledAt + DOUBLING_NANOS - now)) : paid;
    }

    /**
     * Time until the next request may leave when refill worth {@code aheadNanos} is spent before it. The multiple doubles
     * whenever it may, which those that wait see to; nothing can leave sooner.
     */
    long waitNanos(double aheadNanos, long now) {
        advance(now);
        double owed = debtNanos + aheadNanos;
        double speed = multiple;
        long at = now;
        long doublesAt = doubledAt + DOUBLING_NANOS;
        while (speed < MOST_MULTIPLE && owed / speed - SLACK_NANOS > doublesAt - at) {
            owed -= speed * (doublesAt - at);
            speed *= 2;
            at = doublesAt;
            doublesAt += DOUBLING_NANOS;
        }
        return at - now + Math.max(0, (long) Math.ceil(owed / speed - SLACK_NANOS));
    }

    /** Records that refill worth {@code nanos} was spent. */
    void spent(double nanos, long now) {
        advance(now);
        debtNanos += nanos;
        spentSinceDoubling += nanos;
    }

    /** Starts over, because the provider refused what should have fitted, or may do so from here on. */
    void restart(long now) {
        advance(now);
        multiple = FIRST_MULTIPLE;
        doubledAt = now;
        debtNanos = 0;
        spentSinceDoubling = 0;
    }

    private void advance(long now) {
        if (!started) {
            started = true;
            advancedTo = now;
            doubledAt = now;
            return;
        }
        while (multiple < MOST_MULTIPLE && now - doubledAt >= DOUBLING_NANOS) {
            // Only a speed that was really driven is proven.
            boolean driven = spentSinceDoubling + debtNanos >= multiple * DOUBLING_NANOS / 2;
            pay(doubledAt + DOUBLING_NANOS);
            doubledAt += DOUBLING_NANOS;
            spentSinceDoubling = 0;
            if (driven) {
                multiple *= 2;
            } else if (debtNanos == 0) {
                // Nothing can happen in the quarters that are left; their grid stays, whoever asks in between.
                doubledAt += (now - doubledAt) / DOUBLING_NANOS * DOUBLING_NANOS;
            }
        }
        pay(now);
    }

    private void pay(long until) {
        long elapsed = until - advancedTo;
        if (elapsed > 0) {
            debtNanos = Math.max(0, debtNanos - multiple * elapsed);
            advancedTo = until;
        }
    }
}
