package dev.penstock.pacing;

import dev.penstock.quota.BlockedBy;
import dev.penstock.quota.QuotaSnapshot;
import java.util.List;
import java.util.Optional;

/**
 * A {@link Penstock} at one moment, for people and metrics.
 *
 * @param lanes by family, in the order in which they were first asked for
 * @param waiting requests that wait for quota
 * @param backingOff calls that wait to be repeated after a fault
 * @param maxWaiting requests that may wait
 * @param running requests that were let through and have not ended
 * @param granted requests that were let through so far
 * @param wakeUps threads that were woken while they waited: at most one for each request that waited
 * @param timerRuns how often the timer looked at a queue
 * @param leaked grants that were lost without being settled; anything but 0 is a defect of a caller
 */
public record PenstockSnapshot(
        List<LaneView> lanes,
        int waiting,
        int backingOff,
        int maxWaiting,
        int running,
        long granted,
        long wakeUps,
        long timerRuns,
        long leaked) {
    public PenstockSnapshot {
        lanes = List.copyOf(lanes);
    }

    /**
     * One family.
     *
     * @param waiting requests that wait for it
     * @param blockedBy what the next of them waits for, if one waits
     */
    public record LaneView(String family, QuotaSnapshot quota, int waiting, Optional<BlockedBy> blockedBy) {}

    /** The family's part; empty if nothing has asked for it. */
    public Optional<LaneView> lane(String family) {
        return lanes.stream().filter(lane -> lane.family().equals(family)).findFirst();
    }
}
