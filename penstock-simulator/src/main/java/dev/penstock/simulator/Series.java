package dev.penstock.simulator;

import dev.penstock.limit.Limit;
import java.util.Arrays;
import java.util.List;

/**
 * What happened over time, in points of equal length: one second at first, twice as long whenever there would be more than
 * {@value #MOST_POINTS}. Rates are per second; numbers in flight and waiting are means over the point. Not changed any more
 * when a {@link Result} has it.
 */
public final class Series {
    /** As many points as a series has at most. */
    public static final int MOST_POINTS = 1_024;

    private static final long SECOND_NANOS = 1_000_000_000L;

    private final List<Limit> limits;
    private double limitPerSecond = Double.POSITIVE_INFINITY;
    private final long[] offered = new long[MOST_POINTS];
    private final long[] accepted = new long[MOST_POINTS];
    private final long[] rejected = new long[MOST_POINTS];
    private final double[] inFlightNanos = new double[MOST_POINTS];
    private final double[] waitingNanos = new double[MOST_POINTS];
    private final long[][] levels;
    private final long[] scratch;
    private long pointNanos = SECOND_NANOS;
    private long endOfPoint = SECOND_NANOS;
    private int point;
    private long lastNanos;

    Series(List<Limit> limits) {
        this.limits = limits;
        this.levels = new long[limits.size()][MOST_POINTS];
        this.scratch = new long[limits.size()];
    }

    /** Moves to a time, up to which so many calls were in flight and waiting. */
    void advance(long nowNanos, long inFlight, long waiting, Provider provider) {
        while (nowNanos - endOfPoint >= 0) {
            inFlightNanos[point] += (double) inFlight * (endOfPoint - lastNanos);
            waitingNanos[point] += (double) waiting * (endOfPoint - lastNanos);
            lastNanos = endOfPoint;
            sample(provider, endOfPoint);
            if (point == MOST_POINTS - 1) {
                widen();
            }
            point++;
            endOfPoint += pointNanos;
        }
        inFlightNanos[point] += (double) inFlight * (nowNanos - lastNanos);
        waitingNanos[point] += (double) waiting * (nowNanos - lastNanos);
        lastNanos = nowNanos;
    }

    /** Ends at the time that was reached. */
    void end(Provider provider, double carriedPerSecond) {
        limitPerSecond = carriedPerSecond;
        sample(provider, lastNanos);
    }

    void offer() {
        offered[point]++;
    }

    void accept() {
        accepted[point]++;
    }

    void reject() {
        rejected[point]++;
    }

    private void sample(Provider provider, long atNanos) {
        provider.levels(atNanos, scratch);
        for (int i = 0; i < scratch.length; i++) {
            levels[i][point] = scratch[i];
        }
    }

    private void widen() {
        for (int i = 0; i < MOST_POINTS / 2; i++) {
            offered[i] = offered[2 * i] + offered[2 * i + 1];
            accepted[i] = accepted[2 * i] + accepted[2 * i + 1];
            rejected[i] = rejected[2 * i] + rejected[2 * i + 1];
            inFlightNanos[i] = inFlightNanos[2 * i] + inFlightNanos[2 * i + 1];
            waitingNanos[i] = waitingNanos[2 * i] + waitingNanos[2 * i + 1];
            for (long[] of : levels) {
                of[i] = of[2 * i + 1];
            }
        }
        for (long[] of : List.of(offered, accepted, rejected)) {
            Arrays.fill(of, MOST_POINTS / 2, MOST_POINTS, 0);
        }
        Arrays.fill(inFlightNanos, MOST_POINTS / 2, MOST_POINTS, 0);
        Arrays.fill(waitingNanos, MOST_POINTS / 2, MOST_POINTS, 0);
        point = MOST_POINTS / 2 - 1;
        pointNanos *= 2;
    }

    /** How many points there are; 1 or more. */
    public int points() {
        return point + 1;
    }

    /** The length of a point in seconds; the last one may be shorter. */
    public double secondsPerPoint() {
        return pointNanos / 1e9;
    }

    /** What the limits let through for long, in requests of the mean size a second; infinite without limits. */
    public double limitPerSecond() {
        return limitPerSecond;
    }

    /** Requests that came, a second. */
    public double offered(int at) {
        return perSecond(offered, at);
    }

    /** Calls that were admitted, a second. */
    public double accepted(int at) {
        return perSecond(accepted, at);
    }

    /** Calls that were refused, a second. */
    public double rejected(int at) {
        return perSecond(rejected, at);
    }

    /** Calls under way, as a mean. */
    public double inFlight(int at) {
        return inFlightNanos[at] / nanosOf(at);
    }

    /** Requests that are neither under way nor ended, as a mean. */
    public double waiting(int at) {
        return waitingNanos[at] / nanosOf(at);
    }

    /** The limits of {@link #remaining}. */
    public List<Limit> limits() {
        return limits;
    }

    /** Whole units left of a limit at the end of a point; negative while in debt. */
    public long remaining(int limit, int at) {
        return levels[limit][at];
    }

    private double perSecond(long[] of, int at) {
        return of[at] / (pointNanos / 1e9);
    }

    private double nanosOf(int at) {
        return at < point ? pointNanos : Math.max(1, lastNanos - at * pointNanos);
    }
}
