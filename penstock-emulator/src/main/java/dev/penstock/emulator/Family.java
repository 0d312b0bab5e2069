package dev.penstock.emulator;

import dev.penstock.emulator.limiter.ConcurrencyCap;
import dev.penstock.emulator.limiter.LimitVector;
import dev.penstock.emulator.limiter.Limiter;
import dev.penstock.limit.Cost;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import dev.penstock.wire.GoDuration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The quota that the snapshots of one model share, with the other client's use of it. One owner. */
final class Family {
    private static final int OTHER_CLIENT_STEPS = 600;

    private final String name;
    private final LimitVector vector;
    private final Limiter[] limiters;
    private final OtherClient other;
    private Tally tally;
    private final long startNanos;
    private final @Nullable Ramp ramp;

    /** Until when each limit has told somebody to wait. */
    private final long[] toldUntilNanos;

    private final boolean[] told;

    /** Units the other client has come for and not taken yet. */
    private final double[] otherWants;

    private final Shown[] shown;
    private long otherSeenNanos;

    /** A limit as headers show it. */
    private record Shown(Limiter limiter, String limit, String limitName, String remainingName, String resetName) {}

    Family(
            String name,
            TwinSettings settings,
            @Nullable ConcurrencyCap cap,
            Tally tally,
            long startNanos,
            long nowNanos) {
        this.name = name;
        this.other = settings.otherClient();
        this.tally = tally;
        this.startNanos = startNanos;
        this.otherSeenNanos = nowNanos;
        List<Limiter> all = new ArrayList<>();
        for (Limit limit : settings.limits().of(name)) {
            all.add(settings.shape().limiter(limit, startNanos));
        }
        this.vector = new LimitVector(all, cap);
        this.limiters = all.toArray(Limiter[]::new);
        this.toldUntilNanos = new long[limiters.length];
        this.told = new boolean[limiters.length];
        this.otherWants = new double[limiters.length];
        this.ramp = settings.rampAboveInputTokens().isPresent()
                ? new Ramp(settings.rampAboveInputTokens().getAsLong(), startNanos)
                : null;
        List<Shown> headers = new ArrayList<>();
        // A model with a daily request limit shows that one, and hides the one per minute.
        addShown(headers, "requests", Scope.ORGANIZATION, Unit.REQUESTS, true);
        addShown(headers, "tokens", Scope.ORGANIZATION, Unit.TOKENS, false);
        addShown(headers, "project-tokens", Scope.PROJECT, Unit.TOKENS, false);
        this.shown = headers.toArray(Shown[]::new);
    }

    private void addShown(List<Shown> headers, String label, Scope scope, Unit unit, boolean preferLongWindow) {
        Limiter best = null;
        for (Limiter limiter : limiters) {
            Dimension dimension = limiter.limit().dimension();
            if (dimension.scope() == scope && dimension.unit() == unit) {
                boolean longer = best == null
                        || dimension.window().compareTo(best.limit().dimension().window()) > 0;
                if (best == null || longer == preferLongWindow) {
                    best = limiter;
                }
            }
        }
        if (best != null) {
            headers.add(new Shown(
                    best,
                    Long.toString(best.limit().amount()),
                    "x-ratelimit-limit-" + label,
                    "x-ratelimit-remaining-" + label,
                    "x-ratelimit-reset-" + label));
        }
    }

    String name() {
        return name;
    }

    /** From now on what the other client takes is counted there. */
    void reportTo(Tally tally) {
        this.tally = tally;
    }

    /** Nanoseconds to wait when input grows too fast; 0 when it may come. */
    long rampWaitNanos(long inputTokens, long nowNanos) {
        return ramp == null ? 0 : ramp.waitNanos(inputTokens, nowNanos);
    }

    LimitVector.Decision admit(Cost cost, long inputTokens, long nowNanos) {
        LimitVector.Decision decision = vector.admit(cost, nowNanos);
        if (ramp != null && decision instanceof LimitVector.Decision.Admitted) {
            ramp.add(inputTokens, nowNanos);
        }
        return decision;
    }

    /** Notes that a limit told somebody to wait; true when an earlier wait of it was not over. */
    boolean tells(Limiter limiter, Duration wait, long nowNanos) {
        int at = 0;
        while (limiters[at] != limiter) {
            at++;
        }
        boolean early = told[at] && nowNanos - toldUntilNanos[at] < 0;
        long until = nowNanos + wait.toNanos();
        if (!early || until - toldUntilNanos[at] > 0) {
            toldUntilNanos[at] = until;
        }
        told[at] = true;
        return early;
    }

    void chargeRefused(long nowNanos) {
        for (Limiter limiter : limiters) {
            if (limiter.limit().dimension().unit() == Unit.REQUESTS && limiter.fits(1, nowNanos)) {
                limiter.take(1, nowNanos);
            }
        }
    }

    /** Gives tokens back; takes more when the amount is negative, even into debt. */
    void giveBackTokens(long tokens, long takenAtNanos, long nowNanos) {
        giveBack(Unit.TOKENS, tokens, takenAtNanos, nowNanos);
    }

    /** Gives back all that a request took. */
    void giveBack(Cost cost, long takenAtNanos, long nowNanos) {
        for (Unit unit : Unit.values()) {
            giveBack(unit, cost.of(unit), takenAtNanos, nowNanos);
        }
    }

    private void giveBack(Unit unit, long amount, long takenAtNanos, long nowNanos) {
        for (Limiter limiter : limiters) {
            if (limiter.limit().dimension().unit() == unit) {
                if (amount >= 0) {
                    limiter.giveBack(amount, takenAtNanos, nowNanos);
                } else {
                    limiter.take(-amount, nowNanos);
                }
            }
        }
    }

    void addHeaders(Map<String, String> headers, long nowNanos) {
        for (Shown limit : shown) {
            headers.put(limit.limitName(), limit.limit());
            headers.put(limit.remainingName(), Long.toString(limit.limiter().remaining(nowNanos)));
            headers.put(limit.resetName(), GoDuration.format(limit.limiter().statedReset(nowNanos)));
        }
    }

    /** Whether the other client's pace follows this limit: of several limits on one unit, the shortest window sets it. */
    private boolean paces(Limiter limiter) {
        Dimension dimension = limiter.limit().dimension();
        for (Limiter other : limiters) {
            Dimension its = other.limit().dimension();
            if (its.unit() == dimension.unit()
                    && its.scope() == dimension.scope()
                    && its.window().compareTo(dimension.window()) < 0) {
                return false;
            }
        }
        return true;
    }

    /** A request counts in the minute and in the day. */
    private void takeFromAllOfUnit(Dimension dimension, long amount, long nowNanos) {
        for (Limiter limiter : limiters) {
            Dimension its = limiter.limit().dimension();
            if (its.unit() == dimension.unit() && its.scope() == dimension.scope()) {
                limiter.take(Math.min(amount, Math.max(0, limiter.remaining(nowNanos))), nowNanos);
            }
        }
    }

    /**
     * Lets the other client take what he came for since the last arrival. Long gaps go in small steps, because a bucket
     * that is full all the time hands him his share out of the refill and stays full.
     */
    void otherClientTakes(long nowNanos) {
        if (other.share() == 0 || nowNanos - otherSeenNanos <= 0) {
            return;
        }
        for (int i = 0; i < limiters.length; i++) {
            Limiter limiter = limiters[i];
            if (!paces(limiter)) {
                continue;
            }
            long window = limiter.limit().dimension().window().toNanos();
            double wantsPerNano = other.share() * limiter.limit().perSecond() / 1e9;
            double patience = Math.max(1, wantsPerNano * 1e9);
            long step = Math.max(1, window / OTHER_CLIENT_STEPS);
            long from = nowNanos - otherSeenNanos > window ? nowNanos - window : otherSeenNanos;
            while (nowNanos - from > 0) {
                long to = nowNanos - from > step ? from + step : nowNanos;
                long present = other.presentNanos(to - startNanos) - other.presentNanos(from - startNanos);
                otherWants[i] += wantsPerNano * present;
                long taken = Math.min((long) otherWants[i], limiter.remaining(to));
                if (taken > 0) {
                    takeFromAllOfUnit(limiter.limit().dimension(), taken, to);
                    otherWants[i] -= taken;
                    if (limiter.limit().dimension().unit() == Unit.TOKENS) {
                        tally.otherClientTokens += taken;
                    } else {
                        tally.otherClientRequests += taken;
                    }
                }
                otherWants[i] = Math.min(otherWants[i], patience);
                from = to;
            }
        }
        otherSeenNanos = nowNanos;
    }
}
