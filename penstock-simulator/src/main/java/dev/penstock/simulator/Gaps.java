package dev.penstock.simulator;

import java.util.function.DoubleUnaryOperator;

/** Requests with gaps between them. */
final class Gaps implements Arrivals {
    private final DoubleUnaryOperator gapSeconds;
    private double atSeconds;

    /** @param gapSeconds the time to the next request, by the time of the one before; above zero */
    Gaps(DoubleUnaryOperator gapSeconds) {
        this.gapSeconds = gapSeconds;
    }

    @Override
    public boolean next() {
        atSeconds += gapSeconds.applyAsDouble(atSeconds);
        return true;
    }

    @Override
    public long atNanos() {
        return (long) (atSeconds * 1e9);
    }
}
