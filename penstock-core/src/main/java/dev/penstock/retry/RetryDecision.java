package dev.penstock.retry;

import java.time.Duration;
import java.util.Optional;

/** What to do with a request that was not answered. Consumers switch over it without a default. */
public sealed interface RetryDecision {
    /** One sentence for a person. Never holds a key, a header or a prompt. */
    String explanation();

    /**
     * Send the request again.
     *
     * @param delay not earlier than after this time; zero or more. For a refusal by quota it is only what the provider
     *     said, and the quota decides further
     * @param countsAsAttempt whether the failure used up one of the attempts
     */
    record RetryAfter(Duration delay, boolean countsAsAttempt, String explanation) implements RetryDecision {}

    /**
     * Too many other requests fail: the retry budget is empty. Do not send; ask for a decision again, with the same
     * verdict and attempt.
     *
     * @param delay when to ask; above zero
     */
    record AskAgainAfter(Duration delay, String explanation) implements RetryDecision {}

    /**
     * Do not send this request again.
     *
     * @param retryAfter what the provider said of when to come back, where it did
     */
    record GiveUp(Reason reason, Optional<Duration> retryAfter, String explanation) implements RetryDecision {}

    /** Why a request is given up. */
    enum Reason {
        /** It failed as often as the policy allows. */
        ATTEMPTS_USED_UP,
        /** The next attempt would start at or after the deadline. */
        DEADLINE,
        /** The retry budget is empty, and the deadline comes before it may have a retry. */
        BUDGET,
        /** The request can never succeed as it is. */
        NOT_RETRYABLE,
        /** No request of the account can succeed until a person acts: stop all of them. */
        ACCOUNT_STOPPED
    }
}
