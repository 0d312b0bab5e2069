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
    /** A quota that was hardly used takes some 20 KB. */
    static final int MOST_LANES = 2_000;

    static final int MOST_TENANTS = 10_000;
    private static final Cost NOTHING = new Cost(0, 0, 0);

    private final QueueBounds bounds;
    private final TierTable tiers;
    private final RandomGenerator random;
    private final Map<String, UpstreamState> upstreams = new LinkedHashMap<>();
    private final Remembered<LaneKey, Lane<T>> lanes = new Remembered<>(MOST_LANES, lane -> !lane.idle());
    private final Remembered<String, TenantState> tenants =
            new Remembered<>(MOST_TENANTS, TenantState::mayNotBeForgotten);
    private final Agenda<T> agenda = new Agenda<>();
    private final PriorityQueue<Flight<T>> backingOff = new PriorityQueue<>((a, b) -> Long.signum(a.dueAt - b.dueAt));
    private final ArrayDeque<Step<T>> outcomes = new ArrayDeque<>();
    private boolean stopping;
    private int running;
    private long lanesMade;

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
        for (Lane<T> lane : lanes.all()) {
            List<Slot> kept = List.copyOf(lane.slots);
            double turn = kept.stream().mapToDouble(Slot::served).min().orElse(0);
            lane.slots.clear();
            for (UpstreamState upstream : serving(lane.key().family())) {
                Optional<Slot> known = kept.stream()
                        .filter(slot -> slot.upstream() == upstream)
                        .findFirst();
                known.ifPresent(slot -> slot.quota()
                        .setCaps(upstream.upstream().capsFor(lane.key().family()), mostCalls(upstream), now));
                lane.slots.add(known.orElseGet(() -> slot(upstream, lane, turn, now)));
            }
        }
        agenda.happenedToAll();
    }

    private static boolean sameAccount(Upstream a, Upstream b) {
        return a.baseUrl().equals(b.baseUrl())
                && a.key().map(key -> key.reveal()).equals(b.key().map(key -> key.reveal()))
                && a.organization().equals(b.organization())
                && a.project().equals(b.project());
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
        Optional<Refusal> never = Forecast.tooLarge(lane, tenant, ask.cost());
        if (never.isPresent()) {
            return new Arrived.Refused<>(never.get());
        }
        Optional<Outage> outage = Outage.of(lane, now);
        if (outage.isPresent()
                && (outage.get().givenUp() || Forecast.comesTooLate(outage.get().pauseNanos(now), ask, now))) {
            return new Arrived.Refused<>(Refusals.unreachable(outage.get(), ask.deadlineGiven(), now));
        }
        Flight<T> flight = new Flight<>(item, ask, lane, tenant);
        Arrival<Flight<T>> arrival = new Arrival<>(
                flight,
                ask.tenant().name(),
                ask.tenant().weight(),
                ask.priority(),
                ask.cost(),
                Forecast.share(lane, ask.cost()),
                ask.bytes(),
                now,
                ask.deadlineNanos());
        Cost ahead = lane.queue().isEmpty() ? NOTHING : lane.queue().costAhead(arrival);
        long startsIn = Forecast.startsIn(lane, tenant, ahead, ask.cost(), now);
        if (Forecast.comesTooLate(startsIn, ask, now)) {
            return new Arrived.Refused<>(Forecast.tooLate(flight, ahead, startsIn, now));
        }
        Optional<Waiting<Flight<T>>> place = lane.queue().add(arrival);
        if (place.isEmpty()) {
            return new Arrived.Refused<>(Refusals.queueFull(bounds, startsIn));
        }
        flight.place = place.get();
        tenant.waiting++;
        agenda.happened(lane);
        return new Arrived.Queued<>(flight);
    }

    /** The next thing to do. Ask again after each step but {@link Step.Wait}. */
    Step<T> next(long now) {
        comeBack(now);
        Step<T> outcome = outcomes.poll();
        if (outcome != null) {
            return outcome;
        }
        for (Lane<T> lane = agenda.next(now); lane != null; lane = agenda.next(now)) {
            Step<T> step = lookAt(lane, now);
            if (step != null) {
                agenda.happened(lane);
                return step;
            }
        }
        Flight<T> first = backingOff.peek();
        OptionalLong wake = agenda.nextAt();
        return new Step.Wait<>(first == null ? wake : earlier(wake, OptionalLong.of(first.dueAt)));
    }

    private @Nullable Step<T> lookAt(Lane<T> lane, long now) {
        // At the deadline itself it may still start.
        Optional<Waiting<Flight<T>>> expired = lane.queue().pollExpired(now - 1);
        if (expired.isPresent()) {
            return expired(expired.get().item(), now);
        }
        Step<T> hopeless = giveUpOutage(lane, now);
        if (hopeless != null) {
            return hopeless;
        }
        lane.soonest = OptionalLong.empty();
        Step<T> step = serve(lane, now);
        if (step != null) {
            return step;
        }
        expired = lane.queue().pollExpired(now);
        if (expired.isPresent()) {
            return expired(expired.get().item(), now);
        }
        if (lane.queue().isEmpty()) {
            agenda.drop(lane);
        } else {
            agenda.lookAgainAt(lane, earlier(lane.soonest, lane.queue().nextDeadline()));
        }
        return null;
    }

    /** Those who wait for addresses that never answered are told; the next to come tries again. */
    private @Nullable Step<T> giveUpOutage(Lane<T> lane, long now) {
        Outage outage = Outage.of(lane, now).filter(Outage::givenUp).orElse(null);
        if (outage == null || lane.queue().isEmpty()) {
            return null;
        }
        Flight<T> first = lane.queue().first(1).getFirst().item();
        takeOut(first, now);
        return new Step.Refuse<>(first, Refusals.unreachable(outage, first.ask().deadlineGiven(), now));
    }

    /**
     * Applies what the head of an answer says of the limits while its body is still coming: that the request was admitted,
     * and the limits if there are any. Not for a head that refuses; what that says comes with {@link #settled}.
     */
    void observed(Flight<T> flight, List<LimitState> states, long now) {
        if (flight.phase == Flight.Phase.RUNNING) {
            Slot slot = slotOf(flight);
            slot.quota().observed(Objects.requireNonNull(flight.reservation), states, now);
            agenda.happened(flight.lane());
            if (slot.upstream().connection.failing()) {
                // Who sends a head can be reached, however long the body takes.
                connection(flight, slot.upstream(), new Verdict.Accepted(), now);
            }
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
        settle(flight, Settlement.of(verdict, states), now);
        UpstreamState upstream = slot.upstream();
        connection(flight, upstream, verdict, now);
        boolean again = flight.ask().repeatable() && !headSent;
        return switch (verdict) {
            case Verdict.Accepted accepted -> {
                upstream.worked();
                yield end(flight, accepted.explanation());
            }
            case Verdict.Rejected rejected -> end(flight, rejected.explanation());
            case Verdict.AccountStopped stopped -> stopped(flight, upstream, stopped, again, now);
            case Verdict.Throttled throttled -> refused(flight, throttled, again, now);
            case Verdict.SlowDown slowDown -> refused(flight, slowDown, again, now);
            case Verdict.Transient fault -> faulted(flight, upstream, fault, again, now);
        };
    }

    private void connection(Flight<T> flight, UpstreamState upstream, Verdict verdict, long now) {
        boolean wasFailing = upstream.connection.failing();
        upstream.connection.settled(verdict, flight.probe, now);
        flight.probe = false;
        if (wasFailing || upstream.connection.failing()) {
            // Whoever waits for it waits until another time now.
            agenda.happenedToAll();
        }
    }

    /**
     * The client is gone: whatever the request was doing, nobody waits for it any more. A step that {@link #next} has not
     * told yet may still come for it.
     */
    void gone(Flight<T> flight, long now) {
        switch (flight.phase) {
            case WAITING -> {
                takeOut(flight, now);
                // The one behind it may fit where it did not.
                agenda.happened(flight.lane());
            }
            case BACKING_OFF -> {
                boolean waited = backingOff.remove(flight);
                comeBack(flight, now);
                if (!waited) {
                    throw new IllegalStateException("a request that backs off was not among those");
                }
            }
            case RUNNING -> {
                if (flight.probe) {
                    slotOf(flight).upstream().connection.probeGivenUp();
                    flight.probe = false;
                    agenda.happenedToAll();
                }
                // It was sent, so it counts; that it was not answered says nothing about the upstream.
                settle(flight, new Settlement.Failed(List.of(), false), now);
            }
            case ENDED -> {}
        }
        flight.phase = Flight.Phase.ENDED;
    }

    /** Lets nobody in any more; those that wait are refused, those that run end. */
    void stop(long now) {
        stopping = true;
        for (Lane<T> lane : lanes.all()) {
            while (!lane.queue().isEmpty()) {
                Flight<T> flight = lane.queue().first(1).getFirst().item();
                takeOut(flight, now);
                outcomes.add(new Step.Refuse<>(flight, Refusals.stopping()));
            }
        }
        for (Flight<T> flight = backingOff.poll(); flight != null; flight = backingOff.poll()) {
            comeBack(flight, now);
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
                agenda.happenedToAll();
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
        return lanes.all();
    }

    Collection<TenantState> tenants() {
        return tenants.all();
    }

    /** A limit of tokens that a request of twice so many would never fit; empty if there is none. */
    OptionalLong tokenLimitBelowTwice(LaneKey key, long tokens) {
        Lane<T> lane = lanes.get(key);
        if (lane == null) {
            return OptionalLong.empty();
        }
        Cost twice = new Cost(0, 2 * Math.min(tokens, Long.MAX_VALUE / 4), 0);
        OptionalLong least = OptionalLong.empty();
        for (Slot slot : lane.slots) {
            Optional<BlockedBy.ByLimit> never = slot.quota().neverFits(twice);
            if (never.isPresent() && (least.isEmpty() || never.get().limit() < least.getAsLong())) {
                least = OptionalLong.of(never.get().limit());
            }
        }
        return least;
    }

    private @Nullable Step<T> serve(Lane<T> lane, long now) {
        Set<String> held = new HashSet<>();
        // Each round sends one, refuses one or holds back one more tenant.
        while (true) {
            Waiting<Flight<T>> head =
                    lane.queue().head(name -> !held.contains(name)).orElse(null);
            if (head == null) {
                return null;
            }
            Flight<T> flight = head.item();
            TenantState tenant = flight.tenant();
            if (tenant.atItsConcurrency()) {
                held.add(tenant.tenant().name());
                continue; // one of its calls has to end first, which is heard of
            }
            Quota own = tenant.quota();
            if (own != null) {
                Optional<BlockedBy.ByLimit> never = own.neverFits(flight.ask().cost());
                if (never.isPresent()) {
                    takeOut(flight, now); // its limits were changed meanwhile
                    return new Step.Refuse<>(
                            flight,
                            Refusals.tooLarge(
                                    never.get(), Optional.of(tenant.tenant().name())));
                }
                OptionalLong wait = own.waitNanos(flight.ask().cost(), now);
                if (wait.isEmpty() || wait.getAsLong() > 0) {
                    held.add(tenant.tenant().name());
                    if (wait.isPresent()) {
                        lane.soonest = earlier(lane.soonest, OptionalLong.of(now + wait.getAsLong()));
                    }
                    continue;
                }
            }
            return trySlots(lane, head, now);
        }
    }

    private @Nullable Step<T> trySlots(Lane<T> lane, Waiting<Flight<T>> head, long now) {
        Flight<T> flight = head.item();
        Cost cost = flight.ask().cost();
        if (lane.slots.isEmpty()) {
            takeOut(flight, now); // upstreams were changed meanwhile
            return new Step.Refuse<>(flight, Refusals.noUpstream(lane.key().family()));
        }
        for (Slot slot : lane.byTurn(now)) {
            UpstreamState upstream = slot.upstream();
            OptionalLong pause = upstream.connection.pausedUntil(now);
            if (pause.isPresent()) {
                lane.soonest = earlier(earlier(lane.soonest, pause), upstream.connection.givesUpAt(now));
                continue;
            }
            if (upstream.crowded) {
                continue; // when it is not any more, that is heard of
            }
            switch (slot.quota().reserve(cost, now)) {
                case Admission.Granted granted -> {
                    send(flight, slot, granted, now);
                    return new Step.Send<>(flight);
                }
                case Admission.Deferred deferred -> {
                    slot.blockedBy = deferred.by();
                    lane.soonest = earlier(lane.soonest, deferred.retryAtNanos());
                }
                case Admission.Impossible no -> {}
            }
        }
        Optional<Refusal> never = Forecast.tooLarge(lane, flight.tenant(), cost);
        if (never.isEmpty()) {
            return null;
        }
        takeOut(flight, now);
        return new Step.Refuse<>(flight, never.get());
    }

    private void send(Flight<T> flight, Slot slot, Admission.Granted granted, long now) {
        Lane<T> lane = flight.lane();
        TenantState tenant = flight.tenant();
        Cost cost = flight.ask().cost();
        Quota own = tenant.quota();
        if (own != null && own.reserve(cost, now) instanceof Admission.Granted ownRoom) {
            flight.tenantQuota = own;
            flight.tenantReservation = ownRoom.reservation();
        }
        lane.queue().take(place(flight));
        lane.running++;
        leaveQueue(flight, now);
        flight.phase = Flight.Phase.RUNNING;
        flight.slot = slot;
        flight.upstream = slot.upstream();
        flight.reservation = granted.reservation();
        flight.sentAt = now;
        flight.sendings++;
        lane.turnOf(slot);
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

    private void settle(Flight<T> flight, Settlement settlement, long now) {
        Slot slot = slotOf(flight);
        TenantState tenant = flight.tenant();
        boolean served = settlement instanceof Settlement.Answered || settlement instanceof Settlement.Failed;
        boolean first = slot.quota().settle(Objects.requireNonNull(flight.reservation), settlement, now);
        if (flight.tenantQuota != null && flight.tenantReservation != null) {
            first &= flight.tenantQuota.settle(
                    flight.tenantReservation,
                    served ? new Settlement.Answered(List.of()) : new Settlement.NeverSent(),
                    now);
        }
        if (!first) {
            throw new IllegalStateException("a reservation was settled twice");
        }
        if (!served && flight.lane().queue().giveBack(place(flight))) {
            slot.notSent();
        }
        flight.reservation = null;
        flight.tenantReservation = null;
        flight.tenantQuota = null;
        flight.slot = null;
        flight.phase = Flight.Phase.ENDED;
        slot.running--;
        slot.lastUsedAt = now;
        tenant.running--;
        running--;
        flight.lane().running--;
        if (tenant.hasLimits()) {
            agenda.happenedToAll();
        } else if (!flight.lane().queue().isEmpty()) {
            agenda.happened(flight.lane());
        }
    }

    private Decision stopped(
            Flight<T> flight, UpstreamState upstream, Verdict.AccountStopped verdict, boolean again, long now) {
        if (upstream.upstream().key().isEmpty()) {
            return end(flight, verdict.explanation()); // it is the client's own account
        }
        upstream.stopped(verdict.explanation(), now);
        boolean another =
                flight.lane().slots.stream().anyMatch(slot -> !slot.upstream().isStopped(now));
        return another && again && flight.ask().deadlineNanos() - now >= 0
                ? again(flight, verdict.explanation(), now)
                : end(flight, verdict.explanation());
    }

    private Decision refused(Flight<T> flight, Verdict verdict, boolean again, long now) {
        if (!again) {
            return end(flight, verdict.explanation());
        }
        long startsIn = Forecast.startsIn(
                flight.lane(), flight.tenant(), NOTHING, flight.ask().cost(), now);
        if (flight.ask().deadlineNanos() - now < 0 || Forecast.comesTooLate(startsIn, flight.ask(), now)) {
            return new Decision.Refuse(Forecast.tooLate(flight, NOTHING, startsIn, now));
        }
        return again(flight, verdict.explanation(), now);
    }

    private Decision faulted(
            Flight<T> flight, UpstreamState upstream, Verdict.Transient fault, boolean again, long now) {
        if (fault.fault() == Verdict.Fault.CONNECT_FAILED) {
            // It was certainly not sent: no attempt is used up, and another upstream may be there.
            if (flight.ask().deadlineNanos() - now >= 0) {
                return again(flight, fault.explanation(), now);
            }
            return Outage.of(flight.lane(), now)
                    .<Decision>map(outage -> new Decision.Refuse(
                            Refusals.unreachable(outage, flight.ask().deadlineGiven(), now)))
                    .orElseGet(() -> end(flight, fault.explanation()));
        }
        if (!again) {
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
        if (stopping) {
            return new Decision.Refuse(Refusals.stopping());
        }
        flight.phase = Flight.Phase.BACKING_OFF;
        flight.undecided = undecided;
        flight.dueAt = now + delay.toNanos();
        flight.waitingSince = now;
        flight.lane().backingOff++;
        flight.tenant().waiting++;
        // It holds its body as one in the queue does.
        bounds.enter(flight.ask().bytes());
        backingOff.add(flight);
        return new Decision.Again(why);
    }

    /** Of the requests that back off, to which it does not belong any more. */
    private void comeBack(Flight<T> flight, long now) {
        flight.lane().backingOff--;
        bounds.leave(flight.ask().bytes());
        leaveQueue(flight, now);
    }

    private Decision again(Flight<T> flight, String why, long now) {
        if (stopping) {
            return new Decision.Refuse(Refusals.stopping());
        }
        toFront(flight, now);
        return new Decision.Again(why);
    }

    private void toFront(Flight<T> flight, long now) {
        flight.phase = Flight.Phase.WAITING;
        flight.waitingSince = now;
        flight.tenant().waiting++;
        flight.lane().queue().addFirst(place(flight));
        agenda.happened(flight.lane());
    }

    private Decision end(Flight<T> flight, String why) {
        flight.phase = Flight.Phase.ENDED;
        return new Decision.PassOn(why);
    }

    private void comeBack(long now) {
        for (Flight<T> due = backingOff.peek(); due != null && due.dueAt - now <= 0; due = backingOff.peek()) {
            backingOff.remove();
            comeBack(due, now);
            Verdict undecided = due.undecided;
            if (undecided == null) {
                toFront(due, now);
            } else {
                UpstreamState upstream = Objects.requireNonNull(due.upstream);
                if (decide(due, upstream, undecided, now) instanceof Decision.PassOn passOn) {
                    outcomes.add(new Step.GiveUp<>(due, passOn.why()));
                }
            }
        }
    }

    private Step<T> expired(Flight<T> flight, long now) {
        leaveQueue(flight, now);
        flight.phase = Flight.Phase.ENDED;
        long startsIn = Forecast.startsIn(
                flight.lane(), flight.tenant(), NOTHING, flight.ask().cost(), now);
        return new Step.Refuse<>(flight, Forecast.tooLate(flight, NOTHING, startsIn, now));
    }

    /** Takes a waiting request out of its queue for good. */
    private void takeOut(Flight<T> flight, long now) {
        if (!flight.lane().queue().remove(place(flight))) {
            throw new IllegalStateException("a waiting request was not in its queue");
        }
        leaveQueue(flight, now);
        flight.phase = Flight.Phase.ENDED;
    }

    private void leaveQueue(Flight<T> flight, long now) {
        flight.waitedNanos += Math.max(0, now - flight.waitingSince);
        flight.tenant().waiting--;
    }

    private Lane<T> lane(LaneKey key, long now) {
        Lane<T> known = lanes.get(key);
        if (known != null) {
            known.lastUsedAt = now;
            return known;
        }
        Lane<T> lane = new Lane<>(key, lanesMade++, bounds, now);
        for (UpstreamState upstream : serving(key.family())) {
            lane.slots.add(slot(upstream, lane, 0, now));
        }
        lanes.put(key, lane);
        return lane;
    }

    private TenantState tenant(Tenant tenant, long now) {
        TenantState state = tenants.get(tenant.name());
        if (state == null) {
            state = new TenantState(tenant, now);
            tenants.put(tenant.name(), state);
        } else if (state.tenant() != tenant && !state.tenant().equals(tenant)) {
            state.reconfigure(tenant, now);
            agenda.happenedToAll();
        }
        state.lastSeenAt = now;
        return state;
    }

    private List<UpstreamState> serving(String family) {
        return upstreams.values().stream()
                .filter(state -> family.isEmpty() || state.upstream().serves(family))
                .toList();
    }

    private Slot slot(UpstreamState upstream, Lane<T> lane, double turn, long now) {
        String family = lane.key().family();
        Quota quota = new Quota(QuotaSettings.learnEverything()
                .withKnown(KnownLimits.of(family))
                .withCaps(upstream.upstream().capsFor(family))
                .withMaxConcurrency(mostCalls(upstream))
                .withHidden(shown ->
                        tiers.matching(family, shown).map(TierRow::limits).orElse(List.of())));
        return new Slot(upstream, quota, turn, now);
    }

    private static int mostCalls(UpstreamState upstream) {
        return upstream.upstream().concurrency().orElse(QuotaSettings.DEFAULT_MAX_CONCURRENCY);
    }

    private static <T> Slot slotOf(Flight<T> flight) {
        return Objects.requireNonNull(flight.slot);
    }

    private static <T> Waiting<Flight<T>> place(Flight<T> flight) {
        return Objects.requireNonNull(flight.place);
    }

    private static OptionalLong earlier(OptionalLong a, OptionalLong b) {
        if (a.isEmpty()) {
            return b;
        }
        return b.isPresent() && b.getAsLong() - a.getAsLong() < 0 ? b : a;
    }
}
