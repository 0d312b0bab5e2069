package dev.penstock.simulator;

import dev.penstock.limit.Limit;
import dev.penstock.limit.Unit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The least time in which the limits let the answered calls through, however they are sent. For each moment, all that
 * came from then on must still pass each limit: it takes at least what a limit that has saved up all it can needs for that
 * much, and the calls in work at a time need their latencies divided by their most. The greatest of these is the bound.
 *
 * <p>Moments are the beginnings of up to {@value #MOST_SLOTS} slots of arrivals, which makes the bound smaller by a slot at
 * most, and never too large.
 */
final class LeastTime {
    private static final int MOST_SLOTS = 4_096;

    private final Scenario scenario;
    private final Limit[] limits;
    private final double[][] units;
    private final double[] latencies = new double[MOST_SLOTS];
    private long slotNanos = 1_000_000;
    private int used;
    private long largestTokens;
    private long leastLatency = Long.MAX_VALUE;
    private long latestAlone;

    LeastTime(Scenario scenario) {
        this.scenario = scenario;
        this.limits = scenario.limits().toArray(Limit[]::new);
        this.units = new double[limits.length][MOST_SLOTS];
    }

    /** A call was answered through the limits. */
    void add(Call call) {
        int slot = slot(call.arrivedNanos());
        for (int i = 0; i < limits.length; i++) {
            units[i][slot] += call.cost().of(limits[i].dimension().unit());
        }
        latencies[slot] += call.latencyNanos;
        largestTokens = Math.max(largestTokens, call.tokens());
        leastLatency = Math.min(leastLatency, call.latencyNanos);
        addAlone(call.arrivedNanos() + call.latencyNanos);
    }

    /** A call was answered that could not have been answered before this moment, whatever the limits are. */
    void addAlone(long earliestNanos) {
        latestAlone = Math.max(latestAlone, earliestNanos);
    }

    /** The earliest end, in nanoseconds from the beginning. */
    double nanos() {
        double latest = latestAlone;
        for (int i = 0; i < limits.length; i++) {
            boolean tokens = limits[i].dimension().unit() == Unit.TOKENS;
            Allowance allowance = Allowance.of(scenario.shape(), limits[i], tokens ? largestTokens : 1);
            double sum = 0;
            for (int slot = used - 1; slot >= 0; slot--) {
                if (units[i][slot] > 0) {
                    sum += units[i][slot];
                    latest = Math.max(latest, allowance.earliestNanos(slot * slotNanos, sum) + leastLatency);
                }
            }
        }
        if (scenario.concurrency().isPresent()) {
            double sum = 0;
            for (int slot = used - 1; slot >= 0; slot--) {
                sum += latencies[slot];
                latest = Math.max(
                        latest, slot * slotNanos + sum / scenario.concurrency().getAsInt());
            }
        }
        return latest;
    }

    /** The largest share of any limit that was used from one admission to another, of what it could give in that time. */
    double quotaUsed(long fromNanos, long toNanos) {
        double most = 0;
        for (int i = 0; i < limits.length; i++) {
            most = Math.max(most, used(i, fromNanos, toNanos));
        }
        return most;
    }

    /** The same for each limit, in the order of the scenario. */
    List<Double> quotaUsedByLimit(long fromNanos, long toNanos) {
        List<Double> shares = new ArrayList<>();
        for (int i = 0; i < limits.length; i++) {
            shares.add(used(i, fromNanos, toNanos));
        }
        return shares;
    }

    private double used(int limit, long fromNanos, long toNanos) {
        boolean tokens = limits[limit].dimension().unit() == Unit.TOKENS;
        double sum = 0;
        for (int slot = 0; slot < used; slot++) {
            sum += units[limit][slot];
        }
        return sum
                / Allowance.of(scenario.shape(), limits[limit], tokens ? largestTokens : 1)
                        .most(fromNanos, toNanos);
    }

    private int slot(long atNanos) {
        while (atNanos / slotNanos >= MOST_SLOTS) {
            for (double[] of : units) {
                halve(of);
            }
            halve(latencies);
            slotNanos *= 2;
            used = (used + 1) / 2;
        }
        int slot = (int) (atNanos / slotNanos);
        used = Math.max(used, slot + 1);
        return slot;
    }

    private static void halve(double[] of) {
        for (int i = 0; i < MOST_SLOTS / 2; i++) {
            of[i] = of[2 * i] + of[2 * i + 1];
        }
        Arrays.fill(of, MOST_SLOTS / 2, MOST_SLOTS, 0);
    }
}
