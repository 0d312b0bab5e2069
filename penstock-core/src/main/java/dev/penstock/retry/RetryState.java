package dev.penstock.retry;

import java.time.Duration;
import java.util.Optional;

/**
 * Where a call stands after an attempt that was not accepted: all that a {@link Stop} or a {@link Wait} may look at.
 *
 * @param name of the policy
 * @param number attempts that counted, this one included; 1 or more, or 0 where none has counted yet. Where a rule
 *     applies, those that ended as the rule says
 * @param sent all attempts so far, counted or not; 1 or more
 * @param waits the place of the coming wait in its series; 1 for the first, and again after each hint of a server
 * @param elapsed since the call began
 * @param waited how much of that was spent waiting
 * @param previousWait zero before the first wait
 * @param upcoming the wait that would follow; zero while it is being computed
 * @param hint when the server wants to be asked again, counted from now
 * @param outcome of the attempt
 * @param nowNanos monotonic time
 */
public record RetryState(
        String name,
        int number,
        int sent,
        int waits,
        Duration elapsed,
        Duration waited,
        Duration previousWait,
        Duration upcoming,
        Optional<Duration> hint,
        Outcome<?> outcome,
        long nowNanos) {

    RetryState withUpcoming(Duration wait) {
        return new RetryState(name, number, sent, waits, elapsed, waited, previousWait, wait, hint, outcome, nowNanos);
    }

    RetryState counting(int attempts, int series) {
        return new RetryState(
                name, attempts, sent, series, elapsed, waited, previousWait, upcoming, hint, outcome, nowNanos);
    }
}
