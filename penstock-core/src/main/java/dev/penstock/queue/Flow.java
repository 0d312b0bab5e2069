package dev.penstock.queue;

import java.util.Comparator;

/** One tenant in one band: its line, and its place among the tenants of the band. */
final class Flow<T> {
    static final Comparator<Flow<?>> BY_START =
            Comparator.<Flow<?>>comparingDouble(flow -> flow.start).thenComparingLong(flow -> flow.turn);

    final Band<T> band;
    final String tenant;
    final Line<T> line = new Line<>();
    double weight;
    /** The start tag of its next request; while none waits, the finish tag of its last one. In virtual seconds. */
    double start;
    /** Where {@link #start} was last lifted to. Giving back charges from before must not lead behind it. */
    double floor;
    /** When it got its tag, as a count; the one who has had an equal tag for longer goes first, so ties starve nobody. */
    long turn;
    /** No longer in its band; the same tenant would get another flow. */
    boolean forgotten;

    Flow(Band<T> band, String tenant, double weight, double start) {
        this.band = band;
        this.tenant = tenant;
        this.weight = weight;
        this.start = start;
        this.floor = start;
    }
}
