package dev.penstock.jobs.plan;

import dev.penstock.limit.Limit;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What is assumed of the account and the wishes.
 *
 * @param tier of the account; empty if it is to be shown what each tier would mean
 * @param caps limits of the user's own, in force on every tier
 * @param latency of a call
 * @param concurrency calls in flight at most; empty for the usual bound
 * @param deadline until when all is to be answered
 * @param queueLimit input tokens that each family may have enqueued in batches, if known better than by the tier
 * @param ampleMaximum output tokens that hardly any answer exceeds, as far as one knows; 1 or more
 */
public record Question(
        Optional<String> tier,
        List<Limit> caps,
        Duration latency,
        OptionalInt concurrency,
        Optional<Duration> deadline,
        OptionalLong queueLimit,
        long ampleMaximum) {
    public Question {
        caps = List.copyOf(caps);
        if (latency.isNegative() || latency.isZero()) {
            throw new IllegalArgumentException("the latency is " + latency + "; it must be longer than 0");
        }
        if (concurrency.isPresent() && concurrency.getAsInt() < 1) {
            throw new IllegalArgumentException("--concurrency is " + concurrency.getAsInt() + "; it must be 1 or more");
        }
        if (queueLimit.isPresent() && queueLimit.getAsLong() < 1) {
            throw new IllegalArgumentException("--queue-limit is " + queueLimit.getAsLong() + "; it must be 1 or more");
        }
    }
}
