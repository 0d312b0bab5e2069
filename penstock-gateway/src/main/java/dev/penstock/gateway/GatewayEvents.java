package dev.penstock.gateway;

import dev.penstock.wire.Usage;
import java.time.Duration;
import java.util.Optional;

/** Hears what a gateway does. Called on its event loop: must return at once and must not throw. */
public interface GatewayEvents {
    /** A request has ended, in whatever way. */
    default void ended(Ended ended) {}

    /** An upstream refused a call for quota; it is repeated as soon as the quota allows. */
    default void refusedByUpstream(String upstream, String family) {}

    /** A call is repeated after a fault. */
    default void retried(String upstream, String family) {}

    /**
     * One request, once it has ended.
     *
     * @param tenant whose it was
     * @param family its model family, empty where it names no model
     * @param upstream who was asked last; empty if nobody was
     * @param waited in the queue, over all attempts
     * @param ran from the first sending to the end; zero if it never was sent
     * @param attempts how often it was sent
     * @param usage what the answer says it used
     * @param picoDollars what that costs; 0 where the price is not known
     * @param explanation for people, of everything but an answer; empty for those
     */
    record Ended(
            Outcome outcome,
            String tenant,
            String family,
            String upstream,
            Duration waited,
            Duration ran,
            int attempts,
            Optional<Usage> usage,
            long picoDollars,
            String explanation) {}
}
