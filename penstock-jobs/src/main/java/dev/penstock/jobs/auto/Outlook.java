package dev.penstock.jobs.auto;

import java.time.Duration;
import java.util.Optional;

/**
 * What can be expected of a deadline before anything is sent, for the rows of one model family.
 *
 * @param chance whether the deadline can be met
 * @param soonest when everything can be answered if both ways work at once; empty if nobody knows how long batches take and
 *     live calls alone are too slow
 * @param expectedEnd when it will be over at the least cost
 * @param leastLiveShare of the rows that go live if batches take as long as they usually do, 0 to 1
 * @param mostLiveShare of the rows that go live if batches do nothing
 */
public record Outlook(
        Chance chance, Optional<Duration> soonest, Duration expectedEnd, double leastLiveShare, double mostLiveShare) {
    private static final Duration PROMISED = Duration.ofHours(24);
    private static final double HALF = 0.5;
    /** What is promised has this share to spare. */
    private static final int SPARE = 50;

    private static final int HALVINGS = 60;

    /** Whether a deadline can be met. */
    public enum Chance {
        /** Live calls alone can meet it, whatever batches do. */
        SURE,
        /** It takes batches that are as quick as they usually are. */
        WITH_BATCHES,
        /** It takes batches, and nobody knows how long they take. */
        UNKNOWN,
        /** It cannot be met. */
        IMPOSSIBLE
    }

    /**
     * Looks ahead.
     *
     * @param rowsAtOnce rows that may be with the provider in batches at the same time; more than 0
     */
    public static Outlook of(
            LiveCapacity capacity, long rows, long rowsAtOnce, BatchHistory history, Steering steering) {
        Duration deadline = steering.deadline();
        long atOnce = Math.min(rows, Math.max(1, rowsAtOnce));
        Optional<Duration> usual = history.took(HALF, atOnce);
        Duration alone = rows == 0 ? Duration.ZERO : capacity.timeFor(rows).plus(steering.tail());
        Duration batch = usual.orElse(PROMISED);
        double rounds = Math.ceil((double) rows / atOnce);
        Duration batchesAlone = times(batch.plus(FamilyState.LAG), rounds);
        if (alone.compareTo(deadline) <= 0) {
            double inTime = answered(rows, atOnce, batch, deadline.minus(steering.cancelling()));
            double live = rows == 0 ? 0 : Math.max(0, rows - inTime) / rows;
            boolean batchesSuffice = usual.isPresent() && batchesAlone.compareTo(deadline) <= 0;
            return new Outlook(
                    Chance.SURE,
                    Optional.of(alone.compareTo(batchesAlone) < 0 || usual.isEmpty() ? alone : batchesAlone),
                    batchesSuffice ? batchesAlone : deadline,
                    usual.isEmpty() ? 0 : batchesSuffice ? 0 : live,
                    1);
        }
        if (!steering.isWorthIt(usual, alone, deadline)) {
            Duration spared = alone.plus(alone.dividedBy(SPARE));
            return new Outlook(Chance.IMPOSSIBLE, Optional.of(spared), spared, 1, 1);
        }
        Duration together = together(capacity, rows, atOnce, batch, steering.tail());
        double mostLive = Math.min(1, capacity.rowsIn(together) / rows);
        if (together.compareTo(deadline) <= 0) {
            double inTime = answered(rows, atOnce, batch, deadline);
            return new Outlook(
                    usual.isPresent() ? Chance.WITH_BATCHES : Chance.UNKNOWN,
                    Optional.of(together),
                    batchesAlone.compareTo(deadline) <= 0 ? batchesAlone : deadline,
                    Math.max(0, rows - inTime) / rows,
                    1);
        }
        return usual.isPresent()
                ? new Outlook(Chance.IMPOSSIBLE, Optional.of(together), together, mostLive, mostLive)
                : new Outlook(Chance.UNKNOWN, Optional.empty(), deadline, 0, 1);
    }

    private static Duration times(Duration time, double factor) {
        return Duration.ofMillis((long) Math.min(Long.MAX_VALUE / 1e6, time.toMillis() * factor));
    }

    /** Rows that batches have answered after a time; those of one that runs come evenly. */
    private static double answered(long rows, long atOnce, Duration batch, Duration time) {
        return time.isNegative() || time.isZero()
                ? 0
                : Math.min(rows, atOnce * ((double) time.toMillis() / Math.max(1, batch.toMillis())));
    }

    /** When all rows are answered if live calls take from the end what batches have not come to. */
    private static Duration together(LiveCapacity capacity, long rows, long atOnce, Duration batch, Duration tail) {
        Duration low = Duration.ZERO;
        Duration high = capacity.timeFor(rows).plus(tail);
        // A batch that is not over does not count, as nobody knows what it has done.
        double round = Math.max(1, batch.plus(FamilyState.LAG).toMillis());
        for (int i = 0; i < HALVINGS; i++) {
            Duration middle = low.plus(high).dividedBy(2);
            Duration sending = middle.minus(tail);
            double live = sending.isNegative() ? 0 : capacity.rowsIn(sending);
            double inBatches = Math.min(rows, atOnce * Math.floor(middle.toMillis() / round));
            if (inBatches + live >= rows) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return high.plus(high.dividedBy(SPARE));
    }
}
