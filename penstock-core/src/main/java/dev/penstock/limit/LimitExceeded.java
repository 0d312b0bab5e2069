package dev.penstock.limit;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a provider says of the limit that refused a request. Everything is optional, because real refusals leave any of
 * it out.
 *
 * @param dimension which limit, where the provider says it
 * @param model the model or family that the provider names, which may differ from the requested one
 * @param limit units granted per window
 * @param used units in use when the request arrived
 * @param requested units that the request asked for
 * @param tryAgainIn when this request would have fitted, counted from the refusal; never negative
 */
public record LimitExceeded(
        Optional<Dimension> dimension,
        Optional<String> model,
        OptionalLong limit,
        OptionalLong used,
        OptionalLong requested,
        Optional<Duration> tryAgainIn) {

    /** A refusal that says nothing about itself except, perhaps, when to come back. */
    public static LimitExceeded unexplained(Optional<Duration> tryAgainIn) {
        return new LimitExceeded(
                Optional.empty(),
                Optional.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                tryAgainIn);
    }
}
