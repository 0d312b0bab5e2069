package dev.penstock.gateway;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * That none of the upstreams that could serve a request can be reached.
 *
 * @param explanation what went wrong last, and for how long it has been tried
 * @param triesAgainAt when the next try is due; empty if that is now, or if one is under way
 * @param hopeless whether none of them has ever answered and all were tried for long: the addresses are most likely wrong
 */
record Outage(String explanation, OptionalLong triesAgainAt, boolean hopeless) {
    /** The outage of a lane; empty while one of its upstreams can be reached as far as is known. */
    static Optional<Outage> of(Lane<?> lane, long now) {
        if (!lane.cutOff()) {
            return Optional.empty();
        }
        OptionalLong soonest = OptionalLong.empty();
        boolean due = false;
        boolean hopeless = true;
        for (Slot slot : lane.slots) {
            OptionalLong next = slot.upstream().connection.triesAgainAt(now);
            due |= next.isEmpty();
            hopeless &= slot.upstream().connection.givenUp(now).isPresent();
            if (next.isPresent() && (soonest.isEmpty() || next.getAsLong() - soonest.getAsLong() < 0)) {
                soonest = next;
            }
        }
        String explanation =
                lane.slots.getFirst().upstream().connection.outage(now).orElse("");
        return Optional.of(new Outage(explanation, due ? OptionalLong.empty() : soonest, hopeless));
    }

    /** How long nothing will be tried. */
    long pauseNanos(long now) {
        return triesAgainAt.isPresent() ? Math.max(0, triesAgainAt.getAsLong() - now) : 0;
    }

    /** Whether whoever waits is told so now. A request that comes when a try is due makes it. */
    boolean givenUp() {
        return hopeless && triesAgainAt.isPresent();
    }
}
