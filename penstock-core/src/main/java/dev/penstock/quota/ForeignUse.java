package dev.penstock.quota;

import java.util.concurrent.TimeUnit;

/**
 * Tells from two answers how much of a limit somebody else used in between: what is missing beside our own requests and
 * the refill. Headers arrive late and count whole units, so it looks at stretches long enough for that not to matter, and
 * claims nothing that rounding could explain. Of a limit per day a few requests that overtake each other are minutes of
 * refill: there it takes several times what they could explain, too.
 *
 * <p>Confined to the lock of the quota that owns it.
 */
final class ForeignUse {
    private static final long MIN_STRETCH_NANOS = 1_000_000_000;
    private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final double MIN_FLOW_UNITS = 20;
    /** Whole units in two headers differ by up to one from what they stand for. */
    private static final double ROUNDING_UNITS = 1;
    /** What exceeds the doubt by so much needs no long stretch. */
    private static final double CLEARLY = 4;

    private static final double SMOOTHING_WINDOWS = 1.0 / 20;
    /** Below this share of the refill it is noise from requests that overtake each other. */
    private static final double NOISE_SHARE = 0.03;

    private static final double NO_REFILL_TOLERANCE = 0.1;

    private final double smoothingNanos;
    /** Whether what overtakes is worth more than a moment's refill. */
    private final boolean slow;

    private boolean anchored;
    private long anchorAt;
    private double anchorRemaining;
    private long anchorTotal;
    private long anchorDoubt;
    private double unitsPerNano;
    private int stretchesWithoutRefill;

    ForeignUse(long windowNanos) {
        smoothingNanos = SMOOTHING_WINDOWS * windowNanos;
        slow = windowNanos > MINUTE_NANOS;
    }

    /**
     * Takes the state that the provider reported for a request.
     *
     * @param at when that request was sent
     * @param remaining units left after it
     * @param total units that we had reserved in all, that request included
     * @param sent what we sent around it
     * @param refillPerNano units that flow back in a nanosecond, if they do
     * @param flowsBack whether they do, as far as is known; otherwise only what vanished was taken by somebody
     * @param depth units in a full bucket
     */
    void observe(
            long at, double remaining, long total, Sent sent, double refillPerNano, boolean flowsBack, double depth) {
        if (!anchored) {
            anchor(at, remaining, total, sent);
            return;
        }
        long stretch = at - anchorAt;
        double refill = refillPerNano * stretch;
        long own = total - anchorTotal;
        if (stretch < MIN_STRETCH_NANOS || Math.max(own, refill) < MIN_FLOW_UNITS) {
            return;
        }
        double vanished = anchorRemaining - own - remaining;
        double foreign = flowsBack ? vanished + refill : Math.max(0, vanished);
        double doubt = ROUNDING_UNITS + (slow ? anchorDoubt + sent.shortlyAfter() : 0);
        boolean clear = Math.abs(foreign) > CLEARLY * doubt;
        if (!clear && refill < (slow ? Math.max(MIN_FLOW_UNITS, CLEARLY * doubt) : MIN_FLOW_UNITS)) {
            return; // a longer stretch will tell
        }
        // A bucket that may have been full lost refill to the brim; that looks like somebody's use and is not.
        boolean brim = Math.max(anchorRemaining, remaining) + refill >= depth;
        anchor(at, remaining, total, sent);
        if (brim) {
            return;
        }
        if (refill >= MIN_FLOW_UNITS) {
            boolean none = Math.abs((vanished + refill) / refill - 1) < NO_REFILL_TOLERANCE;
            stretchesWithoutRefill = none ? stretchesWithoutRefill + 1 : 0;
            if (none && flowsBack) {
                return; // who takes all of the refill is nobody, as the next stretch will tell
            }
        }
        if (!clear && Math.abs(foreign) <= (slow ? 2 * doubt : doubt)) {
            foreign = 0;
        }
        double weight = Math.min(1, stretch / smoothingNanos);
        unitsPerNano += weight * (foreign / stretch - unitsPerNano);
    }

    /**
     * Whether nothing flows back at all: it would be a strange coincidence if others used exactly the refill, while a
     * provider that counts windows looks just like that.
     */
    boolean seesNoRefill() {
        return stretchesWithoutRefill >= 2;
    }

    /** The share of the refill that others use, in [0, 0.98]. */
    double shareOf(double refillPerNano) {
        double share = unitsPerNano / refillPerNano;
        return share < NOISE_SHARE ? 0 : Math.min(share, 0.98);
    }

    /** Starts over, because the limit itself changed. */
    void forget() {
        anchored = false;
        stretchesWithoutRefill = 0;
    }

    private void anchor(long at, double remaining, long total, Sent sent) {
        anchored = true;
        anchorAt = at;
        anchorRemaining = remaining;
        anchorTotal = total;
        anchorDoubt = sent.shortlyBefore();
    }
}
