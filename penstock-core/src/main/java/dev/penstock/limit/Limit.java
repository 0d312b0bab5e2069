package dev.penstock.limit;

/**
 * How much of a dimension a provider grants in one window.
 *
 * @param dimension what is limited
 * @param amount units granted per window; zero means that nothing is granted at all
 */
public record Limit(Dimension dimension, long amount) {
    public Limit {
        if (amount < 0) {
            throw new IllegalArgumentException(
                    "limit on " + dimension.label() + " is " + amount + "; it must be 0 or more");
        }
    }

    /** Units per second, the pace at which a continuously refilled bucket of this limit fills. */
    public double perSecond() {
        return amount / (dimension.window().toNanos() / 1e9);
    }
}
