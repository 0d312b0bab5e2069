package dev.penstock.diagnosis;

import dev.penstock.limit.Dimension;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Refusals of one kind, scope, model and limit. Immutable but for the timeline, which nobody changes any more.
 *
 * @param scope {@code organization}, {@code project}, {@code provider} or {@code unknown}
 * @param model family, as the provider names it
 * @param dimension the limit, where it was told
 * @param limit units granted per window
 * @param count at least 1
 * @param first time of the first one that had a time
 * @param last time of the last one that had a time
 * @param retryable whether waiting can help
 * @param longestWait the longest that the provider asked to wait
 * @param meanRequested units asked for, on average of those that told; 0 if none did
 * @param mostRequested the most units asked for; 0 if nobody told
 * @param usedAtFirst units in use at the first one; 0 if nobody told
 * @param evidence quoted from the first one, without keys and prompts
 * @param times of those that had one
 */
public record Group(
        Kind kind,
        String scope,
        Optional<String> model,
        Optional<Dimension> dimension,
        OptionalLong limit,
        long count,
        Optional<Instant> first,
        Optional<Instant> last,
        boolean retryable,
        Optional<Duration> longestWait,
        long meanRequested,
        long mostRequested,
        long usedAtFirst,
        String evidence,
        Timeline times) {}
