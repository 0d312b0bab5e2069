package dev.penstock.jobs;

import dev.penstock.limit.Limit;
import dev.penstock.limit.Unit;
import dev.penstock.quota.Quota;
import dev.penstock.quota.QuotaSnapshot;
import dev.penstock.quota.QuotaSnapshot.Level;
import dev.penstock.quota.RecentUse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Measures what a run does with the quota of one model family. Owned by the event loop. */
final class LaneMeter {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double SECONDS_PER_MINUTE = 60;

    private final String family;
    private final Quota quota;
    private final RecentUse use;

    /** Rows that have not ended, and what they are expected to take. */
    private long rowsLeft;

    private long tokensLeft;

    private long tokensEnded;

    /** What was taken and not given back. */
    private long requestsTaken;

    private long tokensTaken;

    /** The smallest token limit per minute that is known; 0 while none is. */
    private long tokenLimit;

    private long rowsEnded;
    private QuotaSnapshot snapshot;

    LaneMeter(String family, Quota quota, long rows, long tokens, long now) {
        this.family = family;
        this.quota = quota;
        this.rowsLeft = rows;
        this.tokensLeft = tokens;
        this.use = new RecentUse(now);
        this.snapshot = quota.snapshot(now);
    }

    RecentUse use() {
        return use;
    }

    QuotaSnapshot snapshot() {
        return snapshot;
    }

    long tokenLimit() {
        return tokenLimit;
    }

    long rowsLeft() {
        return rowsLeft;
    }

    long tokensLeft() {
        return tokensLeft;
    }

    /** What the rows that ended were expected to take. */
    long tokensEnded() {
        return tokensEnded;
    }

    void sent(long tokens, long now) {
        use.sent(tokens, now);
        requestsTaken++;
        tokensTaken += tokens;
    }

    void refused(long tokens) {
        requestsTaken--;
        tokensTaken -= tokens;
    }

    void rowEnded(long expectedTokens) {
        rowsLeft--;
        rowsEnded++;
        tokensLeft -= expectedTokens;
        tokensEnded += expectedTokens;
    }

    /** More rows are to be sent. */
    void add(long rows, long tokens) {
        rowsLeft += rows;
        tokensLeft += tokens;
    }

    long rowsEnded() {
        return rowsEnded;
    }

    String family() {
        return family;
    }

    /** Looks at the quota again. */
    void refresh(long now) {
        snapshot = quota.snapshot(now);
        tokenLimit = 0;
        for (Level level : snapshot.levels()) {
            long amount = level.limit().amount();
            if (level.limit().dimension().unit() == Unit.TOKENS && (tokenLimit == 0 || amount < tokenLimit)) {
                tokenLimit = amount;
            }
        }
    }

    List<LimitUse> limits(long now) {
        return snapshot.levels().stream()
                .map(level -> new LimitUse(
                        family,
                        level.limit(),
                        level.source(),
                        level.remaining(),
                        level.depth(),
                        usedPerMinute(level.limit().dimension().unit(), now),
                        level.takenByOthers()))
                .toList();
    }

    private double usedPerMinute(Unit unit, long now) {
        return switch (unit) {
            case REQUESTS -> use.requests(now);
            case TOKENS -> use.tokens(now);
            case IMAGES -> 0;
        };
    }

    /** Seconds until the limits have let the rest through; 0 if no limit is known. */
    double secondsLeft() {
        double longest = 0;
        for (Level level : snapshot.levels()) {
            double left = of(level.limit().dimension().unit(), rowsLeft, tokensLeft) - level.remaining();
            double rate = level.limit().perSecond() * (1 - Math.clamp(level.takenByOthers(), 0, 0.99));
            if (left > 0 && rate > 0) {
                longest = Math.max(longest, left / rate);
            }
        }
        return longest;
    }

    /**
     * The time that the limit which takes longest needs for what was taken.
     *
     * @param lastLatencyNanos the time of the call that came last, during which no limit works
     * @param tookNanos the run's time
     */
    Optional<LeastTime> leastTime(long lastLatencyNanos, long tookNanos) {
        double longest = -1;
        Optional<LeastTime> least = Optional.empty();
        for (Level level : snapshot.levels()) {
            Limit limit = level.limit();
            double work = of(limit.dimension().unit(), requestsTaken, tokensTaken);
            if (limit.amount() == 0 || work <= 0) {
                continue;
            }
            double seconds = Math.max(0, (work - level.depth()) / limit.perSecond());
            if (seconds > longest) {
                longest = seconds;
                long nanos = (long) (seconds * NANOS_PER_SECOND) + lastLatencyNanos;
                double closeness = nanos > 0 ? (double) tookNanos / nanos : 1;
                least = Optional.of(
                        new LeastTime(family, limit, work, level.depth(), Duration.ofNanos(nanos), closeness));
            }
        }
        return least;
    }

    private static double of(Unit unit, long requests, long tokens) {
        return switch (unit) {
            case REQUESTS -> requests;
            case TOKENS -> tokens;
            case IMAGES -> 0;
        };
    }

    /** The pace of requests and tokens over all of these. */
    static RunRate lastMinute(List<LaneMeter> lanes, long sinceStartNanos, long now) {
        double requests = 0;
        double tokens = 0;
        for (LaneMeter lane : lanes) {
            requests += lane.use.requests(now);
            tokens += lane.use.tokens(now);
        }
        return perMinute(requests, tokens, Math.min(sinceStartNanos, TimeUnit.MINUTES.toNanos(1)));
    }

    static RunRate wholeRun(List<LaneMeter> lanes, long sinceStartNanos) {
        double requests = 0;
        double tokens = 0;
        for (LaneMeter lane : lanes) {
            requests += lane.use.allRequests();
            tokens += lane.use.allTokens();
        }
        return perMinute(requests, tokens, sinceStartNanos);
    }

    private static RunRate perMinute(double requests, double tokens, long nanos) {
        // Under a second a pace would be noise.
        double minutes = Math.max(nanos, NANOS_PER_SECOND) / NANOS_PER_SECOND / SECONDS_PER_MINUTE;
        return new RunRate(requests / minutes, tokens / minutes);
    }
}
