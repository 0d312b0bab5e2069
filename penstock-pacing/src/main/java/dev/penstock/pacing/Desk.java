package dev.penstock.pacing;

import dev.penstock.limit.Cost;
import dev.penstock.limit.LimitState;
import dev.penstock.queue.Arrival;
import dev.penstock.queue.QueueBounds;
import dev.penstock.queue.Waiting;
import dev.penstock.quota.Admission;
import dev.penstock.quota.BlockedBy;
import dev.penstock.quota.Quota;
import dev.penstock.quota.Settlement;
import dev.penstock.retry.RetryDecision;
import dev.penstock.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Decides who is let through when, and who is refused. Whoever changes something (asks, ends a call, comes with the timer)
 * looks at the head of the queue and hands the room over, so that nobody is woken who cannot go: one wake-up for one grant.
 *
 * <p>Safe for use by several threads; one lock guards everything. Those who wait are told, and listeners called, after it
 * is free.
 */
final class Desk {
    /** A quota that was hardly used takes some 20 KB; names may be made up. */
    static final int MOST_LANES = 1_000;

    private static final Cost NOTHING = new Cost(0, 0, 0);
    private static final long NO_BYTES = 0;

    private final ReentrantLock lock = new ReentrantLock();
    private final PacingSettings settings;
    private final TimeSource time;
    private final Listeners listeners;

    // Guarded by lock, all of it.
    private final Map<String, Lane> lanes = new LinkedHashMap<>();
    private final QueueBounds bounds;
    private final Set<Waiter> backingOff = new HashSet<>();
    private boolean closed;
    private int running;
    private long granted;
    private long wakeUps;
    private long timerRuns;
    private long leaked;

    Desk(PacingSettings settings, Listeners listeners) {
        this.settings = settings;
        this.time = settings.time();
        this.listeners = listeners;
        this.bounds = new QueueBounds(settings.maxWaiting(), Long.MAX_VALUE);
    }

    /**
     * A request that has not asked yet.
     *
     * @param deadlineNanos by when it must have started
     */
    Waiter waiter(Ask ask, long arrivedNanos, long deadlineNanos) {
        lock.lock();
        try {
            return new Waiter(ask, lane(ask.family()), arrivedNanos, deadlineNanos);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets a request ask, the first time or again. It is decided at once or waits; when it is decided, {@code told} runs
     * once, also if that is at once.
     */
    void ask(Waiter waiter, Runnable told) {
        locked((now, after) -> {
            waiter.told = told;
            if (waiter.phase == Waiter.Phase.GONE) {
                tell(waiter, after);
            } else if (waiter.place == null) {
                arrive(waiter, now, after);
            } else {
                comeBack(waiter, now, after);
            }
        });
    }

    /**
     * Lets a request ask again after a time, or not at all.
     *
     * @param undecided what is to be decided first, when the time is over; null to ask in any case
     */
    void askLater(Waiter waiter, Duration delay, @Nullable LongFunction<RetryDecision> undecided, Runnable told) {
        locked((now, after) -> {
            waiter.told = told;
            if (waiter.phase == Waiter.Phase.GONE) {
                tell(waiter, after);
            } else if (closed) {
                refuse(waiter, new ClosedException(), after);
            } else {
                backOff(waiter, delay, undecided, now);
            }
        });
    }

    private void backOff(Waiter waiter, Duration delay, @Nullable LongFunction<RetryDecision> undecided, long now) {
        waiter.phase = Waiter.Phase.BACKING_OFF;
        waiter.undecided = undecided;
        waiter.waitingSince = now;
        waiter.lane.backingOff++;
        backingOff.add(waiter);
        waiter.takeBackTimer = time.schedule(delay, () -> locked((then, after) -> due(waiter, then, after)));
    }

    private void due(Waiter waiter, long now, List<Runnable> after) {
        if (waiter.phase != Waiter.Phase.BACKING_OFF) {
            return;
        }
        leaveBackOff(waiter, now);
        LongFunction<RetryDecision> decision = waiter.undecided;
        waiter.undecided = null; // it knows the call, which must not be kept alive by what it waits with
        if (decision == null) {
            comeBack(waiter, now, after);
            return;
        }
        switch (decision.apply(now)) {
            case RetryDecision.RetryAfter again -> backOff(waiter, again.delay(), null, now);
            case RetryDecision.AskAgainAfter later -> backOff(waiter, later.delay(), decision, now);
            case RetryDecision.GiveUp no -> {
                waiter.phase = Waiter.Phase.GIVEN_UP;
                tell(waiter, after);
            }
        }
    }

    private void leaveBackOff(Waiter waiter, long now) {
        backingOff.remove(waiter);
        waiter.lane.backingOff--;
        waiter.waitedNanos += Math.max(0, now - waiter.waitingSince);
        Runnable takeBack = waiter.takeBackTimer;
        if (takeBack != null) {
            takeBack.run();
            waiter.takeBackTimer = null;
        }
    }

    private void arrive(Waiter waiter, long now, List<Runnable> after) {
        Lane lane = waiter.lane;
        Cost cost = waiter.ask.cost();
        if (closed) {
            refuse(waiter, new ClosedException(), after);
            return;
        }
        Optional<BlockedBy.ByLimit> never = lane.quota.neverFits(cost);
        if (never.isPresent()) {
            refuse(waiter, TooLargeException.of(waiter.ask, never.get()), after);
            return;
        }
        Arrival<Waiter> arrival = arrival(waiter, now);
        Cost ahead = ahead(arrival);
        long left = waiter.deadlineNanos - now;
        OptionalLong startsIn = lane.quota.startsInNanos(ahead, cost, now);
        if (left < 0 || startsIn.isPresent() && startsIn.getAsLong() > left) {
            refuse(waiter, tooLate(waiter, ahead, now), after);
            return;
        }
        Optional<Waiting<Waiter>> place = lane.queue.add(arrival);
        if (place.isEmpty()) {
            refuse(waiter, QueueFullException.of(bounds.maxCount(), blocked(lane, ahead, cost, now)), after);
            return;
        }
        waiter.place = place.get();
        waiter.phase = Waiter.Phase.WAITING;
        waiter.waitingSince = now;
        pump(lane, now, after);
    }

    /** To the front of its tenant's line; the bounds do not turn away what was let in before. */
    private void comeBack(Waiter waiter, long now, List<Runnable> after) {
        if (closed) {
            refuse(waiter, new ClosedException(), after);
            return;
        }
        Lane lane = waiter.lane;
        lane.queue.addFirst(Objects.requireNonNull(waiter.place));
        waiter.phase = Waiter.Phase.WAITING;
        waiter.waitingSince = now;
        pump(lane, now, after);
    }

    /** Lets a request through if that is possible now and nobody waits. */
    Optional<Held> tryAsk(Ask ask) {
        List<Held> taken = new ArrayList<>(1);
        locked((now, after) -> {
            Lane lane = lane(ask.family());
            if (closed) {
                throw new ClosedException();
            }
            Optional<BlockedBy.ByLimit> never = lane.quota.neverFits(ask.cost());
            if (never.isPresent()) {
                throw TooLargeException.of(ask, never.get());
            }
            if (!lane.queue.isEmpty() || running >= settings.concurrency()) {
                return;
            }
            if (lane.quota.reserve(ask.cost(), now) instanceof Admission.Granted room) {
                taken.add(hold(new Waiter(ask, lane, now, now), room, now, after));
            }
        });
        return taken.stream().findFirst();
    }

    /** Why a request would wait if it asked now; empty if it would not. */
    Optional<Blocked> whyBlocked(Ask ask) {
        lock.lock();
        try {
            long now = time.nanos();
            Lane lane = lane(ask.family());
            Optional<BlockedBy.ByLimit> never = lane.quota.neverFits(ask.cost());
            if (never.isPresent()) {
                return Optional.of(new Blocked(never.get(), Optional.empty()));
            }
            return blocked(lane, ahead(arrival(new Waiter(ask, lane, now, now), now)), ask.cost(), now);
        } finally {
            lock.unlock();
        }
    }

    /** Time until a request to a lane can start if nobody is before it: 0 for now, empty for never. */
    OptionalLong startsIn(Waiter waiter) {
        return waiter.lane.quota.startsInNanos(NOTHING, waiter.ask.cost(), time.nanos());
    }

    /** The least limit on tokens that twice as many would not fit; empty if there is none. */
    OptionalLong tokenLimitBelowTwice(String family, long tokens) {
        lock.lock();
        try {
            return lane(family)
                    .quota
                    .neverFits(new Cost(0, 2 * Math.min(tokens, Long.MAX_VALUE / 4), 0))
                    .map(by -> OptionalLong.of(by.limit()))
                    .orElse(OptionalLong.empty());
        } finally {
            lock.unlock();
        }
    }

    /** Nobody wants a request any more, whatever it was doing. Who waits with it is told that it was cancelled. */
    void gone(Waiter waiter) {
        locked((now, after) -> {
            boolean over = false;
            switch (waiter.phase) {
                case WAITING -> {
                    takeOut(waiter, now);
                    // The one behind it may fit where it did not.
                    pump(waiter.lane, now, after);
                }
                case BACKING_OFF -> leaveBackOff(waiter, now);
                case GRANTED -> {
                    // Nobody has taken it over, so nothing was sent.
                    settle(Objects.requireNonNull(waiter.held), new Settlement.NeverSent(), now, after);
                }
                case IDLE, REFUSED, GIVEN_UP, GONE -> over = true;
            }
            if (!over) {
                after.add(() -> listeners.cancelled(waiter.ask));
            }
            waiter.phase = Waiter.Phase.GONE;
            tell(waiter, after);
        });
    }

    /** What became of a request that was told: what it holds, or null if its retries are used up. */
    @Nullable
    Held outcome(Waiter waiter) {
        lock.lock();
        try {
            return switch (waiter.phase) {
                case GRANTED -> Objects.requireNonNull(waiter.held);
                case GIVEN_UP -> null;
                case REFUSED -> throw Objects.requireNonNull(waiter.refusal);
                case GONE -> throw new CancellationException("the call was closed");
                case IDLE, WAITING, BACKING_OFF ->
                    throw new IllegalStateException("a request is asked for its outcome while it is " + waiter.phase);
            };
        } finally {
            lock.unlock();
        }
    }

    /** A thread that waited goes on, and if nobody told it anything its time is over. */
    void wokeUp(Waiter waiter) {
        locked((now, after) -> {
            wakeUps++;
            switch (waiter.phase) {
                case WAITING -> {
                    takeOut(waiter, now);
                    refuse(waiter, tooLate(waiter, NOTHING, now), after);
                    pump(waiter.lane, now, after);
                }
                case BACKING_OFF -> {
                    leaveBackOff(waiter, now);
                    refuse(waiter, tooLate(waiter, NOTHING, now), after);
                }
                case IDLE, GRANTED, REFUSED, GIVEN_UP, GONE -> {}
            }
        });
    }

    /** Applies what the head of an answer says while its body is still coming. */
    void observed(Held held, List<LimitState> states) {
        locked((now, after) -> {
            if (!held.settled) {
                held.waiter.lane.quota.observed(held.reservation, states, now);
                pump(held.waiter.lane, now, after);
            }
        });
    }

    /** Ends what was let through; false if it had ended already, which changes nothing. */
    boolean settle(Held held, Settlement settlement) {
        boolean[] first = {false};
        locked((now, after) -> {
            if (!held.settled) {
                first[0] = true;
                settle(held, settlement, now, after);
            }
        });
        return first[0];
    }

    /** Ends what nobody can end any more. It may have been sent, so it counts as used. */
    void lost(Held held) {
        locked((now, after) -> {
            if (!held.settled) {
                leaked++;
                settle(held, new Settlement.Failed(List.of(), false), now, after);
                after.add(() -> listeners.leaked(held.waiter.ask));
            }
        });
    }

    private void settle(Held held, Settlement settlement, long now, List<Runnable> after) {
        Waiter waiter = held.waiter;
        Lane lane = waiter.lane;
        held.settled = true;
        if (!lane.quota.settle(held.reservation, settlement, now)) {
            throw new IllegalStateException("a reservation was settled twice");
        }
        boolean served = settlement instanceof Settlement.Answered || settlement instanceof Settlement.Failed;
        Waiting<Waiter> place = waiter.place;
        if (!served && place != null) {
            // Its tenant is not charged for what was not served.
            boolean undone = lane.queue.giveBack(place);
            assert undone;
        }
        boolean wasFull = running >= settings.concurrency();
        running--;
        lane.running--;
        if (waiter.phase == Waiter.Phase.GRANTED) {
            waiter.phase = Waiter.Phase.IDLE;
        }
        waiter.held = null;
        after.add(() -> listeners.settled(waiter.ask, settlement, Duration.ofNanos(now - held.grantedAt)));
        if (wasFull) {
            pumpAll(now, after);
        } else {
            pump(lane, now, after);
        }
    }

    /** Refuses whoever waits and whoever asks from now on. What runs ends as it does. */
    void close() {
        locked((now, after) -> {
            closed = true;
            for (Waiter waiter : List.copyOf(backingOff)) {
                leaveBackOff(waiter, now);
                refuse(waiter, new ClosedException(), after);
            }
            for (Lane lane : lanes.values()) {
                while (!lane.queue.isEmpty()) {
                    Waiter waiter = lane.queue.first(1).getFirst().item();
                    takeOut(waiter, now);
                    refuse(waiter, new ClosedException(), after);
                }
                lookAgainAt(lane, OptionalLong.empty(), now);
            }
        });
    }

    PenstockSnapshot snapshot() {
        lock.lock();
        try {
            long now = time.nanos();
            List<PenstockSnapshot.LaneView> views = lanes.values().stream()
                    .map(lane -> new PenstockSnapshot.LaneView(
                            lane.family,
                            lane.quota.snapshot(now),
                            lane.queue.size(),
                            lane.queue.isEmpty() ? Optional.empty() : Optional.ofNullable(lane.blockedBy)))
                    .toList();
            return new PenstockSnapshot(
                    views,
                    bounds.count(),
                    backingOff.size(),
                    bounds.maxCount(),
                    running,
                    granted,
                    wakeUps,
                    timerRuns,
                    leaked);
        } finally {
            lock.unlock();
        }
    }

    /** Lets through whoever can go; says when to look again. */
    private void pump(Lane lane, long now, List<Runnable> after) {
        OptionalLong soonest = OptionalLong.empty();
        // Each round lets one through or refuses at least one, or is the last.
        while (true) {
            // At the deadline itself it may still start.
            expire(lane, now - 1, now, after);
            Waiting<Waiter> head = lane.queue.head(tenant -> true).orElse(null);
            if (head == null) {
                break;
            }
            if (running >= settings.concurrency()) {
                lane.blockedBy = new BlockedBy.ByConcurrency(settings.concurrency());
            } else {
                Admission admission = lane.quota.reserve(head.cost(), now);
                if (admission instanceof Admission.Granted room) {
                    lane.queue.take(head);
                    hold(head.item(), room, now, after);
                    tell(head.item(), after);
                    continue;
                }
                if (admission instanceof Admission.Impossible never) {
                    takeOut(head.item(), now);
                    refuse(head.item(), TooLargeException.of(head.item().ask, never.by()), after);
                    continue;
                }
                if (admission instanceof Admission.Deferred deferred) {
                    lane.blockedBy = deferred.by();
                    soonest = deferred.retryAtNanos();
                }
            }
            if (!expire(lane, now, now, after)) {
                break;
            }
        }
        lookAgainAt(lane, earlier(soonest, lane.queue.nextDeadline()), now);
    }

    /** Room for calls in flight is shared by all lanes: the one that was served longest ago goes first. */
    private void pumpAll(long now, List<Runnable> after) {
        List<Lane> waiting = new ArrayList<>();
        for (Lane lane : lanes.values()) {
            if (!lane.queue.isEmpty()) {
                waiting.add(lane);
            }
        }
        waiting.sort(Comparator.comparingLong(lane -> lane.lastServed));
        for (Lane lane : waiting) {
            pump(lane, now, after);
        }
    }

    private boolean expire(Lane lane, long upTo, long now, List<Runnable> after) {
        boolean any = false;
        for (var late = lane.queue.pollExpired(upTo); late.isPresent(); late = lane.queue.pollExpired(upTo)) {
            any = true;
            Waiter waiter = late.get().item();
            waiter.waitedNanos += Math.max(0, now - waiter.waitingSince);
            refuse(waiter, tooLate(waiter, NOTHING, now), after);
        }
        return any;
    }

    private void lookAgainAt(Lane lane, OptionalLong at, long now) {
        if (lane.wakeAt.isPresent()) {
            boolean inTime = at.isPresent() && lane.wakeAt.getAsLong() - at.getAsLong() <= 0;
            if (inTime) {
                return;
            }
            Objects.requireNonNull(lane.takeBackTimer).run();
            lane.wakeAt = OptionalLong.empty();
            lane.takeBackTimer = null;
        }
        if (at.isPresent()) {
            lane.wakeAt = at;
            long delay = Math.max(0, at.getAsLong() - now);
            lane.takeBackTimer = time.schedule(Duration.ofNanos(delay), () -> timer(lane, at));
        }
    }

    private void timer(Lane lane, OptionalLong at) {
        locked((now, after) -> {
            if (lane.wakeAt.equals(at)) {
                timerRuns++;
                lane.wakeAt = OptionalLong.empty();
                lane.takeBackTimer = null;
                pump(lane, now, after);
            }
        });
    }

    private Held hold(Waiter waiter, Admission.Granted room, long now, List<Runnable> after) {
        granted++;
        Held held = new Held(waiter, room.reservation(), now, granted);
        waiter.held = held;
        waiter.waitedNanos += waiter.phase == Waiter.Phase.WAITING ? Math.max(0, now - waiter.waitingSince) : 0;
        waiter.phase = Waiter.Phase.GRANTED;
        waiter.lane.running++;
        waiter.lane.lastServed = granted;
        waiter.lane.blockedBy = null;
        running++;
        Duration waited = Duration.ofNanos(waiter.waitedNanos);
        after.add(() -> listeners.granted(waiter.ask, waited));
        return held;
    }

    private void refuse(Waiter waiter, RefusedException why, List<Runnable> after) {
        waiter.phase = Waiter.Phase.REFUSED;
        waiter.refusal = why;
        tell(waiter, after);
        after.add(() -> listeners.refused(waiter.ask, why));
    }

    private static void tell(Waiter waiter, List<Runnable> after) {
        Runnable told = waiter.told;
        if (told != null) {
            waiter.told = null;
            after.add(told);
        }
    }

    private void takeOut(Waiter waiter, long now) {
        if (!waiter.lane.queue.remove(Objects.requireNonNull(waiter.place))) {
            throw new IllegalStateException("a waiting request was not in its queue");
        }
        waiter.waitedNanos += Math.max(0, now - waiter.waitingSince);
    }

    private TooLateException tooLate(Waiter waiter, Cost ahead, long now) {
        Blocked blocked = blocked(waiter.lane, ahead, waiter.ask.cost(), now)
                .orElseGet(() -> new Blocked(new BlockedBy.ByUnknownLimits(), Optional.of(Duration.ZERO)));
        return TooLateException.of(
                waiter.ask,
                blocked,
                Duration.ofNanos(waiter.deadlineNanos - now),
                Duration.ofNanos(waiter.waitedNanos));
    }

    private Optional<Blocked> blocked(Lane lane, Cost ahead, Cost cost, long now) {
        OptionalLong startsIn = lane.quota.startsInNanos(ahead, cost, now);
        Optional<BlockedBy> foretold = lane.quota.startsAfter(ahead, cost, now);
        if (foretold.isPresent() && startsIn.isPresent()) {
            return Optional.of(new Blocked(foretold.get(), Optional.of(Duration.ofNanos(startsIn.getAsLong()))));
        }
        if (running >= settings.concurrency()) {
            return Optional.of(new Blocked(new BlockedBy.ByConcurrency(settings.concurrency()), Optional.empty()));
        }
        return lane.quota.inTheWay(cost, now).flatMap(admission -> switch (admission) {
            case Admission.Deferred deferred ->
                Optional.of(new Blocked(deferred.by(), left(deferred.retryAtNanos(), now)));
            case Admission.Impossible never -> Optional.of(new Blocked(never.by(), Optional.empty()));
            case Admission.Granted granted -> Optional.empty();
        });
    }

    private static Optional<Duration> left(OptionalLong at, long now) {
        return at.isPresent() ? Optional.of(Duration.ofNanos(Math.max(0, at.getAsLong() - now))) : Optional.empty();
    }

    private static Arrival<Waiter> arrival(Waiter waiter, long now) {
        Ask ask = waiter.ask;
        double worth = waiter.lane.quota.worth(ask.cost()).orElseGet(() -> Quota.worthWithoutLimits(ask.cost()));
        return new Arrival<>(
                waiter,
                ask.tenant(),
                ask.weight(),
                ask.priority(),
                ask.cost(),
                Math.min(worth, Arrival.MAX_SHARE_SECONDS),
                NO_BYTES,
                now,
                waiter.deadlineNanos);
    }

    private static Cost ahead(Arrival<Waiter> arrival) {
        Lane lane = arrival.item().lane;
        return lane.queue.isEmpty() ? NOTHING : lane.queue.costAhead(arrival);
    }

    private Lane lane(String family) {
        Lane known = lanes.get(family);
        if (known != null) {
            return known;
        }
        if (lanes.size() >= MOST_LANES) {
            lanes.values().stream().filter(Lane::idle).findFirst().ifPresent(idle -> lanes.remove(idle.family));
        }
        Lane lane = new Lane(family, settings.quotaOf(family), bounds);
        lanes.put(family, lane);
        return lane;
    }

    private static OptionalLong earlier(OptionalLong a, OptionalLong b) {
        if (a.isEmpty()) {
            return b;
        }
        return b.isPresent() && b.getAsLong() - a.getAsLong() < 0 ? b : a;
    }

    private interface Step {
        void run(long now, List<Runnable> after);
    }

    private void locked(Step step) {
        List<Runnable> after = new ArrayList<>(2);
        lock.lock();
        try {
            step.run(time.nanos(), after);
        } finally {
            lock.unlock();
        }
        after.forEach(Runnable::run);
    }
}
