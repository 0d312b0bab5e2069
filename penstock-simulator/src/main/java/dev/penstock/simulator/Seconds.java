package dev.penstock.simulator;

import java.util.function.LongToDoubleFunction;

/** So many requests in each second, evenly spread over it. Parts of a request are carried over to the next second. */
final class Seconds implements Arrivals {
    private static final double NANOS = 1e9;

    private final LongToDoubleFunction perSecond;
    private long second = -1;
    private long inSecond;
    private long done;
    private double carried;

    /** @param perSecond the rate of a second, by its number; asked once for each, in order */
    Seconds(LongToDoubleFunction perSecond) {
        this.perSecond = perSecond;
    }

    @Override
    public boolean next() {
        done++;
        while (done >= inSecond) {
            second++;
            double wanted = carried + perSecond.applyAsDouble(second);
            inSecond = (long) wanted;
            carried = wanted - inSecond;
            done = 0;
            if (inSecond > 0) {
                return true;
            }
        }
        return true;
    }

    @Override
    public long atNanos() {
        return second * 1_000_000_000L + (long) (NANOS * done / inSecond);
    }
}
