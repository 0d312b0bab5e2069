package dev.penstock.verdict;

import dev.penstock.limit.LimitExceeded;
import java.time.Duration;
import java.util.Optional;

/**
 * What an answer of the provider means and what to do about it. Made by the wire, consumed by quota, retry and the
 * drivers; consumers switch over it without a default, so that a new meaning is a compile error everywhere.
 */
public sealed interface Verdict {
    /** One sentence for a person: what happened and what to do. Never holds a key, a header or a prompt. */
    String explanation();

    /** The request was answered. */
    record Accepted() implements Verdict {
        @Override
        public String explanation() {
            return "answered";
        }
    }

    /**
     * A quota was used up. Waiting cures it; it costs no attempt and closes the limit for everyone until then.
     *
     * @param exceeded what the provider said of the limit
     */
    record Throttled(LimitExceeded exceeded, String explanation) implements Verdict {}

    /**
     * The provider asks to raise the load more slowly, although the limits have room ({@code slow_down}).
     *
     * @param retryAfter the earliest time to come back, counted from the answer
     */
    record SlowDown(Optional<Duration> retryAfter, String explanation) implements Verdict {}

    /**
     * Something broke on the way or at the provider; the same request may succeed later. Costs an attempt.
     *
     * @param fault what broke
     * @param retryAfter the earliest time to come back, counted from the answer; never to be undercut
     */
    record Transient(Fault fault, Optional<Duration> retryAfter, String explanation) implements Verdict {}

    /**
     * This request can never succeed as it is; other requests may.
     *
     * @param reason why
     */
    record Rejected(RejectedBecause reason, String explanation) implements Verdict {}

    /**
     * No request of this account can succeed until a person acts.
     *
     * @param reason why
     */
    record AccountStopped(StoppedBecause reason, String explanation) implements Verdict {}

    /** What broke. */
    enum Fault {
        /** Status 5xx that is not overload. */
        SERVER_ERROR(false),
        /** Status 503 or 529: the provider has no capacity right now. */
        OVERLOADED(true),
        /** The connection could not be made; the request was certainly not sent. */
        CONNECT_FAILED(true),
        /** The connection was lost after sending. */
        CONNECTION_LOST(false),
        /** No complete answer in time. */
        TIMEOUT(false),
        /** Status 200 with a body that is cut off or is not what the endpoint answers. */
        BROKEN_ANSWER(false),
        /** Status 408 or 409: the provider itself asks to repeat. */
        CONFLICT(false);

        private final boolean signOfOverload;

        Fault(boolean signOfOverload) {
            this.signOfOverload = signOfOverload;
        }

        /** Whether the provider may have done the work and billed it, out of our sight; a status says that it has not. */
        public boolean mayBeBilled() {
            return switch (this) {
                case CONNECTION_LOST, TIMEOUT, BROKEN_ANSWER -> true;
                case CONNECT_FAILED, SERVER_ERROR, OVERLOADED, CONFLICT -> false;
            };
        }

        /** Whether fewer calls in flight would help. */
        public boolean signOfOverload() {
            return signOfOverload;
        }
    }

    /** Why a request can never succeed. */
    enum RejectedBecause {
        /** It asks for more than the limit ever holds. */
        LARGER_THAN_LIMIT,
        BAD_REQUEST,
        NOT_FOUND,
        /** Refused for its content or by a policy. */
        NOT_ALLOWED
    }

    /** Why an account is stopped. */
    enum StoppedBecause {
        NO_CREDIT,
        SPEND_LIMIT,
        BAD_KEY,
        NO_PERMISSION
    }
}
