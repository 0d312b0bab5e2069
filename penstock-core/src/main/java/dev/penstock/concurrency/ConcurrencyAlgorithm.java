package dev.penstock.concurrency;

/**
 * Finds how many calls may be in flight from what became of earlier calls. An outcome that says nothing about load (a
 * bad request, a missing key, an account without credit, a cancelled call) is not reported at all.
 *
 * <p>Not safe for use by several threads; {@link Permits} guards the algorithm that it is given.
 */
public sealed interface ConcurrencyAlgorithm permits Aimd, Vegas {
    /** Calls that may be in flight now; at least 1. */
    int limit();

    /**
     * A call was answered.
     *
     * @param inFlight calls in flight just before this one ended, itself included
     * @param latencyNanos how long the call took, in nanoseconds
     * @param nowNanos monotonic time of the answer
     */
    void succeeded(int inFlight, long latencyNanos, long nowNanos);

    /**
     * A call was refused or broken by load: a request or token limit, status 503 or 529, a connection that could not
     * be made. A long latency alone is not overload, because the latency of generated text follows its length.
     *
     * @param inFlight calls in flight just before this one ended, itself included
     * @param nowNanos monotonic time of the refusal
     */
    void overloaded(int inFlight, long nowNanos);

    /**
     * The quota turned out to have work for this many calls at once. Raises the limit to it, within its maximum; where an
     * overload has been seen, it only grows there fast, because what was measured outweighs what was calculated. Never
     * lowers it.
     */
    void raiseTo(int limit);
}
