package dev.penstock.emulator;

import java.time.Duration;
import java.util.Map;

/** What the twin does with a request. Arrays are handed over, not copied: leave them as they are. */
public sealed interface Arrival {
    /**
     * Answered with an error at once: by a limit, or because the request is wrong.
     *
     * @param headers names in lower case
     */
    record Refused(int status, Map<String, String> headers, byte[] body) implements Arrival {}

    /**
     * Answered at once without touching a limit, such as the list of models.
     *
     * @param headers names in lower case
     */
    record Served(int status, Map<String, String> headers, byte[] body) implements Arrival {}

    /**
     * Let through and charged. Whoever drives the twin hands the answer out after {@code latency} and then calls
     * {@link Twin#finished}, or {@link Twin#hungUp} when the client is gone.
     *
     * @param status status of the answer; 0 when none comes ({@link Fault#RESET_BEFORE}, {@link Fault#HANG})
     * @param headers names in lower case
     * @param firstEvent time from arrival to the first event of a stream; equal to {@code latency} for other answers
     * @param latency time from arrival to the end of the answer, or to the moment when something breaks
     * @param outcome whether it is answered or what breaks
     * @param body what is sent: whole for an answer, already cut for {@link Fault#CUT}, whole for
     *     {@link Fault#RESET_IN_BODY} (whose connection breaks in the middle of it), empty when nothing comes
     * @param eventEnds for a stream, where each of its events ends in {@code body}; else empty
     */
    record Admitted(
            Ticket ticket,
            int status,
            Map<String, String> headers,
            Duration firstEvent,
            Duration latency,
            Outcome outcome,
            byte[] body,
            int[] eventEnds)
            implements Arrival {
        /** Whether the answer is a stream of events. */
        public boolean isStream() {
            return eventEnds.length > 0;
        }
    }
}
