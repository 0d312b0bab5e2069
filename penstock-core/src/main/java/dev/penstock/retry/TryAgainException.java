package dev.penstock.retry;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Thrown by a body to have the call tried again, whatever the policy retries. Its stop still holds. When the call gives
 * up, the cause is thrown in its place, if there is one.
 */
public final class TryAgainException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final @Nullable Duration hint;

    private TryAgainException(String message, @Nullable Duration hint, @Nullable Exception cause) {
        super(message, cause);
        this.hint = hint;
    }

    /** After the policy's wait. */
    public static TryAgainException now(String reason) {
        return new TryAgainException(reason, null, null);
    }

    /** After the policy's wait. */
    public static TryAgainException because(Exception cause) {
        return new TryAgainException("asked to be tried again", null, cause);
    }

    /** Not before this time is over, because the server said so. */
    public static TryAgainException after(Duration hint, Exception cause) {
        return new TryAgainException("asked to be tried again", hint, cause);
    }

    Judgement judgement() {
        Throwable cause = getCause();
        String reason = cause == null ? String.valueOf(getMessage()) : RetryReport.nameOf(cause);
        return new Judgement.TryAgain(reason, Optional.ofNullable(hint), true);
    }

    /** What is to be thrown when there is no other try. */
    Exception surfacing() {
        return getCause() instanceof Exception cause ? cause : this;
    }
}
