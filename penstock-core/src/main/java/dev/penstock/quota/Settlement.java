package dev.penstock.quota;

import dev.penstock.limit.LimitExceeded;
import dev.penstock.limit.LimitState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** How a reservation ended. */
public sealed interface Settlement {
    /**
     * The provider answered the request.
     *
     * @param states what its headers said about the limits, at the moment of admission
     */
    record Answered(List<LimitState> states) implements Settlement {
        public Answered {
            states = List.copyOf(states);
        }
    }

    /**
     * The provider took the request and did not answer it; it counts against the quota all the same.
     *
     * @param states as for {@link Answered}; empty when there was no answer at all
     * @param signOfOverload whether fewer calls in flight would help
     */
    record Failed(List<LimitState> states, boolean signOfOverload) implements Settlement {
        public Failed {
            states = List.copyOf(states);
        }
    }

    /** The provider refused the request because a quota was used up. */
    record Refused(LimitExceeded exceeded, List<LimitState> states) implements Settlement {
        public Refused {
            states = List.copyOf(states);
        }
    }

    /** The provider refused the request because the load rose too quickly. */
    record SlowedDown(Optional<Duration> retryAfter) implements Settlement {}

    /** The request certainly never reached the provider: the reservation is given back whole. */
    record NeverSent() implements Settlement {}
}
