package dev.penstock.queue;

/**
 * How much each band is served before a certain request, if nobody else arrives. Bands are taken as fluids: while several
 * wait, each but the most urgent one flows at the part that {@link Credits} gives it, and the most urgent one gets the
 * rest. All amounts are shares in seconds.
 */
final class BandForecast {
    private static final double NOTHING = 1e-12;

    private final double part;
    private final double[] left;
    private final double[] served;
    private final int target;
    /** Served from the target's own band when its turn comes. */
    private final double ahead;
    /** The same when its turn comes by credit, which must reach its own share too. */
    private final double aheadByCredit;

    /**
     * @param waiting what waits in each band
     * @param due what each band may be served at once. Credit that does not reach the next request is left out: on average
     *     it makes up for what the last one lacks
     * @param credit of the target's band
     * @param target the band of the request
     * @param ahead what is served before it in its own band
     * @param share its own
     */
    BandForecast(double part, double[] waiting, double[] due, int target, double credit, double ahead, double share) {
        this.part = part;
        this.left = waiting.clone();
        this.served = new double[waiting.length];
        this.target = target;
        this.ahead = ahead;
        // It is not exhausted before the request itself is served.
        left[target] = Double.POSITIVE_INFINITY;
        double servedAtOnce = 0;
        for (int band = mostUrgent() + 1; band < left.length; band++) {
            if (band != target) {
                double amount = Math.min(left[band], due[band]);
                serve(band, amount);
                servedAtOnce += amount;
            }
        }
        // What others are served at once earns this band its part too.
        this.aheadByCredit = ahead + share - credit - part * servedAtOnce;
        run();
    }

    /** What a band other than the target is served before the request. */
    double served(int band) {
        return served[band];
    }

    private void run() {
        // Each phase but the last exhausts a band, so there are not more phases than bands.
        for (int phase = 0; phase < left.length; phase++) {
            int first = mostUrgent();
            double missing = Math.max(0, (first == target ? ahead : aheadByCredit) - served[target]);
            double duration = missing == 0 ? 0 : missing / rate(target, first);
            int exhausted = target;
            for (int band = 0; band < left.length; band++) {
                if (band != target && left[band] > NOTHING) {
                    double until = left[band] / rate(band, first);
                    if (until < duration) {
                        duration = until;
                        exhausted = band;
                    }
                }
            }
            double[] amounts = new double[left.length];
            for (int band = 0; band < left.length; band++) {
                amounts[band] = left[band] > NOTHING ? duration * rate(band, first) : 0;
            }
            for (int band = 0; band < left.length; band++) {
                serve(band, amounts[band]);
            }
            if (exhausted == target) {
                return;
            }
            left[exhausted] = 0;
        }
    }

    private void serve(int band, double amount) {
        served[band] += amount;
        left[band] = Math.max(0, left[band] - amount);
    }

    private int mostUrgent() {
        int first = 0;
        while (left[first] <= NOTHING) {
            first++;
        }
        return first;
    }

    /** The band's part of everything that is served. */
    private double rate(int band, int first) {
        if (band != first) {
            return part;
        }
        double rest = 1;
        for (int other = first + 1; other < left.length; other++) {
            if (left[other] > NOTHING) {
                rest -= part;
            }
        }
        return rest;
    }
}
