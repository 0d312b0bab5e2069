package dev.penstock.gateway;

import dev.penstock.gateway.config.Tenant;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.limit.Cost;
import dev.penstock.limit.LimitState;
import dev.penstock.queue.Arrival;
import dev.penstock.queue.QueueBounds;
import dev.penstock.queue.Waiting;
import dev.penstock.quota.Admission;
import dev.penstock.quota.BlockedBy;
import dev.penstock.quota.Quota;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.quota.Settlement;
import dev.penstock.retry.Backoff;
import dev.penstock.retry.RetryDecision;
import dev.penstock.retry.RetryPolicy;
import dev.penstock.verdict.Verdict;
import dev.penstock.wire.TierRow;
import dev.penstock.wire.TierTable;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides which request is sent to which upstream when, which is refused, and what becomes of one after each attempt. It
 * has no clock, no thread and no socket: the gateway drives it with real requests, tests and benchmarks with simulated
 * ones.
 *
 * <p>Not safe for use by several threads. Its owner asks {@link #next} until it is told to wait, and reports each attempt
 * exactly once by {@link #settled} or {@link #gone}.
 *
 * @param <T> what the driver keeps with a request
 */
final class RequestDispatcher<T> {
    /** Keys come from clients, so there is a bound to how many are remembered. */
    private static final int MOST_LANES = 10_000;

    private static final int MOST_TENANTS = 10_000;
    private static final long FORGOTTEN_AFTER_NANOS = Duration.ofMinutes(15).toNanos();
    private static final Cost NOTHING = new Cost(0, 0, 0);

    private final QueueBounds bounds;
    private final TierTable tiers;
    private final RandomGenerator random;
    private final Map<String, UpstreamState> upstreams = new LinkedHashMap<>();
    private final Map<LaneKey, Lane<T>> lanes = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<String, TenantState> tenants = new LinkedHashMap<>(16, 0.75f, true);
    private final PriorityQueue<Flight<T>> backingOff = new PriorityQueue<>((a, b) -> Long.signum(a.dueAt - b.dueAt));
    private final ArrayDeque<Step<T>> outcomes = new ArrayDeque<>();
    private boolean stopping;
    private int running;

    RequestDispatcher(
            Collection<Upstream> upstreams, QueueBounds bounds, TierTable tiers, RandomGenerator random, long now) {
        this.bounds = bounds;
        this.tiers = tiers;
        this.random = random;
        reconfigure(upstreams, now);
    }

    /**
     * Takes over changed upstreams. What an account has used stays known while it keeps its name, address and key; calls in
     * flight end where they are.
     */
    void reconfigure(Collection<Upstream> changed, long now) {
        Map<String, UpstreamState> before = new HashMap<>(upstreams);
        upstreams.clear();
        for (Upstream upstream : changed) {
            UpstreamState known = before.get(upstream.name());
            if (known != null && sameAccount(known.upstream(), upstream)) {
                known.reconfigure(upstream);
                upstreams.put(upstream.name(), known);
            } else {
                upstreams.put(upstream.name(), new UpstreamState(upstream, random, now));
            }
        }
        for (Lane<T> lane : lanes.values()) {
            List<Slot> kept = new ArrayList<>(lane.slots);
            lane.slots.clear();
            for (UpstreamState upstream : serving(lane.key().family())) {
                lane.slots.add(kept.stream()
                        .filter(slot -> slot.upstream() == upstream)
                        .findFirst()
                        .orElseGet(() -> slot(upstream, lane, now)));
            }
            lane.ready = true;
        }
    }

    private static boolean sameAccount(Upstream a, Upstream b) {
        return a.baseUrl().equals(b.baseUrl())
                && a.key().map(key -> key.reveal()).equals(b.key().map(key -> key.reveal()))
                && a.organization().equals(b.organization())
                && a.project().equals(b.project())
                && a.caps().equals(b.caps())
                && a.concurrency().equals(b.concurrency());
    }

    /** What became of a request that arrived. */
    sealed interface Arrived<T> {
        /** It is in the queue. */
        record Queued<T>(Flight<T> flight) implements Arrived<T> {}

        /** It is refused at once. */
        record Refused<T>(Refusal refusal) implements Arrived<T> {}
    }

    /** Takes a request in, or says at once why not. */
    Arrived<T> arrive(T item, Ask ask, long now) {
        if (stopping) {
            return new Arrived.Refused<>(Refusals.stopping());
        }
        Lane<T> lane = lane(ask.lane(), now);
        if (lane.slots.isEmpty()) {
            return new Arrived.Refused<>(Refusals.noUpstream(ask.lane().family()));
        }
        TenantState tenant = tenant(ask.tenant(), now);
        Optional<BlockedBy.ByLimit> never = neverFits(lane, tenant, ask.cost());
        if (never.isPresent()) {
            return new Arrived.Refused<>(Refusals.tooLarge(never.get()));
        }
        Flight<T> flight = new Flight<>(item, ask, lane);
        Arrival<Flight<T>> arrival = new Arrival<>(
                flight,
                ask.tenant().name(),
                ask.tenant().weight(),
                ask.priority(),
                ask.cost(),
                lane.slots.getFirst().quota().dominantSeconds(ask.cost()),
                ask.bytes(),
                now,
                ask.deadlineNanos());
        Cost ahead = lane.queue().isEmpty() ? NOTHING : lane.queue().costAhead(arrival);
        long startsIn = startsIn(lane, tenant, ahead, ask.cost(), now);
        long patience = ask.deadlineNanos() - now;
        if (startsIn > Math.max(0, patience)) {
            return new Arrived.Refused<>(
                    Refusals.deadline(startsIn, Math.max(0, patience), why(lane), ask.deadlineGiven()));
        }
        Optional<Waiting<Flight<T>>> place = lane.queue().add(arrival);
        if (place.isEmpty()) {
            return new Arrived.Refused<>(Refusals.queueFull(bounds, startsIn));
        }
        flight.place = place.get();
        tenant.waiting++;
        lane.ready = true;
        return new Arrived.Queued<>(flight);
    }

    /** The next thing to do. Ask again after each step but {@link Step.Wait}. */
    Step<T> next(long now) {
        comeBack(now);
        OptionalLong wake = OptionalLong.empty();
        for (Lane<T> lane : lanes.values()) {
            Step<T> outcome = outcomes.poll();
            if (outcome != null) {
                return outcome;
            }
            if (lane.queue().isEmpty()) {
                continue;
            }
            OptionalLong deadline = lane.queue().nextDeadline();
            if (isDue(deadline, now)) {
                return expired(lane, now);
            }
            if (lane.ready || isDue(lane.wakeAt, now)) {
                Step<T> step = serve(lane, now);
                if (step != null) {
                    return step;
                }
                deadline = lane.queue().nextDeadline();
            }
            wake = earlier(earlier(wake, lane.wakeAt), deadline);
        }
        Step<T> outcome = outcomes.poll();
        if (outcome != null) {
            return outcome;
        }
        Flight<T> first = backingOff.peek();
        return new Step.Wait<>(first == null ? wake : earlier(wake, OptionalLong.of(first.dueAt)));
    }

    /** Applies what the head of an answer says of the limits while its body is still coming. */
    void observed(Flight<T> flight, List<LimitState> states, long now) {
        if (flight.phase == Flight.Phase.RUNNING) {
            slotOf(flight).quota().observed(Objects.requireNonNull(flight.reservation), states, now);
            flight.lane().ready = true;
        }
    }

    /** Ends an attempt that was answered. */
    void answered(Flight<T> flight, List<LimitState> states, long now) {
        Decision passedOn = settled(flight, new Verdict.Accepted(), states, false, now);
        if (!(passedOn instanceof Decision.PassOn)) {
            throw new IllegalStateException("an answer is passed on, whatever it is");
        }
    }

    /**
     * Ends an attempt.
     *
     * @param states what the answer's headers said of the limits, unless they were {@link #observed}
     * @param headSent whether the client has seen a part of the answer, so that it cannot be repeated
     */
    Decision settled(Flight<T> flight, Verdict verdict, List<LimitState> states, boolean headSent, long now) {
        if (flight.phase != Flight.Phase.RUNNING) {
            throw new IllegalStateException("an attempt is settled once, while it runs; this one is " + flight.phase);
        }
        Slot slot = slotOf(flight);
        settle(flight, Settlement.of(verdict, states), verdict instanceof Verdict.Accepted, now);
        UpstreamState upstream = slot.upstream();
        upstream.connection.settled(verdict, flight.probe, now);
        flight.probe = false;
        return switch (verdict) {
            case Verdict.Accepted accepted -> {
                upstream.worked();
                yield end(flight, accepted.explanation());
            }
            case Verdict.Rejected rejected -> end(flight, rejected.explanation());
            case Verdict.AccountStopped stopped -> stopped(flight, upstream, stopped, now);
            case Verdict.Throttled throttled -> refused(flight, throttled, headSent, now);
            case Verdict.SlowDown slowDown -> refused(flight, slowDown, headSent, now);
            case Verdict.Transient fault -> faulted(flight, upstream, fault, headSent, now);
        };
    }

    /** The client is gone: whatever the request was doing, nobody waits for it any more. */
    void gone(Flight<T> flight, long now) {
        switch (flight.phase) {
            case WAITING -> {
                boolean waited = flight.lane().queue().remove(place(flight));
                leaveQueue(flight, now);
                if (!waited) {
                    throw new IllegalStateException("a waiting request was not in its queue");
                }
            }
            case BACKING_OFF -> {
                boolean waited = backingOff.remove(flight);
                flight.lane().backingOff--;
                leaveQueue(flight, now);
                if (!waited) {
                    throw new IllegalStateException("a request that backs off was not among those");
                }
            }
            case RUNNING -> {
                // It was sent, so it counts; that it was not answered says nothing about the upstream.
                if (flight.probe) {
                    slotOf(flight).upstream().connection.probeGivenUp();
                    flight.probe = false;
                }
                settle(flight, new Settlement.Failed(List.of(), false), false, now);
            }
            case ENDED -> {}
        }
        flight.phase = Flight.Phase.ENDED;
    }

    /** Lets nobody in any more; those that wait are refused, those that run end. */
    void stop(long now) {
        stopping = true;
        for (Lane<T> lane : lanes.values()) {
            while (!lane.queue().isEmpty()) {
                Flight<T> flight = lane.queue().first(1).getFirst().item();
                boolean removed = lane.queue().remove(place(flight));
                leaveQueue(flight, now);
                flight.phase = removed ? Flight.Phase.ENDED : flight.phase;
                outcomes.add(new Step.Refuse<>(flight, Refusals.stopping()));
            }
        }
        for (Flight<T> flight = backingOff.poll(); flight != null; flight = backingOff.poll()) {
            flight.lane().backingOff--;
            leaveQueue(flight, now);
            flight.phase = Flight.Phase.ENDED;
            outcomes.add(new Step.Refuse<>(flight, Refusals.stopping()));
        }
    }

    boolean stopping() {
        return stopping;
    }

    /** Whether calls to an upstream have to wait for connections. */
    void crowded(String upstream, boolean crowded) {
        UpstreamState state = upstreams.get(upstream);
        if (state != null && state.crowded != crowded) {
            state.crowded = crowded;
            if (!crowded) {
                lanes.values().forEach(lane -> lane.ready = true);
            }
        }
    }

    int running() {
        return running;
    }

    QueueBounds bounds() {
        return bounds;
    }

    Collection<Lane<T>> lanes() {
        return lanes.values();
    }

    Collection<TenantState> tenants() {
        return tenants.values();
    }

    /** A limit of tokens that a request of twice so many would never fit; empty if there is none. */
    OptionalLong tokenLimitBelowTwice(LaneKey key, long tokens) {
        Lane<T> lane = lanes.get(key);
        if (lane == null) {
            return OptionalLong.empty();
        }
        Cost twice = new Cost(0, 2 * Math.min(tokens, Long.MAX_VALUE / 4), 0);
        return lane.slots.stream()
                .flatMap(slot -> slot.quota().neverFits(twice).stream())
                .mapToLong(BlockedBy.ByLimit::limit)
                .min();
    }

    /** When a request that waits is expected to start, if nobody else comes. */
    OptionalLong expectedStartNanos(Flight<T> flight, long now) {
        Lane<T> lane = flight.lane();
        TenantState tenant = tenant(flight.ask().tenant(), now);
        long in = startsIn(
                lane,
                tenant,
                lane.queue().costAhead(place(flight)),
                flight.ask().cost(),
                now);
        return in == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(in);
    }

    /** What keeps the next request of a lane from being sent, in words. */
    String why(Lane<T> lane) {
        return lane.slots.stream()
                .map(slot -> slot.blockedBy)
                .filter(Objects::nonNull)
                .findFirst()
                .map(BlockedBy::explanation)
                .orElse("those before it");
    }

    private @Nullable Step<T> serve(Lane<T> lane, long now) {
        lane.ready = false;
        lane.wakeAt = OptionalLong.empty();
        Set<String> held = new HashSet<>();
        while (true) {
            Waiting<Flight<T>> head =
                    lane.queue().head(name -> !held.contains(name)).orElse(null);
            if (head == null) {
                return null;
            }
            Flight<T> flight = head.item();
            TenantState tenant = tenant(flight.ask().tenant(), now);
            Quota own = tenant.quota();
            if (tenant.atItsConcurrency()) {
                held.add(tenant.tenant().name());
                continue; // one of its calls has to end first, which makes the lanes ready
            }
            OptionalLong ownWait = own == null
                    ? OptionalLong.of(0)
                    : own.waitNanos(flight.ask().cost(), now);
            if (ownWait.isEmpty() || ownWait.getAsLong() > 0) {
                held.add(tenant.tenant().name());
                if (ownWait.isPresent()) {
                    lane.wakeAt = earlier(lane.wakeAt, OptionalLong.of(now + ownWait.getAsLong()));
                }
                continue;
            }
            return trySlots(lane, head, tenant, now);
        }
    }

    private @Nullable Step<T> trySlots(Lane<T> lane, Waiting<Flight<T>> head, TenantState tenant, long now) {
        Flight<T> flight = head.item();
        int impossible = 0;
        BlockedBy.ByLimit never = null;
        List<Slot> order = lane.byTurn(now);
        for (Slot slot : order) {
            UpstreamState upstream = slot.upstream();
            OptionalLong pause = upstream.connection.pausedUntil(now);
            if (pause.isPresent()) {
                lane.wakeAt = earlier(lane.wakeAt, pause);
                continue;
            }
            if (upstream.crowded) {
                continue; // it becomes ready when it is not
            }
            switch (slot.quota().reserve(flight.ask().cost(), now)) {
                case Admission.Granted granted -> {
                    send(flight, head, slot, granted, tenant, now);
                    return new Step.Send<>(flight);
                }
                case Admission.Deferred deferred -> {
                    slot.blockedBy = deferred.by();
                    lane.wakeAt = earlier(lane.wakeAt, deferred.retryAtNanos());
                }
                case Admission.Impossible no -> {
                    impossible++;
                    never = no.by();
                }
            }
        }
        if (never == null || impossible < order.size()) {
            return null;
        }
        boolean removed = lane.queue().remove(head);
        leaveQueue(flight, now);
        flight.phase = removed ? Flight.Phase.ENDED : flight.phase;
        lane.ready = true;
        return new Step.Refuse<>(flight, Refusals.tooLarge(never));
    }

    private void send(
            Flight<T> flight,
            Waiting<Flight<T>> head,
            Slot slot,
            Admission.Granted granted,
            TenantState tenant,
            long now) {
        Lane<T> lane = flight.lane();
        Cost cost = flight.ask().cost();
        Quota own = tenant.quota();
        if (own != null && own.reserve(cost, now) instanceof Admission.Granted ownRoom) {
            flight.tenantReservation = ownRoom.reservation();
        }
        lane.queue().take(head);
        lane.ready = true;
        lane.running++;
        lane.lastUsedAt = now;
        leaveQueue(flight, now);
        flight.phase = Flight.Phase.RUNNING;
        flight.slot = slot;
        flight.reservation = granted.reservation();
        flight.sentAt = now;
        flight.sendings++;
        slot.sent(cost.tokens(), now);
        tenant.running++;
        tenant.use().sent(cost.tokens(), now);
        running++;
        UpstreamState upstream = slot.upstream();
        if (flight.sendings == 1) {
            flight.firstSentAt = now;
            upstream.retries.requestSent(now);
        }
        if (upstream.connection.failing()) {
            flight.probe = true;
            upstream.connection.probeSent(now);
        }
    }

    private void settle(Flight<T> flight, Settlement settlement, boolean answered, long now) {
        Slot slot = slotOf(flight);
        TenantState tenant = tenant(flight.ask().tenant(), now);
        boolean first = slot.quota().settle(Objects.requireNonNull(flight.reservation), settlement, now);
        Quota own = tenant.quota();
        if (own != null && flight.tenantReservation != null) {
            boolean charged = settlement instanceof Settlement.Answered || settlement instanceof Settlement.Failed;
            first &= own.settle(
                    flight.tenantReservation,
                    charged ? new Settlement.Answered(List.of()) : new Settlement.NeverSent(),
                    now);
        }
        if (!first) {
            throw new IllegalStateException("a reservation was settled twice");
        }
        boolean served = !(settlement instanceof Settlement.Refused
                || settlement instanceof Settlement.SlowedDown
                || settlement instanceof Settlement.NeverSent);
        if (!served) {
            boolean hadCharge = flight.lane().queue().giveBack(place(flight));
            if (hadCharge) {
                slot.notSent();
            }
        }
        flight.reservation = null;
        flight.tenantReservation = null;
        flight.slot = null;
        flight.phase = Flight.Phase.ENDED;
        slot.running--;
        tenant.running--;
        running--;
        flight.lane().running--;
        flight.lane().lastUsedAt = now;
        if (tenant.tenant().concurrency().isPresent()) {
            lanes.values().forEach(lane -> lane.ready = true);
        } else {
            flight.lane().ready = true;
        }
        if (answered) {
            slot.lastUsedAt = now;
        }
    }

    private Decision stopped(Flight<T> flight, UpstreamState upstream, Verdict.AccountStopped verdict, long now) {
        if (upstream.upstream().key().isPresent()) {
            upstream.stopped(verdict.explanation(), now);
        }
        boolean another = flight.lane().slots.stream()
                .anyMatch(
                        slot -> slot.upstream() != upstream && !slot.upstream().isStopped(now));
        return another && flight.ask().repeatable()
                ? again(flight, verdict.explanation(), now)
                : end(flight, verdict.explanation());
    }

    private Decision refused(Flight<T> flight, Verdict verdict, boolean headSent, long now) {
        if (headSent || !flight.ask().repeatable()) {
            return end(flight, verdict.explanation());
        }
        Lane<T> lane = flight.lane();
        TenantState tenant = tenant(flight.ask().tenant(), now);
        long startsIn = startsIn(lane, tenant, NOTHING, flight.ask().cost(), now);
        long left = flight.ask().deadlineNanos() - now;
        if (startsIn > Math.max(0, left)) {
            return new Decision.Refuse(Refusals.deadline(
                    startsIn,
                    Math.max(0, left),
                    verdict.explanation(),
                    flight.ask().deadlineGiven()));
        }
        return again(flight, verdict.explanation(), now);
    }

    private Decision faulted(
            Flight<T> flight, UpstreamState upstream, Verdict.Transient fault, boolean headSent, long now) {
        if (headSent) {
            return end(flight, fault.explanation());
        }
        if (fault.fault() == Verdict.Fault.CONNECT_FAILED) {
            // It was certainly not sent: no attempt is used up, and another upstream may be there.
            return flight.ask().deadlineNanos() - now > 0
                    ? again(flight, fault.explanation(), now)
                    : end(flight, fault.explanation());
        }
        if (!flight.ask().repeatable()) {
            return end(flight, fault.explanation());
        }
        flight.faults++;
        return decide(flight, upstream, fault, now);
    }

    private Decision decide(Flight<T> flight, UpstreamState upstream, Verdict verdict, long now) {
        Duration patience = Duration.ofNanos(
                Math.max(1, flight.ask().deadlineNanos() - flight.ask().arrivedNanos()));
        RetryPolicy policy = new RetryPolicy(flight.ask().maxAttempts(), Backoff.DEFAULT, Optional.of(patience));
        RetryDecision decision =
                policy.decide(verdict, flight.faults, now - flight.ask().arrivedNanos(), upstream.retries, now, random);
        return switch (decision) {
            case RetryDecision.RetryAfter after -> backOff(flight, null, after.delay(), after.explanation(), now);
            case RetryDecision.AskAgainAfter later -> backOff(flight, verdict, later.delay(), later.explanation(), now);
            case RetryDecision.GiveUp giveUp -> end(flight, giveUp.explanation());
        };
    }

    private Decision backOff(Flight<T> flight, @Nullable Verdict undecided, Duration delay, String why, long now) {
        flight.phase = Flight.Phase.BACKING_OFF;
        flight.undecided = undecided;
        flight.dueAt = now + delay.toNanos();
        flight.waitingSince = now;
        flight.lane().backingOff++;
        tenant(flight.ask().tenant(), now).waiting++;
        backingOff.add(flight);
        return new Decision.Again(why);
    }

    private Decision again(Flight<T> flight, String why, long now) {
        flight.waitingSince = now;
        tenant(flight.ask().tenant(), now).waiting++;
        toFront(flight);
        return new Decision.Again(why);
    }

    private void toFront(Flight<T> flight) {
        flight.phase = Flight.Phase.WAITING;
        flight.lane().queue().addFirst(place(flight));
        flight.lane().ready = true;
    }

    private Decision end(Flight<T> flight, String why) {
        flight.phase = Flight.Phase.ENDED;
        return new Decision.PassOn(why);
    }

    private void comeBack(long now) {
        for (Flight<T> due = backingOff.peek(); due != null && due.dueAt - now <= 0; due = backingOff.peek()) {
            backingOff.remove();
            due.lane().backingOff--;
            Verdict undecided = due.undecided;
            if (undecided == null) {
                toFront(due);
                continue;
            }
            leaveQueue(due, now);
            UpstreamState upstream = due.lane().slots.isEmpty()
                    ? upstreams.values().iterator().next()
                    : due.lane().slots.getFirst().upstream();
            if (decide(due, upstream, undecided, now) instanceof Decision.PassOn passOn) {
                outcomes.add(new Step.GiveUp<>(due, passOn.why()));
            }
        }
    }

    private Step<T> expired(Lane<T> lane, long now) {
        Flight<T> flight = lane.queue().pollExpired(now).orElseThrow().item();
        TenantState tenant = tenant(flight.ask().tenant(), now);
        leaveQueue(flight, now);
        flight.phase = Flight.Phase.ENDED;
        long startsIn = startsIn(lane, tenant, NOTHING, flight.ask().cost(), now);
        return new Step.Refuse<>(
                flight, Refusals.deadline(startsIn, 0, why(lane), flight.ask().deadlineGiven()));
    }

    private void leaveQueue(Flight<T> flight, long now) {
        flight.waitedNanos += Math.max(0, now - flight.waitingSince);
        tenant(flight.ask().tenant(), now).waiting--;
    }

    private long startsIn(Lane<T> lane, TenantState tenant, Cost ahead, Cost cost, long now) {
        long soonest = Long.MAX_VALUE;
        int slots = Math.max(1, lane.slots.size());
        Cost share =
                slots == 1 ? ahead : new Cost(ahead.requests() / slots, ahead.tokens() / slots, ahead.images() / slots);
        for (Slot slot : lane.slots) {
            OptionalLong in = slot.quota().startsInNanos(share, cost, now);
            if (in.isPresent()) {
                soonest = Math.min(soonest, in.getAsLong());
            }
        }
        Quota own = tenant.quota();
        OptionalLong ownIn = own == null ? OptionalLong.of(0) : own.startsInNanos(NOTHING, cost, now);
        return Math.max(soonest, ownIn.orElse(Long.MAX_VALUE));
    }

    private Optional<BlockedBy.ByLimit> neverFits(Lane<T> lane, TenantState tenant, Cost cost) {
        Quota own = tenant.quota();
        Optional<BlockedBy.ByLimit> byOwn = own == null ? Optional.empty() : own.neverFits(cost);
        if (byOwn.isPresent()) {
            return byOwn;
        }
        Optional<BlockedBy.ByLimit> last = Optional.empty();
        for (Slot slot : lane.slots) {
            last = slot.quota().neverFits(cost);
            if (last.isEmpty()) {
                return last;
            }
        }
        return last;
    }

    private Lane<T> lane(LaneKey key, long now) {
        Lane<T> known = lanes.get(key);
        if (known != null) {
            return known;
        }
        if (lanes.size() >= MOST_LANES / 2) {
            forgetLanes(lanes.size() >= MOST_LANES ? 0 : FORGOTTEN_AFTER_NANOS, now);
        }
        Lane<T> lane = new Lane<>(key, bounds, now);
        for (UpstreamState upstream : serving(key.family())) {
            lane.slots.add(slot(upstream, lane, now));
        }
        lanes.put(key, lane);
        return lane;
    }

    private void forgetLanes(long idleFor, long now) {
        lanes.values().removeIf(lane -> lane.idle() && now - lane.lastUsedAt >= idleFor);
    }

    private TenantState tenant(Tenant tenant, long now) {
        TenantState state = tenants.get(tenant.name());
        if (state == null) {
            if (tenants.size() >= MOST_TENANTS) {
                tenants.values().removeIf(other -> other.waiting == 0 && other.running == 0);
            }
            state = new TenantState(tenant, now);
            tenants.put(tenant.name(), state);
        } else if (state.tenant() != tenant && !state.tenant().equals(tenant)) {
            state.reconfigure(tenant);
        }
        state.lastSeenAt = now;
        return state;
    }

    private List<UpstreamState> serving(String family) {
        return upstreams.values().stream()
                .filter(state -> family.isEmpty() || state.upstream().serves(family))
                .toList();
    }

    private Slot slot(UpstreamState upstream, Lane<T> lane, long now) {
        String family = lane.key().family();
        Quota quota = new Quota(QuotaSettings.learnEverything()
                .withCaps(upstream.upstream().capsFor(family))
                .withMaxConcurrency(upstream.upstream().concurrency().orElse(QuotaSettings.DEFAULT_MAX_CONCURRENCY))
                .withHidden(shown ->
                        tiers.matching(family, shown).map(TierRow::limits).orElse(List.of())));
        double served = lane.slots.stream().mapToDouble(Slot::served).min().orElse(0);
        return new Slot(upstream, quota, served, now);
    }

    private static <T> Slot slotOf(Flight<T> flight) {
        return Objects.requireNonNull(flight.slot);
    }

    private static <T> Waiting<Flight<T>> place(Flight<T> flight) {
        return Objects.requireNonNull(flight.place);
    }

    private static boolean isDue(OptionalLong at, long now) {
        return at.isPresent() && at.getAsLong() - now <= 0;
    }

    private static OptionalLong earlier(OptionalLong a, OptionalLong b) {
        if (a.isEmpty()) {
            return b;
        }
        return b.isPresent() && b.getAsLong() - a.getAsLong() < 0 ? b : a;
    }
}
