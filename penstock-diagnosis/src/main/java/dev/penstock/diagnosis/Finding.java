package dev.penstock.diagnosis;

import dev.penstock.limit.Dimension;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One refusal.
 *
 * @param scope {@code organization}, {@code project}, {@code provider}, or {@code unknown}
 * @param dimension the limit, where it was told
 * @param reason what tells this refusal from others: the sentence of the provider; empty if there was none
 * @param retryable whether the same request can ever succeed without somebody acting
 * @param evidence what was read, without keys and prompts
 * @param trace whether it was read from a stack trace, which often repeats what a line before it said
 * @param explained whether it says more than a status
 */
record Finding(
        Kind kind,
        String scope,
        Optional<String> model,
        Optional<Dimension> dimension,
        OptionalLong limit,
        OptionalLong used,
        OptionalLong requested,
        boolean retryable,
        Optional<Duration> retryIn,
        String evidence,
        String reason,
        boolean trace,
        boolean explained) {}
