package dev.penstock.quota;

import static dev.penstock.limit.Dimension.REQUESTS_PER_DAY;
import static dev.penstock.limit.Dimension.REQUESTS_PER_MINUTE;

import dev.penstock.concurrency.Aimd;
import dev.penstock.concurrency.CubicRate;
import dev.penstock.limit.Cost;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitExceeded;
import dev.penstock.limit.LimitState;
import dev.penstock.limit.Unit;
import dev.penstock.quota.Admission.Deferred;
import dev.penstock.quota.Admission.Granted;
import dev.penstock.quota.Admission.Impossible;
import dev.penstock.quota.Settlement.Answered;
import dev.penstock.quota.Settlement.Failed;
import dev.penstock.quota.Settlement.NeverSent;
import dev.penstock.quota.Settlement.Refused;
import dev.penstock.quota.Settlement.SlowedDown;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What one account may send to one family of models: all its limits at once. A request reserves room in every limit or
 * in none, carries its reservation while it runs, and settles it exactly once with what the provider said; from that the
 * quota learns the limits it was not told, corrects its levels and follows other users of the same account.
 *
 * <p>It decides and never waits: callers pass the time (monotonic nanoseconds, any origin) and are told when to ask
 * again. Thread-safe; one lock guards the whole vector, because a reservation must be all or nothing, and a provider's
 * quota grants a few hundred of them a second.
 */
public final class Quota {
    /** Before the first answer nothing is known: a few calls at a human pace cost no quota worth mentioning. */
    private static final int FIRST_CONCURRENCY = 16;

    private static final long PAUSE_BEFORE_FIRST_ANSWER_NANOS = 50_000_000;
    /** A refusal without any hint: first pause, doubled with each further one. */
    private static final long BLIND_PAUSE_NANOS = 250_000_000;

    private static final long SLOW_DOWN_PAUSE_NANOS = 1_000_000_000;
    private static final int MAX_BLIND_DOUBLINGS = 8;
    private static final int MAX_CONTRADICTIONS = 4;
    /** Answers over which the latency is averaged. */
    private static final double MEAN_OF = 32;

    /**
     * What requests are weighed against. The common limits grant 400 tokens a request; while no limit is known, this is how
     * requests and tokens compare, and afterwards the scale stays, so that nobody who came early pays less.
     */
    private static final Cost USUAL = new Cost(1, 400, 1);

    private final ReentrantLock lock = new ReentrantLock();
    private final QuotaSettings settings;

    // Guarded by lock, all of it.
    private final List<Meter> meters = new ArrayList<>();
    private List<Limit> caps;
    private int maxConcurrency;
    private Aimd concurrency;
    private @Nullable CubicRate adaptiveRate;
    private @Nullable RampGovernor ramp;
    /** What was reserved and then not charged: refused, or never sent. */
    private Cost refusedTotal = new Cost(0, 0, 0);

    private final RecentTotals totals = new RecentTotals();
    private boolean started;
    private long startedAt;
    private long lastSentAt;
    private int inFlight;
    private long answers;
    private boolean limitsKnown;
    private List<Limit> implied = List.of();
    private boolean closed;
    private long closedUntil;
    private int blindRefusals;
    private long lastBlindAt;
    private final OverloadShare overload = new OverloadShare();
    private final BlindWindow blindWindow = new BlindWindow();
    private double meanLatencyNanos;
    private long refusals;
    private long settledTwice;

    public Quota(QuotaSettings settings) {
        this.settings = settings;
        this.caps = settings.caps();
        this.maxConcurrency = settings.maxConcurrency();
        this.concurrency = concurrencyUpTo(maxConcurrency);
    }

    private static Aimd concurrencyUpTo(int most) {
        return new Aimd(new Aimd.Settings(
                Math.min(FIRST_CONCURRENCY, most),
                1,
                most,
                Aimd.Settings.DEFAULT.decreaseFactor(),
                Aimd.Settings.DEFAULT.shortestDecreaseInterval()));
    }

    /**
     * Changes the user's own limits. What was learned of the provider stays known, and what was used of a cap that stays
     * as it is stays used; a new one is full.
     *
     * @param maxConcurrency the most calls in flight, at least 1
     */
    public void setCaps(List<Limit> changed, int maxConcurrency, long now) {
        lock.lock();
        try {
            caps = List.copyOf(changed);
            if (maxConcurrency != this.maxConcurrency) {
                this.maxConcurrency = maxConcurrency;
                concurrency = concurrencyUpTo(maxConcurrency);
                if (limitsKnown) {
                    concurrency.raiseTo(maxConcurrency);
                }
            }
            if (!started) {
                return;
            }
            meters.removeIf(meter ->
                    meter.source() == LimitSource.CAP && !caps.contains(new Limit(meter.dimension(), meter.amount())));
            for (Limit cap : caps) {
                if (meters.stream()
                        .noneMatch(meter -> meter.source() == LimitSource.CAP
                                && meter.dimension().equals(cap.dimension()))) {
                    meters.add(new Meter(cap, LimitSource.CAP, now));
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Takes room in every limit for a request that is sent at once if this is granted. */
    public Admission reserve(Cost cost, long now) {
        lock.lock();
        try {
            start(now);
            Optional<Impossible> impossible = impossible(cost);
            if (impossible.isPresent()) {
                return impossible.get();
            }
            Optional<Deferred> deferred = deferred(cost, now);
            if (deferred.isPresent()) {
                return deferred.get();
            }
            take(cost, now);
            return new Granted(totals.reservation(cost, now));
        } finally {
            lock.unlock();
        }
    }

    /**
     * Time until {@link #reserve} would grant this cost if nothing else happened until then: 0 for now, empty for never or
     * only after another reservation is settled. Changes nothing.
     */
    public OptionalLong waitNanos(Cost cost, long now) {
        lock.lock();
        try {
            if (impossible(cost).isPresent()) {
                return OptionalLong.empty();
            }
            Optional<Deferred> deferred = deferred(cost, now);
            if (deferred.isEmpty()) {
                return OptionalLong.of(0);
            }
            OptionalLong at = deferred.get().retryAtNanos();
            return at.isPresent() ? OptionalLong.of(at.getAsLong() - now) : OptionalLong.empty();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Time until a request of this cost can start when everything that is to be sent before it costs {@code ahead}
     * together. Where something is not known yet it is the least that is possible: a request refused on this ground could
     * not have started earlier. Changes nothing.
     *
     * @return nanoseconds, 0 for now; empty if it can never start, see {@link #neverFits}
     */
    public OptionalLong startsInNanos(Cost ahead, Cost cost, long now) {
        return foretell(ahead, cost, now)
                .map(start -> OptionalLong.of(start.inNanos))
                .orElse(OptionalLong.empty());
    }

    /**
     * What a request of this cost will have to wait for longest when everything that is to be sent before it costs
     * {@code ahead} together; empty if it can start now, or never. Changes nothing.
     */
    public Optional<BlockedBy> startsAfter(Cost ahead, Cost cost, long now) {
        return foretell(ahead, cost, now).filter(start -> start.inNanos > 0).map(start -> start.by);
    }

    private record Start(long inNanos, BlockedBy by) {}

    private Optional<Start> foretell(Cost ahead, Cost cost, long now) {
        lock.lock();
        try {
            if (impossible(cost).isPresent()) {
                return Optional.empty();
            }
            Start latest = new Start(closed ? Math.max(0, closedUntil - now) : 0, new BlockedBy.ByProvider());
            for (Meter meter : started ? meters : capsOnly(now)) {
                Unit unit = meter.dimension().unit();
                long wait = meter.waitNanos(ahead.of(unit), cost.of(unit), now);
                if (wait > latest.inNanos) {
                    latest = new Start(wait, blockedBy(meter, cost.of(unit)));
                }
            }
            if (blindWindow.learned() && meters.isEmpty()) {
                long wait = blindWindow.waitNanos(ahead.requests(), now);
                latest = wait > latest.inNanos ? new Start(wait, new BlockedBy.ByUnknownLimits()) : latest;
            }
            // As many calls as may ever run; the first of those that do may end at any moment.
            long turns = inFlight + ahead.requests() - maxConcurrency;
            long wait = turns > 0 ? (long) (turns * meanLatencyNanos / maxConcurrency) : 0;
            return Optional.of(
                    wait > latest.inNanos ? new Start(wait, new BlockedBy.ByConcurrency(maxConcurrency)) : latest);
        } finally {
            lock.unlock();
        }
    }

    /** The limit that a request of this cost can never fit, if there is one. */
    public Optional<BlockedBy.ByLimit> neverFits(Cost cost) {
        lock.lock();
        try {
            return impossible(cost).map(Impossible::by);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The greatest share that a cost takes of any limit, in seconds of the limit's window: what requests of different kinds
     * have in common, so that they can be weighed against each other. Of a window longer than a minute it is a minute's part
     * of the whole, as nobody waits for a day's limit to refill until it is used up. 0 while no limit is known.
     */
    public double dominantSeconds(Cost cost) {
        lock.lock();
        try {
            double most = 0;
            for (Meter meter : meters) {
                if (meter.amount() > 0) {
                    double seconds =
                            Math.min(60, meter.limit().dimension().window().toNanos() / 1e9);
                    most = Math.max(most, seconds * cost.of(meter.dimension().unit()) / meter.amount());
                }
            }
            return most;
        } finally {
            lock.unlock();
        }
    }

    /**
     * How many requests of the usual kind, a request of 400 tokens, are worth as much of this quota as a cost: what a fair
     * queue charges for it. Empty while no limit is known, or if the cost never fits; then
     * {@link #worthWithoutLimits} tells.
     */
    public OptionalDouble worth(Cost cost) {
        double usual = dominantSeconds(USUAL);
        return usual > 0 && neverFits(cost).isEmpty()
                ? OptionalDouble.of(dominantSeconds(cost) / usual)
                : OptionalDouble.empty();
    }

    /** As {@link #worth}, where nothing is known of the limits. */
    public static double worthWithoutLimits(Cost cost) {
        return Math.max((double) cost.tokens() / USUAL.tokens(), Math.max(cost.requests(), cost.images()));
    }

    /** What {@link #reserve} would answer now instead of a reservation; empty if it would grant one. Changes nothing. */
    public Optional<Admission> inTheWay(Cost cost, long now) {
        lock.lock();
        try {
            Optional<Impossible> impossible = impossible(cost);
            return impossible.isPresent()
                    ? impossible.map(no -> no)
                    : deferred(cost, now).map(later -> later);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Applies what the head of an answer says of the limits, while its body is still coming. The reservation stays open.
     * That the request was taken counts as an answer, once: where streams last for minutes, waiting for their ends would keep
     * the calls in flight few, though nothing speaks against more.
     *
     * @param states as for {@link Settlement.Answered}, to which they need not be given again; that there was an answer says
     *     something even if there are none
     */
    public void observed(Reservation reservation, List<LimitState> states, long now) {
        lock.lock();
        try {
            if (reservation.admitOnce()) {
                admitted(reservation.sentAtNanos(), inFlight, now);
            }
            observe(states, reservation, now);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends a reservation.
     *
     * @return whether this was the first settlement; a second one changes nothing and is counted as a bug of the caller
     */
    public boolean settle(Reservation reservation, Settlement settlement, long now) {
        lock.lock();
        try {
            if (!reservation.settleOnce()) {
                settledTwice++;
                return false;
            }
            inFlight--;
            apply(settlement, reservation, now);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The limits and levels as they are believed now. */
    public QuotaSnapshot snapshot(long now) {
        lock.lock();
        try {
            return new QuotaSnapshot(
                    meters.stream().map(meter -> meter.snapshot(now)).toList(),
                    inFlight,
                    concurrency.limit(),
                    refusals,
                    settledTwice);
        } finally {
            lock.unlock();
        }
    }

    private void start(long now) {
        if (started) {
            return;
        }
        started = true;
        startedAt = now;
        lastSentAt = now - PAUSE_BEFORE_FIRST_ANSWER_NANOS;
        ramp = new RampGovernor(now);
        adaptiveRate = new CubicRate(now);
        caps.forEach(limit -> meters.add(new Meter(limit, LimitSource.CAP, now)));
        limitsKnown = !settings.learning();
        if (!caps.isEmpty() || limitsKnown) {
            concurrency.raiseTo(maxConcurrency);
        }
        learn(settings.known(), LimitSource.CONFIGURED, now);
    }

    private List<Meter> capsOnly(long now) {
        return caps.stream()
                .map(limit -> new Meter(limit, LimitSource.CAP, now))
                .toList();
    }

    private Optional<Impossible> impossible(Cost cost) {
        for (Meter meter : meters) {
            long units = cost.of(meter.dimension().unit());
            if (meter.neverFits(units)) {
                return Optional.of(new Impossible(blockedBy(meter, units)));
            }
        }
        return started ? Optional.empty() : impossibleFromTheStart(cost);
    }

    private Optional<Impossible> impossibleFromTheStart(Cost cost) {
        for (Limit cap : caps) {
            long units = cost.of(cap.dimension().unit());
            if (units > cap.amount()) {
                return Optional.of(
                        new Impossible(new BlockedBy.ByLimit(cap.dimension(), cap.amount(), units, LimitSource.CAP)));
            }
        }
        return Optional.empty();
    }

    private Optional<Deferred> deferred(Cost cost, long now) {
        if (closed && closedUntil - now > 0) {
            return Optional.of(until(new BlockedBy.ByProvider(), closedUntil));
        }
        if (inFlight >= concurrency.limit()) {
            return Optional.of(new Deferred(new BlockedBy.ByConcurrency(concurrency.limit()), OptionalLong.empty()));
        }
        if (answers == 0 && !limitsKnown && started) {
            if (inFlight >= FIRST_CONCURRENCY) {
                return Optional.of(new Deferred(new BlockedBy.ByUnknownLimits(), OptionalLong.empty()));
            }
            long next = lastSentAt + PAUSE_BEFORE_FIRST_ANSWER_NANOS;
            if (next - now > 0) {
                return Optional.of(until(new BlockedBy.ByUnknownLimits(), next));
            }
        }
        long blind = meters.isEmpty() ? blindWindow.waitNanos(now) : 0;
        if (blind == Long.MAX_VALUE) {
            return Optional.of(new Deferred(new BlockedBy.ByUnknownLimits(), OptionalLong.empty()));
        }
        long longest = Math.max(blind, ramp == null ? 0 : ramp.waitNanos(now));
        if (adaptiveRate != null) {
            longest = Math.max(longest, adaptiveRate.waitNanos(now));
        }
        BlockedBy by = new BlockedBy.ByProvider();
        for (Meter meter : meters) {
            long units = cost.of(meter.dimension().unit());
            long wait = meter.waitNanos(units, now);
            if (wait > longest) {
                longest = wait;
                by = blockedBy(meter, units);
            }
        }
        return longest == 0 ? Optional.empty() : Optional.of(until(by, now + longest));
    }

    private void take(Cost cost, long now) {
        for (Meter meter : meters) {
            meter.take(cost.of(meter.dimension().unit()), now);
        }
        if (ramp != null) {
            ramp.take(cost, now);
        }
        if (adaptiveRate != null) {
            adaptiveRate.take(now);
        }
        blindWindow.take(now);
        totals.add(now, cost);
        lastSentAt = now;
        inFlight++;
    }

    private void apply(Settlement settlement, Reservation reservation, long now) {
        switch (settlement) {
            case Answered answered -> {
                if (reservation.admitOnce()) {
                    admitted(reservation.sentAtNanos(), inFlight + 1, now);
                }
                took(now - reservation.sentAtNanos());
                observe(answered.states(), reservation, now);
            }
            case Failed failed -> failed(failed, reservation, now);
            case Refused refused -> refused(refused, reservation, now);
            case SlowedDown slowed -> slowedDown(slowed.retryAfter(), reservation, now);
            case NeverSent() -> {
                blindWindow.giveBack(reservation.sentAtNanos());
                refusedTotal = refusedTotal.plus(reservation.cost());
                giveBack(reservation, now);
            }
        }
    }

    private void failed(Failed failed, Reservation reservation, long now) {
        if (failed.signOfOverload() && overload.turnedAway()) {
            concurrency.overloaded(inFlight + 1, now);
        }
        if (!failed.states().isEmpty()) {
            answers++;
            observe(failed.states(), reservation, now);
        }
    }

    /** The provider took a request, which is told once: what that proves of the load is proven with the head of the answer. */
    private void admitted(long sentAt, int running, long now) {
        answers++;
        overload.answered();
        concurrency.succeeded(running, now - sentAt, now);
        blindWindow.answered(sentAt);
        if (blindRefusals > 0 && sentAt - lastBlindAt > 0) {
            blindRefusals = 0;
        }
        if (adaptiveRate != null) {
            adaptiveRate.answered(false, now);
        }
    }

    /** How long a call took until its place was free again. */
    private void took(double nanos) {
        meanLatencyNanos = meanLatencyNanos == 0 ? nanos : meanLatencyNanos + (nanos - meanLatencyNanos) / MEAN_OF;
    }

    private void observe(List<LimitState> states, Reservation reservation, long now) {
        if (states.isEmpty()) {
            return;
        }
        if (meters.stream().noneMatch(Meter::observed)) {
            implied = settings.hidden().impliedBy(states);
            if (states.stream().anyMatch(this::contradictsImplied)) {
                implied = List.of();
            }
            learn(
                    implied.stream()
                            .filter(limit -> states.stream()
                                    .noneMatch(state -> named(state).equals(limit.dimension())))
                            .toList(),
                    LimitSource.INFERRED,
                    now);
        }
        for (LimitState shown : states) {
            LimitState state =
                    new LimitState(new Limit(named(shown), shown.limit().amount()), shown.remaining(), shown.resetIn());
            if (contradictsWhatWasSeen(state, reservation.sentAtNanos())) {
                continue;
            }
            Meter meter = meterFor(state.limit(), LimitSource.HEADERS, now);
            Unit unit = meter.dimension().unit();
            Sent sent = sent(reservation, unit);
            double foreign = meter.observe(state, reservation, sent, inFlight == 0, now);
            shareWindows(meter);
            if (foreign > 0) {
                meters.stream()
                        .filter(other -> !other.observed() && other.source() != LimitSource.CAP)
                        .filter(other -> other.dimension().unit() == unit)
                        .forEach(other -> other.takenByOthers(foreign, now));
            }
        }
    }

    private Sent sent(Reservation reservation, Unit unit) {
        long atSending = reservation.totalAtSending(unit);
        long before = totals.shortlyBefore(unit, reservation.sentAtNanos(), atSending);
        long after = totals.shortlyAfter(unit, reservation.sentAtNanos(), atSending);
        return new Sent(
                totals.of(unit) - atSending,
                Math.max(0, atSending - reservation.cost().of(unit) - before),
                after - atSending,
                refusedTotal.of(unit));
    }

    /**
     * Which limit a header speaks of. It does not name its window; the reader guesses it from the reset, and a known row
     * of limits or a refusal that named the limit in words knows better. Of a few units in use the reset often fits no window
     * exactly; then what was read before holds.
     */
    private Dimension named(LimitState state) {
        Dimension guessed = state.dimension();
        for (Limit limit : implied) {
            boolean sameLimit = sameKind(limit.dimension(), guessed)
                    && limit.amount() == state.limit().amount();
            if (sameLimit && !state.contradicts(limit.dimension().window())) {
                return limit.dimension();
            }
        }
        Optional<Dimension> readBefore = meters.stream()
                .filter(meter -> meter.observed()
                        && meter.amount() == state.limit().amount()
                        && sameKind(meter.dimension(), guessed))
                .map(Meter::dimension)
                .filter(dimension -> mayBe(state, dimension))
                .findFirst();
        if (readBefore.isPresent()) {
            return readBefore.get();
        }
        boolean refusedOtherwise = find(guessed)
                .filter(meter -> meter.namedByRefusal()
                        && meter.amount() != state.limit().amount())
                .isPresent();
        return refusedOtherwise && guessed.window().equals(REQUESTS_PER_MINUTE.window())
                ? new Dimension(guessed.scope(), guessed.unit(), REQUESTS_PER_DAY.window())
                : guessed;
    }

    private boolean contradictsImplied(LimitState state) {
        return implied.stream()
                .filter(limit -> sameKind(limit.dimension(), state.dimension())
                        && limit.amount() == state.limit().amount())
                .anyMatch(limit -> state.contradicts(limit.dimension().window()));
    }

    /** Whether a state may speak of this limit. One that decides nothing is read as a minute. */
    private static boolean mayBe(LimitState state, Dimension dimension) {
        long window = dimension.window().toNanos();
        return state.shownReset()
                .map(reset -> reset.fits(window))
                .orElse(state.dimension().window().equals(REQUESTS_PER_MINUTE.window()));
    }

    private static boolean sameKind(Dimension one, Dimension other) {
        return one.unit() == other.unit() && one.scope() == other.scope();
    }

    /** Whether the same limit was read with another window before; after a few times the newer reading wins. */
    private boolean contradictsWhatWasSeen(LimitState state, long sentAt) {
        Optional<Meter> other = meters.stream()
                .filter(meter -> meter.observed()
                        && meter.amount() == state.limit().amount()
                        && sameKind(meter.dimension(), state.dimension())
                        && !meter.dimension().equals(state.dimension()))
                .findFirst();
        if (other.isEmpty() || !other.get().contradicted(MAX_CONTRADICTIONS, sentAt)) {
            return other.isPresent();
        }
        meters.remove(other.get());
        if (implied.contains(new Limit(other.get().dimension(), other.get().amount()))) {
            // It was not that row of limits, so what else the row says does not hold either.
            implied = List.of();
            meters.removeIf(
                    meter -> meter.source() == LimitSource.INFERRED && !meter.observed() && !meter.namedByRefusal());
        }
        return false;
    }

    private void refused(Refused refused, Reservation reservation, long now) {
        refusals++;
        refusedTotal = refusedTotal.plus(reservation.cost());
        LimitExceeded exceeded = refused.exceeded();
        Optional<Meter> meter = exceeded.dimension()
                .flatMap(dimension -> exceeded.limit().isPresent()
                        ? Optional.of(
                                meterFor(new Limit(dimension, exceeded.limit().getAsLong()), LimitSource.REFUSAL, now))
                        : find(dimension));
        // A refused request took nothing, except in the limits that answer for it below.
        giveBack(reservation, now);
        if (meter.isPresent()) {
            meter.get().refused(exceeded, reservation, now);
            shareWindows(meter.get());
            return;
        }
        if (refusedByShownLimit(refused, reservation, now)) {
            return;
        }
        boolean overloaded = overload.turnedAway();
        if (meters.isEmpty() && exceeded.tryAgainIn().isPresent()) {
            // It says when to come back and nothing else: that is enough to find out its window.
            long hint = exceeded.tryAgainIn().get().toNanos();
            boolean understood = blindWindow.refused(reservation.sentAtNanos(), now, hint, this::requestsSince);
            if (understood) {
                return;
            }
        }
        if (overloaded) {
            concurrency.overloaded(inFlight + 1, now);
            if (adaptiveRate != null) {
                adaptiveRate.answered(true, now);
            }
        }
        // Many calls that were on their way are refused for one cause: only what left after it counts as another one.
        if (blindRefusals == 0 || reservation.sentAtNanos() - lastBlindAt > 0) {
            blindRefusals++;
            lastBlindAt = now;
        }
        long pause = exceeded.tryAgainIn()
                .map(Duration::toNanos)
                .orElse(BLIND_PAUSE_NANOS << Math.min(blindRefusals - 1, MAX_BLIND_DOUBLINGS));
        close(now + pause);
    }

    private long requestsSince(long time) {
        long all = totals.of(Unit.REQUESTS);
        return all - totals.upTo(Unit.REQUESTS, time - 1, all);
    }

    /** A refusal whose text says nothing may show in its headers which limit had no room. */
    private boolean refusedByShownLimit(Refused refused, Reservation reservation, long now) {
        boolean found = false;
        for (LimitState state : refused.states()) {
            Limit limit = new Limit(named(state), state.limit().amount());
            long requested = reservation.cost().of(limit.dimension().unit());
            if (state.remaining() < requested) {
                found = true;
                Meter meter = meterFor(limit, LimitSource.HEADERS, now);
                meter.refused(
                        new LimitExceeded(
                                Optional.of(limit.dimension()),
                                Optional.empty(),
                                OptionalLong.of(limit.amount()),
                                OptionalLong.of(limit.amount() - state.remaining()),
                                OptionalLong.of(requested),
                                refused.exceeded().tryAgainIn()),
                        reservation,
                        now);
                shareWindows(meter);
            }
        }
        return found;
    }

    private void shareWindows(Meter meter) {
        if (meter.windowed()) {
            meters.forEach(Meter::countWindows);
        }
    }

    private void slowedDown(Optional<Duration> retryAfter, Reservation reservation, long now) {
        refusals++;
        refusedTotal = refusedTotal.plus(reservation.cost());
        giveBack(reservation, now);
        if (ramp != null) {
            ramp.slowDown(now);
        }
        close(now + retryAfter.map(Duration::toNanos).orElse(SLOW_DOWN_PAUSE_NANOS));
    }

    private void close(long until) {
        if (!closed || until - closedUntil > 0) {
            closed = true;
            closedUntil = until;
        }
    }

    private void giveBack(Reservation reservation, long now) {
        for (Meter meter : meters) {
            meter.giveBack(reservation.cost().of(meter.dimension().unit()), reservation.sentAtNanos(), now);
        }
    }

    private Meter meterFor(Limit limit, LimitSource source, long now) {
        return find(limit.dimension()).orElseGet(() -> {
            learn(List.of(limit), source, now);
            return find(limit.dimension()).orElseThrow();
        });
    }

    private Optional<Meter> find(Dimension dimension) {
        return meters.stream()
                .filter(meter ->
                        meter.source() != LimitSource.CAP && meter.dimension().equals(dimension))
                .findFirst();
    }

    /** Adds limits that were full when we started and have since carried all that we sent. */
    private void learn(List<Limit> limits, LimitSource source, long now) {
        for (Limit limit : limits) {
            if (find(limit.dimension()).isPresent()) {
                continue;
            }
            Meter meter = new Meter(limit, source, startedAt);
            meter.take(totals.of(limit.dimension().unit()), startedAt);
            meters.add(meter);
        }
        if (!limits.isEmpty()) {
            limitsKnown = true;
            // The limits set the pace from here on; calls in flight follow from rate and latency.
            concurrency.raiseTo(maxConcurrency);
        }
    }

    private static BlockedBy.ByLimit blockedBy(Meter meter, long units) {
        return new BlockedBy.ByLimit(meter.limit().dimension(), meter.amount(), units, meter.source());
    }

    private static Deferred until(BlockedBy by, long at) {
        return new Deferred(by, OptionalLong.of(at));
    }
}
