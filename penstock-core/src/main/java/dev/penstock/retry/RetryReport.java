package dev.penstock.retry;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What became of one call.
 *
 * @param name of the policy
 * @param attempts the last of them, 32 at most
 * @param sent how many there were
 * @param total from the beginning of the call to its end
 * @param waited how much of that was spent waiting
 * @param ending why it ended
 * @param hint when the server wanted to be asked again, where it said so of the last attempt
 * @param explanation one sentence for a person; holds no message of an exception, since that may hold what was sent
 */
public record RetryReport(
        String name,
        List<Tried> attempts,
        int sent,
        Duration total,
        Duration waited,
        Ending ending,
        Optional<Duration> hint,
        String explanation) {

    public RetryReport {
        attempts = List.copyOf(attempts);
    }

    /**
     * One attempt.
     *
     * @param number 1 for the first
     * @param waitedBefore the time waited since the attempt before it
     * @param took from its beginning to its end
     * @param result what it came to, in few words
     */
    public record Tried(int number, Duration waitedBefore, Duration took, String result) {}

    /** Why a call ended. */
    public enum Ending {
        SUCCEEDED,
        /** It failed as often as the policy allows. */
        ATTEMPTS_USED_UP,
        /** The next attempt would start too late. */
        DEADLINE,
        /** Too many calls fail: the retry budget is empty, and does not fill before it is too late. */
        BUDGET,
        /** A condition of the policy said so, or the server asked not to be tried again. */
        STOPPED,
        /** Trying again cannot help, or was not asked for. */
        NOT_RETRYABLE,
        /** The call was cancelled, or its thread interrupted. */
        CANCELLED
    }

    static String nameOf(Throwable thrown) {
        String name = thrown.getClass().getSimpleName();
        return name.isEmpty() ? thrown.getClass().getName() : name;
    }

    static String seconds(Duration duration) {
        long millis = TimeUnit.MILLISECONDS.convert(duration);
        return BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString() + " s";
    }
}
