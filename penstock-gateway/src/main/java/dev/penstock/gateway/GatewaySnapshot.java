package dev.penstock.gateway;

import dev.penstock.queue.Priority;
import dev.penstock.quota.QuotaSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A gateway at one moment, for pages and metrics. Immutable.
 *
 * @param running calls at upstreams
 * @param waiting requests in the queue
 * @param waitingBytes bytes of their bodies
 * @param quotas one entry for each upstream account and model family that was used lately, the busiest first
 * @param tenants those with something waiting or running or served in the last minute, the busiest first
 * @param nextUp some of the waiting requests, in the order in which they are expected to start
 */
public record GatewaySnapshot(
        boolean stopping,
        int running,
        int waiting,
        int maxWaiting,
        long waitingBytes,
        long maxWaitingBytes,
        List<QuotaView> quotas,
        List<TenantView> tenants,
        List<WaitingView> nextUp) {
    public GatewaySnapshot {
        quotas = List.copyOf(quotas);
        tenants = List.copyOf(tenants);
        nextUp = List.copyOf(nextUp);
    }

    /**
     * @param account as whom the upstream is called: a name, or the short fingerprint of a client's key
     * @param family model family; empty for calls that name no model
     * @param waiting requests that wait for it
     * @param blockedBy what keeps the next of them from being sent; empty if nothing waits
     * @param binding the label of the limit that sets the pace, see {@code Dimension.label()}; empty if none does
     * @param requestsPerMinute sent in the last minute
     * @param tokensPerMinute reserved in the last minute
     * @param trouble in words, when the upstream is not called at the moment: cooling down, unreachable, no credit
     */
    public record QuotaView(
            String upstream,
            String account,
            String family,
            QuotaSnapshot quota,
            int waiting,
            Optional<String> blockedBy,
            Optional<String> binding,
            double requestsPerMinute,
            double tokensPerMinute,
            Optional<String> trouble) {}

    /**
     * @param longestWait of its waiting requests
     * @param requestsPerMinute sent in the last minute
     * @param tokensPerMinute reserved in the last minute
     * @param budget what is left, in words; empty without a budget
     */
    public record TenantView(
            String tenant,
            double weight,
            int waiting,
            int running,
            Duration longestWait,
            double requestsPerMinute,
            double tokensPerMinute,
            Optional<String> budget) {}

    /**
     * @param waited so far
     * @param startsIn when it is expected to start; empty when nobody can tell
     * @param leftToDeadline until it will be refused
     * @param why it waits, in words
     */
    public record WaitingView(
            String tenant,
            Priority priority,
            String family,
            Duration waited,
            Optional<Duration> startsIn,
            Duration leftToDeadline,
            String why) {}
}
