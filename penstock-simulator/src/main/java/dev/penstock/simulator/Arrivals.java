package dev.penstock.simulator;

/** Requests as they come, one after another. For one simulation, and one thread. */
public interface Arrivals {
    /** What an arrival does not say of itself, so that it is drawn. */
    long NOT_SAID = -1;

    /** Moves to the next request; false when there are no more. */
    boolean next();

    /** When it comes, in nanoseconds from the beginning; never before the one before. */
    long atNanos();

    /** The tokens that it takes, or {@link #NOT_SAID}. */
    default long tokens() {
        return NOT_SAID;
    }

    /** How long its answer takes in nanoseconds, or {@link #NOT_SAID}. */
    default long latencyNanos() {
        return NOT_SAID;
    }
}
