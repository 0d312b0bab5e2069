package dev.penstock.wire;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * What one source says an account of a tier may do with a model family.
 *
 * @param source short name of the source, for example {@code model-pages-2026}
 * @param url address or title of the source; may be empty in a user's file
 * @param date day or month the figures were read, ISO 8601; may be empty in a user's file
 * @param family model family, as {@link ModelFamily#of} names it
 * @param tier {@code free}, {@code 1} to {@code 5}, or another word that the provider uses
 * @param requires what an account must have done to be in the tier, for people; may be empty
 * @param requestsPerMinute RPM
 * @param requestsPerDay RPD
 * @param tokensPerMinute TPM
 * @param tokensPerDay TPD
 * @param batchQueueTokens prompt tokens that may be enqueued in the Batch API at once
 */
public record TierRow(
        String source,
        String url,
        String date,
        String family,
        String tier,
        String requires,
        OptionalLong requestsPerMinute,
        OptionalLong requestsPerDay,
        OptionalLong tokensPerMinute,
        OptionalLong tokensPerDay,
        OptionalLong batchQueueTokens) {

    /** The limits that the source states, of the organization: requests first, then tokens. */
    public List<Limit> limits() {
        List<Limit> limits = new ArrayList<>(4);
        requestsPerMinute.ifPresent(amount -> limits.add(new Limit(Dimension.REQUESTS_PER_MINUTE, amount)));
        requestsPerDay.ifPresent(amount -> limits.add(new Limit(Dimension.REQUESTS_PER_DAY, amount)));
        tokensPerMinute.ifPresent(amount -> limits.add(new Limit(Dimension.TOKENS_PER_MINUTE, amount)));
        tokensPerDay.ifPresent(amount -> limits.add(new Limit(Dimension.TOKENS_PER_DAY, amount)));
        return List.copyOf(limits);
    }
}
