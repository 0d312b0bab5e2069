package dev.penstock.retry;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** What happens to a call, in this order. Given to the listeners of a {@link Retry} by the thread that drives the call. */
public sealed interface RetryEvent {
    /** Of the policy. */
    String name();

    /** One line for a log. Never holds a key, a header's value, a prompt or the message of an exception. */
    String message();

    /** The first attempt is about to be made. */
    record Started(String name) implements RetryEvent {
        @Override
        public String message() {
            return name + ": started";
        }
    }

    /** An attempt was not accepted; the last one too. */
    record AttemptFailed(String name, int sent, Outcome<?> outcome, Judgement judgement) implements RetryEvent {
        @Override
        public String message() {
            return name + ": attempt " + sent + " failed (" + judgement.reason() + ")";
        }
    }

    /**
     * The next attempt has to wait.
     *
     * @param sent attempts so far
     * @param most attempts that the policy allows, if it says so
     * @param time how long
     * @param hint what the server asked for
     * @param left until the call gives up, after the wait
     */
    record Waiting(
            String name,
            int sent,
            OptionalInt most,
            String reason,
            Duration time,
            Optional<Duration> hint,
            Optional<Duration> left)
            implements RetryEvent {
        @Override
        public String message() {
            return name + ": attempt " + sent
                    + (most.isPresent() ? " of " + most.getAsInt() : "")
                    + " failed (" + reason + "), waiting " + RetryReport.seconds(time)
                    + hint.map(asked -> " (server asked " + RetryReport.seconds(asked) + ")")
                            .orElse("")
                    + left.map(rest -> ", " + RetryReport.seconds(rest) + " left")
                            .orElse("");
        }
    }

    /**
     * Another attempt is about to be made.
     *
     * @param sent this one included
     */
    record Retrying(String name, int sent) implements RetryEvent {
        @Override
        public String message() {
            return name + ": attempt " + sent + " begins";
        }
    }

    /** The call was accepted. */
    record Succeeded(String name, RetryReport report) implements RetryEvent {
        @Override
        public String message() {
            return report.explanation();
        }
    }

    /** The call was given up, for whatever reason. */
    record GaveUp(String name, RetryReport report) implements RetryEvent {
        @Override
        public String message() {
            return report.explanation();
        }
    }
}
