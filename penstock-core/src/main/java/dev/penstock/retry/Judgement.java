package dev.penstock.retry;

import dev.penstock.verdict.Verdict;
import java.time.Duration;
import java.util.Optional;

/**
 * What an {@link Outcome} means for the call. Finer than yes or no, because faults and throttles are paid from different
 * pockets: a fault costs an attempt and a retry of the {@link RetryBudget}; a throttle costs neither and closes the
 * {@link SharedGate}.
 */
public sealed interface Judgement {
    /** What happened, in few words, for logs and reports. Never holds a key, a header's value or a prompt. */
    String reason();

    /** The call is done and returns the value. */
    record Accept() implements Judgement {
        private static final Accept INSTANCE = new Accept();

        @Override
        public String reason() {
            return "accepted";
        }
    }

    /**
     * It may succeed when tried again.
     *
     * @param hint the earliest time to come back, as the server said; never undercut. A negative one is the server
     *     asking not to be tried again
     * @param countsAsAttempt false where the request certainly was not sent
     */
    record TryAgain(String reason, Optional<Duration> hint, boolean countsAsAttempt) implements Judgement {}

    /**
     * A quota is used up: waiting cures it.
     *
     * @param hint as in {@link TryAgain}
     */
    record Throttled(String reason, Optional<Duration> hint) implements Judgement {}

    /** It can never succeed as it is: give up now. */
    record Abort(String reason) implements Judgement {}

    /** The call is done. */
    static Judgement accept() {
        return Accept.INSTANCE;
    }

    /** A fault that may pass. */
    static Judgement tryAgain(String reason) {
        return new TryAgain(reason, Optional.empty(), true);
    }

    /** A fault that may pass, and when the server wants to be asked again. */
    static Judgement tryAgain(String reason, Duration hint) {
        return new TryAgain(reason, Optional.of(hint), true);
    }

    /** The request certainly was not sent, so that trying again costs no attempt. */
    static Judgement notSent(String reason) {
        return new TryAgain(reason, Optional.empty(), false);
    }

    /** A quota is used up. */
    static Judgement throttled(String reason) {
        return new Throttled(reason, Optional.empty());
    }

    /** A quota is used up, and when the server wants to be asked again. */
    static Judgement throttled(String reason, Duration hint) {
        return new Throttled(reason, Optional.of(hint));
    }

    /** Nothing can help. */
    static Judgement abort(String reason) {
        return new Abort(reason);
    }

    /** What an answer of a provider means, as the wire reads it. */
    static Judgement of(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Accepted accepted -> accept();
            case Verdict.Throttled throttled ->
                new Throttled(throttled.explanation(), throttled.exceeded().tryAgainIn());
            case Verdict.SlowDown slowDown -> new Throttled(slowDown.explanation(), slowDown.retryAfter());
            case Verdict.Transient fault -> new TryAgain(fault.explanation(), fault.retryAfter(), true);
            case Verdict.Rejected rejected -> new Abort(rejected.explanation());
            case Verdict.AccountStopped stopped -> new Abort(stopped.explanation());
        };
    }
}
