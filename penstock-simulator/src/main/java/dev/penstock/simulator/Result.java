package dev.penstock.simulator;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;

/**
 * What a strategy made of a scenario.
 *
 * @param strategy its name
 * @param processed requests that came; each was answered or given up
 * @param accepted requests that were answered
 * @param rejected calls that were refused with 429; one request may have many
 * @param givenUp requests that were never answered
 * @param calls all calls that were sent
 * @param arrivalSeconds from the first arrival to the last
 * @param makespanSeconds from the first arrival until the last request ended
 * @param bestPossibleSeconds the least that the limits allow for the requests that were answered, see {@link LeastTime}
 * @param quotaUsed the largest share that was used of a limit, of what it could give until the last admission; 0 to 1
 * @param quotaUsedByLimit the same for each limit of the scenario
 * @param waits of the requests that were answered
 * @param cost at list price, of what was answered; empty if the model's price is not known
 * @param mostInFlight calls under way at a time
 * @param mostWaiting requests that were neither under way nor ended, at a time
 * @param cutShort whether the simulation ended before the strategy did, because it would not have ended soon; what was
 *     left counts as given up
 */
public record Result(
        String strategy,
        long processed,
        long accepted,
        long rejected,
        long givenUp,
        long calls,
        double arrivalSeconds,
        double makespanSeconds,
        double bestPossibleSeconds,
        double quotaUsed,
        List<Double> quotaUsedByLimit,
        WaitTimes waits,
        Optional<BigDecimal> cost,
        long mostInFlight,
        long mostWaiting,
        boolean cutShort,
        List<TenantResult> tenants,
        Series series) {
    public Result {
        quotaUsedByLimit = List.copyOf(quotaUsedByLimit);
        tenants = List.copyOf(tenants);
    }

    /** Refused calls for each request that was answered; 0 if none was. */
    public double wastedCallsPerSuccess() {
        return accepted == 0 ? 0 : (double) rejected / accepted;
    }

    /** How many times the least time it took; 1 is the best. */
    public double timesBest() {
        return bestPossibleSeconds == 0 ? 1 : makespanSeconds / bestPossibleSeconds;
    }
}
