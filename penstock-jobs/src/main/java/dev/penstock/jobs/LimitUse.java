package dev.penstock.jobs;

import dev.penstock.limit.Limit;
import dev.penstock.quota.LimitSource;

/**
 * A limit and where it stands.
 *
 * @param family the model family it holds for
 * @param source how it came to be known
 * @param remaining units that may be taken now, as far as is known; negative while in debt
 * @param depth units that can be taken at once when full
 * @param usedPerMinute units that this run took in the last minute
 * @param takenByOthers share of the limit that somebody else uses, 0 to 1
 */
public record LimitUse(
        String family,
        Limit limit,
        LimitSource source,
        double remaining,
        double depth,
        double usedPerMinute,
        double takenByOthers) {}
