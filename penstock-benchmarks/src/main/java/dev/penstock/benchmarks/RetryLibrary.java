package dev.penstock.benchmarks;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * What a retry library does in situations that calls of an LLM API meet, each configured as its documentation says. Where a
 * library takes the time from outside it runs in virtual time; where it reads the machine's clock, a second is scaled down to
 * {@link #SCALED_SECOND}.
 */
interface RetryLibrary {
    Duration SCALED_SECOND = Duration.ofMillis(20);

    String name();

    /** Waits before the 10th retry of 1 s that doubles up to 60 s, with the jitter of the library. */
    List<Duration> waitsAtTheCap(int calls);

    /** Waits after failures that tell to come back after this time, with jitter. */
    List<Duration> waitsAfterHint(Duration hint, int calls);

    /** Attempts of a call that may take 60 s and is told to come back after 10 minutes. */
    int attemptsWhenTheHintIsTooLong();

    /** Attempts of a call that may take 25 s, waits 10 s each time and always fails. */
    int attemptsWithinTheLimit();

    /** Whether a call with 3 attempts is answered after this many refusals by quota. */
    boolean isAnsweredAfterThrottles(int refusals);

    /** Calls that reach the server while another one has been told that the quota is used up. */
    int callsDuringAThrottle(int others);

    /** Attempts in the first 6 s of an outage by these calls, each of which may try 6 times, a second apart. */
    int attemptsInAnOutage(int calls);

    /** Attempts where refused connections may be tried 4 times and time-outs too, and two of the former precede one of the latter. */
    int attemptsUnderTwoRules();

    /** What a caller gets whose body always throws an {@link IOException}. */
    Throwable thrownAtTheEnd();

    /** Values that are still open after two of them were rejected and the third was accepted, itself not counted. */
    int rejectedValuesLeftOpen();

    /** What a caller sees whose condition for retries throws. */
    Object outcomeWhenAConditionThrows();

    /** What a caller sees of a call that succeeds at the second attempt while a listener throws. */
    Object outcomeWhenAListenerThrows();

    /** Attempts of a body that throws an {@link Error}. */
    int attemptsAfterAnError();

    /** Whether a thread that is interrupted in a wait makes no further attempt and is still interrupted afterwards. */
    boolean keepsAnInterrupt();

    /** A value that has to be closed. */
    final class Held implements AutoCloseable {
        private boolean open = true;

        @Override
        public void close() {
            open = false;
        }

        boolean open() {
            return open;
        }
    }

    /** A failure with the time after which the server wants to be asked again. */
    final class BusyException extends IOException {
        private static final long serialVersionUID = 1;

        private final Duration hint;

        BusyException(Duration hint) {
            super("busy");
            this.hint = hint;
        }

        Duration hint() {
            return hint;
        }
    }
}
