package dev.penstock.pacing;

import java.time.Duration;
import java.util.Optional;

/** The request cannot start before its deadline, or could not. {@link #blocked} says why, and when it can. */
public final class TooLateException extends RefusedException {
    private static final long serialVersionUID = 1;

    private TooLateException(String message, Optional<Blocked> blocked) {
        super(message, blocked);
    }

    static TooLateException of(Ask ask, Blocked blocked, Duration left, Duration waited) {
        String can = blocked.freeIn()
                .map(time -> "can start in " + Words.seconds(time) + " at the earliest")
                .orElse("starts when another call ends");
        String may = left.isPositive()
                ? "and may wait " + Words.seconds(left)
                : "and its deadline has come" + (waited.isPositive() ? " after " + Words.seconds(waited) : "");
        return new TooLateException(
                "The request to " + Words.family(ask) + " waits for "
                        + blocked.by().explanation() + "; it " + can + ", " + may
                        + ". Let it wait longer, or come back then.",
                Optional.of(blocked));
    }
}
