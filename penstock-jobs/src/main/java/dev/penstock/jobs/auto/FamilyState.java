package dev.penstock.jobs.auto;

import dev.penstock.jobs.auto.PartState.Stage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Where the rows of one model family are that have no answer yet.
 *
 * @param freeRows in no part and not among the live ones
 * @param liveRows given to live calls
 * @param parts that are not over, in ascending order
 * @param rowsAtOnce rows that may be in batches at the same time; 1 or more
 * @param usual how long a batch takes, rather too long than too short; empty if nobody knows
 */
public record FamilyState(
        String family,
        LiveCapacity capacity,
        long freeRows,
        long liveRows,
        List<PartState> parts,
        long rowsAtOnce,
        Optional<Duration> usual) {
    /** Of its usual time, after which the progress of a batch says more than others did. */
    private static final int SPEAKS_AFTER = 10;

    /** Until the end of a batch is known and its answers are fetched. */
    static final Duration LAG = Duration.ofMinutes(2);

    private static final double NEVER = Duration.ofDays(36_500).toNanos();

    public FamilyState {
        parts = List.copyOf(parts);
    }

    /** All that have no answer yet. */
    public long openRows() {
        return freeRows + liveRows + inParts();
    }

    private long inParts() {
        return parts.stream().mapToLong(PartState::rows).sum();
    }

    long rows(Stage stage) {
        return parts.stream()
                .filter(part -> part.stage() == stage)
                .mapToLong(PartState::rows)
                .sum();
    }

    /**
     * Rows whose batches will be over in a time: those that take as long as they usually do, or as those that run, whichever
     * is longer. None if nobody knows how long batches take.
     */
    double answeredInBatches(Duration left) {
        if (usual.isEmpty()) {
            return 0;
        }
        double inTime = 0;
        double longestRest = 0;
        double slowness = 1;
        for (PartState part : parts) {
            if (part.stage() == Stage.RUNNING) {
                double rest = restNanos(part, usual.get());
                longestRest = Math.max(longestRest, rest);
                slowness = Math.max(
                        slowness,
                        (part.age().toNanos() + rest) / Math.max(1, usual.get().toNanos()));
                inTime += rest + LAG.toNanos() <= left.toNanos() ? part.rows() : 0;
            }
        }
        long waiting = freeRows + rows(Stage.WAITING) + rows(Stage.UPLOADED);
        double begins = rows(Stage.RUNNING) + waiting > rowsAtOnce ? longestRest : 0;
        double each = usual.get().toNanos() * slowness + LAG.toNanos();
        double rounds = Math.max(0, Math.floor((left.toNanos() - begins) / each));
        return inTime + Math.min(waiting, rounds * rowsAtOnce);
    }

    private static double restNanos(PartState part, Duration usual) {
        long age = part.age().toNanos();
        if (age < usual.toNanos() / SPEAKS_AFTER) {
            return Math.max(0, usual.toNanos() - age);
        }
        return part.done() == 0 ? NEVER : (double) age / part.done() * part.rows();
    }
}
