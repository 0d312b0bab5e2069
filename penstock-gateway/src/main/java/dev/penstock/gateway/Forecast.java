package dev.penstock.gateway;

import dev.penstock.limit.Cost;
import dev.penstock.queue.Arrival;
import dev.penstock.quota.BlockedBy;
import dev.penstock.quota.Quota;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/** What can be said beforehand of a request: whether it will ever fit, when it starts at the earliest, and what it waits for. */
final class Forecast {
    private static final Cost NOTHING = new Cost(0, 0, 0);

    private Forecast() {}

    static boolean comesTooLate(long startsIn, Ask ask, long now) {
        return startsIn > Math.max(0, ask.deadlineNanos() - now);
    }

    static Refusal tooLate(Flight<?> flight, Cost ahead, long startsIn, long now) {
        Ask ask = flight.ask();
        Optional<Outage> outage = Outage.of(flight.lane(), now);
        if (outage.isPresent()) {
            return Refusals.unreachable(outage.get(), ask.deadlineGiven(), now);
        }
        return Refusals.deadline(
                startsIn, Math.max(0, ask.deadlineNanos() - now), why(flight, ahead, now), ask.deadlineGiven());
    }

    /** What a request is charged by the fair queue, in requests of the usual kind. */
    static double share(Lane<?> lane, Cost cost) {
        double least = Double.POSITIVE_INFINITY;
        for (Slot slot : lane.slots) {
            least = Math.min(least, slot.quota().worth(cost).orElse(Double.POSITIVE_INFINITY));
        }
        if (least == Double.POSITIVE_INFINITY) {
            least = Quota.worthWithoutLimits(cost);
        }
        return Math.min(least, Arrival.MAX_SHARE_SECONDS);
    }

    static long startsIn(Lane<?> lane, TenantState tenant, Cost ahead, Cost cost, long now) {
        return Math.max(slotsAllowIn(lane, ahead, cost, now), ownLimitsAllowIn(tenant, cost, now));
    }

    private static long slotsAllowIn(Lane<?> lane, Cost ahead, Cost cost, long now) {
        long soonest = Long.MAX_VALUE;
        int slots = Math.max(1, lane.slots.size());
        // If they are unequal, the largest of them starts it a little later than this, and never earlier.
        Cost share =
                slots == 1 ? ahead : new Cost(ahead.requests() / slots, ahead.tokens() / slots, ahead.images() / slots);
        for (Slot slot : lane.slots) {
            OptionalLong in = slot.quota().startsInNanos(share, cost, now);
            if (in.isPresent()) {
                OptionalLong next = slot.upstream().connection.triesAgainAt(now);
                long pause = next.isPresent() ? next.getAsLong() - now : 0;
                soonest = Math.min(soonest, Math.max(pause, in.getAsLong()));
            }
        }
        return soonest;
    }

    private static long ownLimitsAllowIn(TenantState tenant, Cost cost, long now) {
        Quota own = tenant.quota();
        return own == null ? 0 : own.startsInNanos(NOTHING, cost, now).orElse(Long.MAX_VALUE);
    }

    /** That no waiting helps; empty if it can fit. */
    static Optional<Refusal> tooLarge(Lane<?> lane, TenantState tenant, Cost cost) {
        Quota own = tenant.quota();
        Optional<BlockedBy.ByLimit> byOwn = own == null ? Optional.empty() : own.neverFits(cost);
        if (byOwn.isPresent()) {
            return byOwn.map(
                    by -> Refusals.tooLarge(by, Optional.of(tenant.tenant().name())));
        }
        Optional<BlockedBy.ByLimit> last = Optional.empty();
        for (Slot slot : lane.slots) {
            last = slot.quota().neverFits(cost);
            if (last.isEmpty()) {
                return Optional.empty();
            }
        }
        return last.map(by -> Refusals.tooLarge(by, Optional.empty()));
    }

    /** What keeps the next request of a lane from being sent, in words. */
    static String why(Lane<?> lane) {
        if (lane.cutOff()) {
            return "the upstream, which cannot be reached";
        }
        return lane.slots.stream()
                .map(slot -> slot.blockedBy)
                .filter(Objects::nonNull)
                .findFirst()
                .map(BlockedBy::explanation)
                .orElse("those before it");
    }

    /** What a request waits for, in words. */
    private static String why(Flight<?> flight, Cost ahead, long now) {
        Cost cost = flight.ask().cost();
        TenantState tenant = flight.tenant();
        if (tenant.atItsConcurrency()) {
            return "the tenant's other calls to end";
        }
        if (ownLimitsAllowIn(tenant, cost, now) > slotsAllowIn(flight.lane(), ahead, cost, now)) {
            return "the tenant's own limits";
        }
        return flight.lane().slots.stream()
                .flatMap(slot -> slot.quota().startsAfter(ahead, cost, now).stream())
                .findFirst()
                .map(BlockedBy::explanation)
                .orElseGet(() -> why(flight.lane()));
    }

    /** When a request is expected to start, if nobody else comes; empty if nobody can tell, or if it does not wait. */
    static OptionalLong expectedStartNanos(Flight<?> flight, long now) {
        Cost cost = flight.ask().cost();
        return switch (flight.phase) {
            case WAITING -> known(startsIn(flight.lane(), flight.tenant(), costAhead(flight), cost, now));
            case BACKING_OFF ->
                known(Math.max(flight.dueAt - now, startsIn(flight.lane(), flight.tenant(), NOTHING, cost, now)));
            case RUNNING, ENDED -> OptionalLong.empty();
        };
    }

    private static OptionalLong known(long startsIn) {
        return startsIn == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(startsIn);
    }

    private static <T> Cost costAhead(Flight<T> flight) {
        return flight.lane().queue().costAhead(Objects.requireNonNull(flight.place));
    }
}
