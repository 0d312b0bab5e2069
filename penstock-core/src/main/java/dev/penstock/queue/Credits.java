package dev.penstock.queue;

import java.util.Arrays;

/**
 * Ageing of the less urgent bands. While a more urgent band waits, a waiting band earns a part of every share that is
 * served, from whichever band; when its credit reaches the share of its next request, that one goes and pays. So of
 * everything that is served while it waits, a band gets at least its part, less what one request lacks.
 */
final class Credits {
    /**
     * A band goes as soon as it can pay, so in the ordinary course its credit stays below this many of the largest
     * requests. More than that is saved up only by a band whose tenants are all held back, and is cut.
     */
    private static final int MAX_REQUESTS = 4;

    /** Ten tenths of a share added up are a little less than the share; no request waits for that. */
    private static final double ROUNDING = 1 - 1e-9;

    private final double part;
    private final double[] seconds;
    private double largestShare;

    Credits(double part, int bands) {
        this.part = part;
        this.seconds = new double[bands];
    }

    private Credits(Credits original) {
        this.part = original.part;
        this.seconds = original.seconds.clone();
        this.largestShare = original.largestShare;
    }

    Credits copy() {
        return new Credits(this);
    }

    double of(int band) {
        return seconds[band];
    }

    boolean canPay(int band, double share) {
        return seconds[band] >= share * ROUNDING;
    }

    /**
     * Which bands earn when something is served now: all that wait but the most urgent one of them, as bits.
     *
     * @param waiting the bands that wait, as bits
     */
    static int earning(int waiting) {
        return waiting & ~Integer.lowestOneBit(waiting);
    }

    /**
     * Something is served.
     *
     * @param waiting the bands that wait, with the one that is served, as bits
     * @return what the band paid: nothing when no more urgent one waits, and less than the share when all of those were
     *     held back
     */
    double serve(int band, double share, int waiting) {
        largestShare = Math.max(largestShare, share);
        int earning = earning(waiting);
        for (int other = 0; other < seconds.length; other++) {
            if (isIn(earning, other)) {
                earn(other, part * share);
            }
        }
        if (!isIn(earning, band)) {
            return 0;
        }
        double paid = Math.min(seconds[band], share);
        seconds[band] -= paid;
        return paid;
    }

    /** What was served was not served after all. */
    void giveBack(int band, double share, double paid, int earned) {
        largestShare = Math.max(largestShare, share);
        for (int other = 0; other < seconds.length; other++) {
            if (isIn(earned, other)) {
                seconds[other] = Math.max(0, seconds[other] - part * share);
            }
        }
        earn(band, paid);
    }

    /** The band is empty, or new requests come to an empty one: there is nobody to whom the credit would belong. */
    void clear(int band) {
        seconds[band] = 0;
    }

    /** Nothing waits in any band. */
    void clear() {
        Arrays.fill(seconds, 0);
        largestShare = 0;
    }

    private void earn(int band, double earned) {
        seconds[band] = Math.min(seconds[band] + earned, MAX_REQUESTS * largestShare);
    }

    static boolean isIn(int bands, int band) {
        return (bands >> band & 1) != 0;
    }
}
