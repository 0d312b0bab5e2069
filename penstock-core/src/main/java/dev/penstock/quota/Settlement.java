package dev.penstock.quota;

import dev.penstock.limit.LimitExceeded;
import dev.penstock.limit.LimitState;
import dev.penstock.verdict.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** How a reservation ended. */
public sealed interface Settlement {
    /**
     * How a reservation ends whose request had this verdict.
     *
     * @param states what the answer's headers said of the limits
     */
    static Settlement of(Verdict verdict, List<LimitState> states) {
        return switch (verdict) {
            case Verdict.Accepted accepted -> new Answered(states);
            case Verdict.Throttled throttled -> new Refused(throttled.exceeded(), states);
            case Verdict.SlowDown slowDown -> new SlowedDown(slowDown.retryAfter());
            case Verdict.Transient fault ->
                fault.fault() == Verdict.Fault.CONNECT_FAILED
                        ? new NeverSent()
                        : new Failed(states, fault.fault().signOfOverload());
            // The provider judged the request, so it answered: nothing is wrong with the load.
            case Verdict.Rejected rejected -> new Answered(states);
            case Verdict.AccountStopped stopped -> new Failed(states, false);
        };
    }

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
