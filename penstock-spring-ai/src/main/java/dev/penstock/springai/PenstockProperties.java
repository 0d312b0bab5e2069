package dev.penstock.springai;

import dev.penstock.pacing.Penstock;
import dev.penstock.retry.RetryPolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What {@code application.properties} says of pacing. Nothing need be said; what is left out is as {@link Penstock.Builder}
 * has it.
 *
 * @param enabled whether OpenAI models are paced
 * @param tier usage tier of the account, for example {@code tier-1}
 * @param requestsPerMinute cap of your own for each model family, 1 or more
 * @param tokensPerMinute cap of your own for each model family, 1 or more
 * @param requestsPerDay cap of your own for each model family, 1 or more
 * @param tokensPerDay cap of your own for each model family, 1 or more
 * @param capsAreAll whether there are no limits but the caps
 * @param concurrency the most calls in flight, 1 or more
 * @param maxWaiting calls that may wait, 1 or more
 * @param patience how long a call waits
 * @param maxAttempts attempts after faults, 1 or more; refusals by quota cost none
 */
@ConfigurationProperties("penstock")
public record PenstockProperties(
        @DefaultValue("true") boolean enabled,
        @Nullable String tier,
        @Nullable Long requestsPerMinute,
        @Nullable Long tokensPerMinute,
        @Nullable Long requestsPerDay,
        @Nullable Long tokensPerDay,
        boolean capsAreAll,
        @Nullable Integer concurrency,
        @Nullable Integer maxWaiting,
        @Nullable Duration patience,
        @Nullable Integer maxAttempts) {

    void applyTo(Penstock.Builder builder) {
        if (tier != null) {
            builder.tier(tier);
        }
        if (requestsPerMinute != null) {
            builder.requestsPerMinute(requestsPerMinute);
        }
        if (tokensPerMinute != null) {
            builder.tokensPerMinute(tokensPerMinute);
        }
        if (requestsPerDay != null) {
            builder.requestsPerDay(requestsPerDay);
        }
        if (tokensPerDay != null) {
            builder.tokensPerDay(tokensPerDay);
        }
        if (capsAreAll) {
            builder.capsAreAll();
        }
        if (concurrency != null) {
            builder.concurrency(concurrency);
        }
        if (maxWaiting != null) {
            builder.maxWaiting(maxWaiting);
        }
        if (patience != null) {
            builder.patience(patience);
        }
        if (maxAttempts != null) {
            builder.retry(RetryPolicy.DEFAULT.withMaxAttempts(maxAttempts));
        }
    }
}
