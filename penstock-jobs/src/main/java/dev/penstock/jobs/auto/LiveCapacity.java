package dev.penstock.jobs.auto;

import dev.penstock.limit.Limit;
import java.time.Duration;
import java.util.List;

/**
 * How fast the rows of one model family can be answered by live calls. What a limit per minute has saved up is left out, so
 * that an estimate is rather too long; what is left of a longer one is not, as most of a day's work comes from it. Immutable
 * and thread-safe.
 *
 * @param limits what the account may send
 * @param tokensPerRow what a row is charged on average, the answer's reserved tokens included
 * @param callsPerSecond what latency and the limit on calls in flight allow; more than 0
 */
public record LiveCapacity(List<Allowance> limits, double tokensPerRow, double callsPerSecond) {
    /** What of a quota is used in practice: refusals, faults and rounding take the rest. */
    private static final double USABLE_SHARE = 0.97;

    private static final Duration LONG_WINDOW = Duration.ofHours(1);
    private static final double NANOS = 1e9;
    private static final double MOST_SECONDS = Duration.ofDays(36_500).toSeconds();

    /**
     * A limit and what of it can be taken at once.
     *
     * @param available units; negative while in debt
     */
    public record Allowance(Limit limit, double available) {
        /** A limit of which nothing is taken. */
        public static Allowance untouched(Limit limit) {
            return new Allowance(limit, limit.amount());
        }
    }

    public LiveCapacity {
        limits = List.copyOf(limits);
        if (!(callsPerSecond > 0) || !(tokensPerRow >= 0)) {
            throw new IllegalArgumentException("a capacity is of " + callsPerSecond + " calls a second and "
                    + tokensPerRow + " tokens a row; calls must be more than 0 and tokens 0 or more");
        }
    }

    /** How long this many rows take. */
    public Duration timeFor(double rows) {
        double seconds = rows / callsPerSecond;
        for (Allowance each : limits) {
            double missing = rows * unitsPerRow(each) - saved(each);
            seconds = Math.max(seconds, missing / each.limit().perSecond());
        }
        return Duration.ofNanos((long) (Math.min(MOST_SECONDS, seconds / USABLE_SHARE) * NANOS));
    }

    /** How many rows can be answered in a time; the inverse of {@link #timeFor}. */
    public double rowsIn(Duration time) {
        double seconds = Math.max(0, time.toNanos() / NANOS) * USABLE_SHARE;
        double rows = seconds * callsPerSecond;
        for (Allowance each : limits) {
            double units = unitsPerRow(each);
            if (units > 0) {
                rows = Math.min(
                        rows, Math.max(0, saved(each) + seconds * each.limit().perSecond()) / units);
            }
        }
        return rows;
    }

    private double unitsPerRow(Allowance each) {
        return switch (each.limit().dimension().unit()) {
            case REQUESTS -> 1;
            case TOKENS -> tokensPerRow;
            case IMAGES -> 0;
        };
    }

    private static double saved(Allowance each) {
        return each.limit().dimension().window().compareTo(LONG_WINDOW) >= 0 ? each.available() : 0;
    }
}
