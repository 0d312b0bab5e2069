package dev.penstock.simulator;

import dev.penstock.limit.LimitExceeded;
import java.time.Duration;
import java.util.Optional;

/**
 * A 429 as a client sees it.
 *
 * @param exceeded what its text says
 * @param retryAfter its {@code Retry-After} header: whole seconds, 1 or more. There is none where too many calls are in
 *     flight, for limits per day, and where waiting does not help
 * @param never whether the request is larger than a limit and so never fits
 */
public record Refusal(LimitExceeded exceeded, Optional<Duration> retryAfter, boolean never) {}
