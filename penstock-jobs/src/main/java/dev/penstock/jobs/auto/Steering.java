package dev.penstock.jobs.auto;

import dev.penstock.jobs.auto.PartState.Stage;
import dev.penstock.jobs.batch.PollPace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Keeps a job on its way to a deadline at the least cost.
 *
 * <p>The rule: all rows go in batches, as long as live calls alone could still answer everything that is open in the time
 * that is left. Every row that a batch answers wins time. When there is none left to win, live calls begin with the rows that
 * are farthest from being answered by a batch: first those that are in no batch, the last ones first, while batches go on with
 * the others from the front; at the end those of batches that run, which are cancelled first. So whatever batches do, a
 * deadline is met that live calls alone can meet; and no row is sent live that a batch at the pace so far would have answered
 * in time. Where live calls alone are too slow from the beginning, both ways work at once from the first moment, unless batches
 * are known to be quick enough, and a batch is cancelled only if live calls would be done with its rows before it.
 *
 * <p>Stateless and thread-safe.
 *
 * @param deadline from the start of the job; what counts as late is a share of it
 * @param tail of live calls, from the last one sent to its answer
 * @param cancelling from the wish to cancel a batch until its rows are free
 * @param period between two decisions
 */
public record Steering(Duration deadline, Duration tail, Duration cancelling, Duration period) {
    /** Live calls are given rows for this share of the time that is left, so that batches may still win some back. */
    private static final int HELPINGS = 20;

    private static final Duration LONGEST_HELPING = Duration.ofMinutes(10);
    private static final int POLLS = 200;

    /** What the provider promises of a batch of which nothing is known. */
    private static final Duration PROMISED = Duration.ofHours(24);

    private static final int LATE_SHARE = 50;
    private static final int PARTS_AT_LEAST = 4;
    private static final int MOST_PARTS = 200;

    /** Of what batches are expected to answer, where live calls alone are too slow. */
    private static final double BELIEVED = 0.95;

    /** How often batches are asked about: what they have done decides how much is left for live calls. */
    public PollPace polls() {
        Duration most = deadline.dividedBy(POLLS);
        return new PollPace(
                PollPace.DEFAULT.least(), max(PollPace.DEFAULT.least(), min(most, PollPace.DEFAULT.most())));
    }

    /** What to do now; nothing if all is well. */
    public List<Move> decide(FamilyState family, Duration left) {
        Duration slack = left.minus(need(family));
        if (slack.compareTo(period) > 0 && !(isClosed(left) && family.openRows() > 0)) {
            return List.of();
        }
        LiveCapacity capacity = family.capacity();
        if (isLate(slack)
                && capacity.rowsIn(left.minus(tail)) + family.answeredInBatches(left) * BELIEVED > family.openRows()) {
            return List.of();
        }
        Duration helping = helping(left);
        List<Move> moves = new ArrayList<>();
        boolean hungry =
                family.liveRows() == 0 || capacity.timeFor(family.liveRows()).compareTo(helping.dividedBy(2)) < 0;
        if (hungry) {
            double wanted = Math.max(1, Math.ceil(capacity.rowsIn(helping)) - family.liveRows());
            wanted -= takeFree(family, wanted, moves);
            wanted -= takeFromParts(family, wanted, moves);
            if (wanted > 0) {
                last(family, Stage.UPLOADED).ifPresent(part -> moves.add(new Move.GiveUp(part.number())));
            }
        }
        if (moves.isEmpty()) {
            cancel(family, left, slack).ifPresent(moves::add);
        }
        return moves;
    }

    /** Whether a batch may be created: not if its rows could then not be answered live in time, should it do nothing. */
    public boolean mayCreate(FamilyState family, long partRows, Duration left) {
        Duration alone = timeForAll(family);
        if (isLate(left.minus(alone))) {
            return isWorthIt(family.usual(), alone, left);
        }
        return left.minus(timeAfterCancel(family, partRows)).compareTo(period) > 0;
    }

    /**
     * Whether a batch is any help where live calls alone are too slow. Where nobody knows how long it takes, it is only if
     * live calls have more to do than it takes to cancel it.
     *
     * @param usual how long batches take
     * @param alone how long live calls need for everything
     */
    boolean isWorthIt(Optional<Duration> usual, Duration alone, Duration left) {
        return usual.orElse(cancelling).compareTo(max(left, alone)) < 0;
    }

    /**
     * The most rows that a part should have, so that some batches go on while others are cancelled; 0 if it is too late for
     * any batch.
     */
    public long mostPartRows(FamilyState family, Duration left) {
        if (isLate(left.minus(timeForAll(family)))) {
            return Long.MAX_VALUE;
        }
        Duration free = left.minus(cancelling).minus(tail).minus(period);
        if (free.isNegative()) {
            return 0;
        }
        LiveCapacity capacity = family.capacity();
        double most = Math.max(capacity.rowsIn(cancelling), (double) family.openRows() / MOST_PARTS);
        return (long) Math.ceil(Math.min(most, capacity.rowsIn(free.dividedBy(PARTS_AT_LEAST))));
    }

    /** Whether no batch could do anything any more before it had to be cancelled. */
    private boolean isClosed(Duration left) {
        return left.minus(cancelling).minus(tail).compareTo(period) <= 0;
    }

    /** How long live calls need for all that is open, should no batch answer anything any more. */
    Duration need(FamilyState family) {
        return max(timeForAll(family), timeAfterCancel(family, 0));
    }

    private Duration timeForAll(FamilyState family) {
        return family.openRows() == 0
                ? Duration.ZERO
                : family.capacity().timeFor(family.openRows()).plus(tail);
    }

    /** Of rows whose batch must be cancelled first; what is being cancelled already only has to be waited for. */
    private Duration timeAfterCancel(FamilyState family, long moreRows) {
        long running = family.rows(Stage.RUNNING) + moreRows;
        return running == 0
                ? Duration.ZERO
                : cancelling.plus(family.capacity().timeFor(running)).plus(tail);
    }

    /** Whether the deadline cannot be met by live calls alone any more; small amounts are noise. */
    private boolean isLate(Duration slack) {
        return slack.plus(deadline.dividedBy(LATE_SHARE))
                .plus(period.multipliedBy(2))
                .isNegative();
    }

    private Duration helping(Duration left) {
        Duration share = left.isNegative() ? LONGEST_HELPING : left.dividedBy(HELPINGS);
        return max(period.multipliedBy(4), min(share, LONGEST_HELPING));
    }

    private static double takeFree(FamilyState family, double wanted, List<Move> moves) {
        long rows = (long) Math.min(family.freeRows(), Math.ceil(wanted));
        if (rows > 0) {
            moves.add(new Move.TakeFree(family.family(), rows));
        }
        return Math.max(0, rows);
    }

    private static double takeFromParts(FamilyState family, double wanted, List<Move> moves) {
        double taken = 0;
        for (PartState part : family.parts().reversed()) {
            if (part.stage() == Stage.WAITING && part.rows() > 0 && wanted - taken > 0) {
                long rows = (long) Math.min(part.rows(), Math.ceil(wanted - taken));
                moves.add(new Move.TakeFromPart(part.number(), rows));
                taken += rows;
            }
        }
        return taken;
    }

    private static Optional<PartState> last(FamilyState family, Stage stage) {
        return family.parts().reversed().stream()
                .filter(part -> part.stage() == stage)
                .findFirst();
    }

    /** The batch with most left to do, if live calls would run dry before more rows are free. */
    private Optional<Move> cancel(FamilyState family, Duration left, Duration slack) {
        LiveCapacity capacity = family.capacity();
        long waiting = family.freeRows() + family.rows(Stage.WAITING) + family.rows(Stage.UPLOADED);
        long coming = family.liveRows() + family.rows(Stage.CANCELLING) + waiting;
        boolean forced = left.minus(timeAfterCancel(family, 0)).compareTo(period) <= 0;
        if (waiting > 0 && !forced) {
            return Optional.empty();
        }
        if (capacity.timeFor(coming).compareTo(cancelling) >= 0 && !forced) {
            return Optional.empty();
        }
        return family.parts().stream()
                .filter(part -> part.stage() == Stage.RUNNING)
                .max(Comparator.comparingLong(PartState::rows).thenComparingInt(PartState::number))
                .filter(part -> !isLate(slack)
                        || cancelling
                                        .plus(capacity.timeFor(coming + part.rows()))
                                        .compareTo(rest(family, part))
                                < 0)
                .map(part -> new Move.Cancel(part.number()));
    }

    /** How long a batch will still take: by what it has done or, before that, by what others took. */
    private static Duration rest(FamilyState family, PartState part) {
        return part.rest()
                .orElseGet(
                        () -> max(Duration.ZERO, family.usual().orElse(PROMISED).minus(part.age())));
    }

    private static Duration max(Duration a, Duration b) {
        return a.compareTo(b) >= 0 ? a : b;
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }
}
