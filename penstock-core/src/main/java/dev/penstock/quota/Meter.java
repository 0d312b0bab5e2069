package dev.penstock.quota;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitExceeded;
import dev.penstock.limit.LimitState;
import dev.penstock.limit.ShownReset;
import dev.penstock.limit.Unit;
import java.time.Duration;

/**
 * One limit of a provider as we believe it to be: how much of it is left, how it refills, and what its answers and
 * refusals taught us about it. Starts as a full bucket one window deep, uses the burst that is there, and learns where
 * it is not.
 *
 * <p>Confined to the lock of the quota that owns it.
 */
final class Meter {
    private static final long BASE_RESERVE_NANOS = 250_000_000;
    private static final long MAX_RESERVE_NANOS = 4_000_000_000L;
    private static final long LONGEST_BURST_NANOS = 60_000_000_000L;
    private static final long CALM_NANOS = 60_000_000_000L;
    /** Many calls in flight are refused for one cause; they teach one lesson. */
    private static final long ONE_LESSON_NANOS = 1_000_000_000;
    /**
     * Somebody else may just have begun to use the account. Answers tell it a few seconds later; until then half the
     * refill is assumed to be theirs. What that leaves unused stays in the bucket.
     */
    private static final long CAUTION_NANOS = 5_000_000_000L;

    private static final double CAUTION_SHARE = 0.5;
    /** What is missing where nothing is known to flow back; a little remains, to be corrected by. */
    private static final double NO_REFILL_SHARE = 0.98;
    /** Resets in a row that are too long for a bucket. */
    private static final int ENOUGH_LONG_RESETS = 2;
    /** Printed waits are cut to the millisecond; this makes up for it. */
    private static final long TRUNCATION_NANOS = 2_000_000;

    private final Dimension dimension;
    private final LimitSource source;
    private final TokenBucket bucket;
    private final SlidingWindow window;
    private final ShownWindow shown;
    private final BurstProbe probe = new BurstProbe();
    private final ForeignUse foreignUse;
    private final ForeignTotal foreignTotal = new ForeignTotal();
    /** A day's burst is no burst: the minute's limits pace it. */
    private final boolean probed;

    private final long windowNanos;
    private final long startedAt;

    private long amount;
    private long takenInAll;
    private boolean windowed;
    private int longResets;
    private boolean resetsDenyRefill;
    private long reserveNanos;

    private boolean closed;
    private long closedUntil;
    private boolean cautious;
    private long cautiousUntil;
    private boolean refusedBefore;
    private long lessonAt;
    private long calmSince;

    private boolean namedByRefusal;
    private boolean observed;
    private long observedAt;
    private int contradictions;
    private long contradictedSince;

    Meter(Limit limit, LimitSource source, long now) {
        this.dimension = limit.dimension();
        this.source = source;
        this.windowNanos = dimension.window().toNanos();
        this.probed = source != LimitSource.CAP && windowNanos <= LONGEST_BURST_NANOS;
        this.amount = limit.amount();
        this.bucket = new TokenBucket(Math.max(1, amount), windowNanos, now);
        this.window = new SlidingWindow(windowNanos, now);
        this.shown = new ShownWindow(windowNanos);
        this.foreignUse = new ForeignUse(windowNanos);
        this.startedAt = now;
        this.calmSince = now;
        // A cap of the user's own is counted here alone: nothing can overtake anything.
        this.reserveNanos = source == LimitSource.CAP ? 0 : BASE_RESERVE_NANOS;
        applyReserve();
    }

    Dimension dimension() {
        return dimension;
    }

    /** The limit as it turned out to be: headers do not name their window, and a text may name a wrong one. */
    Limit limit() {
        return new Limit(
                shown.found()
                        ? new Dimension(dimension.scope(), dimension.unit(), Duration.ofNanos(shown.lengthNanos()))
                        : dimension,
                amount);
    }

    LimitSource source() {
        return source;
    }

    long amount() {
        return amount;
    }

    /** Whether answers tell the state of this limit; others are followed by our own count alone. */
    boolean observed() {
        return observed;
    }

    boolean neverFits(long units) {
        return units > amount;
    }

    /** Time until {@code units} fit, 0 if they fit now. */
    long waitNanos(long units, long now) {
        if (units == 0) {
            return 0;
        }
        long wait;
        if (shown.found()) {
            wait = shown.waitNanos(0, units, amount, now);
        } else if (windowed) {
            wait = window.waitNanos(units, amount, now);
        } else {
            wait = Math.max(bucket.waitNanos(units, now), probed ? probe.waitNanos(now) : 0);
        }
        return closed && closedUntil - now > wait ? closedUntil - now : wait;
    }

    /** Time until {@code units} fit when {@code ahead} is taken before them. */
    long waitNanos(long ahead, long units, long now) {
        if (units == 0) {
            return 0;
        }
        long wait;
        if (shown.found()) {
            wait = shown.waitNanos(ahead, units, amount, now);
        } else if (windowed) {
            wait = window.waitNanos(ahead, units, amount, now);
        } else {
            // Caution after a refusal is over soon; only what others are known to take will be missing then too.
            wait = bucket.waitNanos(ahead, units, foreignUse.shareOf(1 / bucket.nanosPerUnit()), now);
            wait = Math.max(wait, probed ? probe.waitNanos(ahead * bucket.nanosPerUnit(), now) : 0);
        }
        return closed && closedUntil - now > wait ? closedUntil - now : wait;
    }

    void take(long units, long now) {
        if (units == 0) {
            return;
        }
        if (closed && closedUntil - now <= 0) {
            closed = false;
        }
        if (cautious && cautiousUntil - now <= 0) {
            cautious = false;
            setDrain(now);
        }
        bucket.take(units, now);
        window.take(units, now);
        shown.take(units, now);
        // A provider that counts windows has nothing left now, where a bucket has refilled a little: feel the way.
        if (takenInAll <= amount && takenInAll + units > amount) {
            probe.restart(now);
        }
        takenInAll += units;
        if (probed) {
            probe.spent(units * bucket.nanosPerUnit(), now);
        }
        relax(now);
    }

    void giveBack(long units, long takenAt, long now) {
        bucket.giveBack(units, now);
        window.giveBack(units, takenAt, now);
        shown.giveBack(units, takenAt, now);
    }

    /**
     * Applies what an answer says. It describes the moment when its request was admitted, so what was sent since is still
     * missing from it and what flowed back since is not yet in it.
     *
     * @param reservation the request that was answered
     * @param sent what we sent around it
     * @param alone whether nothing else is in flight
     * @return units that others have used and that were not known yet
     */
    double observe(LimitState state, Reservation reservation, Sent sent, boolean alone, long now) {
        long sentAt = reservation.sentAtNanos();
        if (observed && sentAt - observedAt < 0) {
            return 0; // a later request has already told more
        }
        if (state.limit().amount() != amount) {
            changeLimit(state.limit().amount(), now);
        }
        long remaining = state.remaining();
        long totalAtSending = reservation.totalAtSending(dimension.unit());
        window.observeUsed(amount - remaining, amount, sentAt);
        if (probed && state.resetIn().isPresent()) {
            shown.observe(
                    amount - remaining,
                    sent,
                    amount,
                    sentAt,
                    now,
                    state.resetIn().get().toNanos());
        }
        learnDepth(remaining, reservation, sent.refused(), now);
        observed = true;
        observedAt = sentAt;
        contradictions = 0;
        judgeRefill(state);
        double perNano = 1 / bucket.nanosPerUnit();
        boolean flowsBack = flowsBack();
        double foreign = foreignTotal.observe(
                sentAt, remaining, totalAtSending - sent.refused(), sent.shortlyAfter(), flowsBack ? perNano : 0);
        foreignUse.observe(sentAt, remaining, totalAtSending, sent, perNano, flowsBack, bucket.depth());
        windowed |= foreignUse.seesNoRefill();
        if (windowed) {
            return 0;
        }
        setDrain(now);
        double refill = perNano * (1 - missingShare());
        double told = window.replay(remaining, sentAt, now, sent.since(), refill, bucket.depth());
        double believed = bucket.level(now);
        // Requests overtake each other: what left just before may not be in the answer yet, what left just after may
        // be.
        double least = told - sent.shortlyBefore();
        double most = told + sent.shortlyAfter();
        if (believed > most) {
            bucket.setLevel(most, now);
        } else if (believed < least) {
            bucket.setLevel(alone ? least : believed + (least - believed) / 2, now);
        }
        return foreign;
    }

    /** A bucket's reset is in proportion to what is in use; one that is much longer is not of a bucket of this window. */
    private void judgeRefill(LimitState state) {
        boolean tooLong = state.shownReset()
                .filter(reset -> reset.tooLongFor(windowNanos))
                .isPresent();
        longResets = tooLong ? longResets + 1 : 0;
        if (longResets >= ENOUGH_LONG_RESETS && !resetsDenyRefill) {
            resetsDenyRefill = true;
            foreignTotal.forget();
        }
    }

    /** Whether units flow back all the time, at the rate of the limit, as far as is known. */
    private boolean flowsBack() {
        return !resetsDenyRefill && !windowed && !shown.found();
    }

    /** The share of the limit's rate that does not come back to us. */
    private double missingShare() {
        return resetsDenyRefill ? NO_REFILL_SHARE : foreignUse.shareOf(1 / bucket.nanosPerUnit());
    }

    /** Whether a refusal named this limit and its amount in words. */
    boolean namedByRefusal() {
        return namedByRefusal;
    }

    /**
     * Notes an answer that reads this limit as another one; returns whether that has happened {@code often} in a row. For a
     * moment, before it ends, a long window shows the resets of a short one.
     */
    boolean contradicted(int often, long sentAt) {
        if (contradictions == 0) {
            contradictedSince = sentAt;
        }
        contradictions++;
        long moment = windowNanos <= LONGEST_BURST_NANOS ? 0 : ShownReset.mostOfAnEnd(windowNanos);
        return contradictions >= often && sentAt - contradictedSince >= moment;
    }

    boolean windowed() {
        return windowed;
    }

    /** Another limit of the same provider has shown that it counts windows; one provider has one way of counting. */
    void countWindows() {
        windowed = windowed || source != LimitSource.CAP;
    }

    /**
     * A bucket is as deep as was ever seen: what is missing in the first answer may be in use by others or may not exist
     * at all, and more shows as soon as it is there.
     */
    private void learnDepth(long remaining, Reservation reservation, long refused, long now) {
        long own = reservation.cost().of(dimension.unit());
        if (!observed) {
            double refilled = (reservation.sentAtNanos() - startedAt) / bucket.nanosPerUnit();
            own = Math.max(own, reservation.totalAtSending(dimension.unit()) - refused - (long) refilled);
        }
        // Tokens are estimated on the high side; too shallow corrects itself, too deep is a refusal.
        double surely = dimension.unit() == Unit.TOKENS ? 0.9 * own : own;
        double seen = Math.min(amount, remaining + surely);
        if (!observed || seen > bucket.depth()) {
            bucket.setDepth(seen, now);
        }
    }

    /** Counts what others took, where only another limit's answers tell it. */
    void takenByOthers(double units, long now) {
        bucket.setLevel(bucket.level(now) - units, now);
    }

    /** Applies a refusal, the most exact thing a provider says: the state of the limit and when this request would fit. */
    void refused(LimitExceeded exceeded, Reservation reservation, long now) {
        namedByRefusal |= exceeded.limit().isPresent();
        exceeded.limit().ifPresent(limit -> {
            if (limit != amount) {
                changeLimit(limit, now);
            }
        });
        boolean lesson = !refusedBefore || now - lessonAt >= ONE_LESSON_NANOS;
        refusedBefore = true;
        calmSince = now;
        long requested = exceeded.requested().orElse(reservation.cost().of(dimension.unit()));
        long used = exceeded.used().orElse(amount);
        double overNanos = Math.max(0, used + requested - amount) * bucket.nanosPerUnit();
        long toldNanos = exceeded.tryAgainIn().map(Duration::toNanos).orElse((long) Math.ceil(overNanos));
        closeUntil(now + toldNanos + TRUNCATION_NANOS, now);
        if (exceeded.used().isPresent() && toldNanos > 1.5 * overNanos + 1e9) {
            windowed = true; // a refilled bucket would have room much sooner
        }
        window.observeUsed(used, amount, now);
        double believed = bucket.level(now);
        double left = amount - used;
        if (!windowed && believed - left > 0.2 * bucket.depth()) {
            // We believed in room that was not there: since the bucket was last full, all of it has been used, so it is
            // only as deep as what we count as used.
            double oneSecond = Math.max(1, amount * 1e9 / windowNanos);
            bucket.setDepth(Math.max(oneSecond, 0.8 * (bucket.depth() - believed)), now);
        }
        bucket.setLevel(Math.min(left, bucket.depth()), now);
        if (lesson) {
            lessonAt = now;
            probe.restart(now);
            cautious = true;
            cautiousUntil = now + CAUTION_NANOS;
            setDrain(now);
            reserveNanos = Math.min(MAX_RESERVE_NANOS, reserveNanos * 2);
            applyReserve();
        }
    }

    QuotaSnapshot.Level snapshot(long now) {
        double perNano = 1 / bucket.nanosPerUnit();
        boolean counted = windowed || shown.found();
        double remaining;
        if (shown.found()) {
            remaining = amount - shown.used(now);
        } else {
            remaining = windowed ? amount - window.used(now) : bucket.level(now);
        }
        return new QuotaSnapshot.Level(
                limit(), source, remaining, counted ? amount : bucket.depth(), counted, foreignUse.shareOf(perNano));
    }

    private void setDrain(long now) {
        double share = missingShare();
        bucket.setDrain(cautious ? Math.max(share, CAUTION_SHARE) : share, now);
    }

    private void changeLimit(long newAmount, long now) {
        amount = newAmount;
        longResets = 0;
        resetsDenyRefill = false;
        foreignTotal.forget();
        foreignUse.forget();
        bucket.setLimit(Math.max(1, newAmount), now);
    }

    private void closeUntil(long until, long now) {
        if (!closed || until - closedUntil > 0 || closedUntil - now < 0) {
            closed = true;
            closedUntil = until;
        }
    }

    /** A minute without a refusal: trust a little more again. */
    private void relax(long now) {
        if (now - calmSince < CALM_NANOS || source == LimitSource.CAP) {
            return;
        }
        calmSince = now;
        reserveNanos = Math.max(BASE_RESERVE_NANOS, reserveNanos / 2);
        applyReserve();
        if (!observed) {
            bucket.setDepth(Math.min(amount, bucket.depth() * 1.25), now);
        }
    }

    private void applyReserve() {
        bucket.setReserve(reserveNanos);
        window.setMargin(reserveNanos);
    }
}
