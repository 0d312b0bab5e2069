package dev.penstock.simulator;

import java.util.List;

/**
 * What a {@link Strategy} can do. Each call that it has is sent, put off, given up or enqueued once; then it has it no
 * more, until it is told of it again.
 */
public interface Desk {
    /** The time, in nanoseconds from the beginning of the traffic. */
    long nowNanos();

    /** Sends a call. */
    void send(Call call);

    /** Hands a call back at this time ({@link Strategy#woken}), at once if it is past. */
    void later(Call call, long atNanos);

    /** Ends a call without an answer. */
    void giveUp(Call call);

    /** Sets the time at which {@link Strategy#alarm} is called, instead of the one that was set before. */
    void alarmAt(long atNanos);

    /** Calls that are under way. */
    int inFlight();

    /**
     * Sends calls through the Batch API, which has limits of its own.
     *
     * @return false, and nothing is sent, if the queue has no room for their tokens now
     */
    boolean enqueue(List<Call> calls);
}
