package dev.penstock.limit;

import java.time.Duration;
import java.util.Optional;

/**
 * What a provider says of one limit at the moment it admitted a request: the state after that request was charged.
 *
 * @param limit the limit and its amount
 * @param remaining units left; negative when the account is in debt
 * @param resetIn time until all of the limit is there again, where the provider tells it
 */
public record LimitState(Limit limit, long remaining, Optional<Duration> resetIn) {
    /** Of a provider that does not tell when the limit is whole again. */
    public LimitState(Limit limit, long remaining) {
        this(limit, remaining, Optional.empty());
    }

    public Dimension dimension() {
        return limit.dimension();
    }

    /** What the reset tells of the window; empty if it tells nothing, because there is none or nothing is in use. */
    public Optional<ShownReset> shownReset() {
        long used = limit.amount() - remaining;
        return used <= 0 || limit.amount() <= 0
                ? Optional.empty()
                : resetIn.map(reset -> new ShownReset(used, limit.amount(), reset.toNanos()));
    }

    /** Whether the reset is too short for a limit of this window, however the provider counts. */
    public boolean contradicts(Duration window) {
        return shownReset().filter(reset -> reset.tooShortFor(window.toNanos())).isPresent();
    }
}
