package dev.penstock.quota;

import dev.penstock.limit.Limit;
import java.util.List;

/**
 * A quota at one moment, for people and metrics.
 *
 * @param levels one entry a limit
 * @param inFlight reservations that are not settled
 * @param concurrencyLimit how many may be
 * @param refusals refusals by the provider so far
 * @param settledTwice attempts to settle a reservation again; anything but 0 is a bug of a driver
 */
public record QuotaSnapshot(List<Level> levels, int inFlight, int concurrencyLimit, long refusals, long settledTwice) {
    public QuotaSnapshot {
        levels = List.copyOf(levels);
    }

    /**
     * @param remaining units that may be taken now, as far as is known; negative while in debt
     * @param depth units that can be taken at once when full
     * @param windowed whether the provider counts windows instead of refilling continuously
     * @param takenByOthers share of the refill that somebody else consumes
     */
    public record Level(
            Limit limit, LimitSource source, double remaining, double depth, boolean windowed, double takenByOthers) {}
}
