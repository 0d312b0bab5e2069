package dev.penstock.quota;

/**
 * Tells from two answers how much of a limit somebody else used in between: what is missing beside our own requests and
 * the refill. Headers arrive late and count whole units, so it looks at stretches long enough for that not to matter.
 *
 * <p>Confined to the lock of the quota that owns it.
 */
final class ForeignUse {
    private static final long MIN_STRETCH_NANOS = 1_000_000_000;
    /** Whole units in a header are off by up to one; over twenty that is noise. */
    private static final double MIN_FLOW_UNITS = 20;

    private static final double SMOOTHING_NANOS = 3e9;
    /** Below this share of the refill it is noise from requests that overtake each other. */
    private static final double NOISE_SHARE = 0.03;

    private static final double NO_REFILL_TOLERANCE = 0.1;

    private boolean anchored;
    private long anchorAt;
    private double anchorRemaining;
    private long anchorTotal;
    private double unitsPerNano;
    private int stretchesWithoutRefill;

    /**
     * Takes the state that the provider reported for a request.
     *
     * @param at when that request was sent
     * @param remaining units left after it
     * @param total units that we had reserved in all, that request included
     * @param refillPerNano units that flow back in a nanosecond
     * @param depth units in a full bucket
     */
    void observe(long at, double remaining, long total, double refillPerNano, double depth) {
        if (!anchored) {
            anchor(at, remaining, total);
            return;
        }
        long stretch = at - anchorAt;
        double refill = refillPerNano * stretch;
        long own = total - anchorTotal;
        if (stretch < MIN_STRETCH_NANOS || Math.max(own, refill) < MIN_FLOW_UNITS) {
            return;
        }
        double foreign = anchorRemaining + refill - own - remaining;
        // A bucket that may have been full lost refill to the brim; that looks like somebody's use and is not.
        boolean brim = Math.max(anchorRemaining, remaining) + refill >= depth;
        anchor(at, remaining, total);
        if (brim) {
            return;
        }
        if (refill >= MIN_FLOW_UNITS) {
            boolean none = Math.abs(foreign / refill - 1) < NO_REFILL_TOLERANCE;
            stretchesWithoutRefill = none ? stretchesWithoutRefill + 1 : 0;
        }
        double weight = Math.min(1, stretch / SMOOTHING_NANOS);
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

    private void anchor(long at, double remaining, long total) {
        anchored = true;
        anchorAt = at;
        anchorRemaining = remaining;
        anchorTotal = total;
    }
}
