package dev.penstock.pacing;

import dev.penstock.queue.FairQueue;
import dev.penstock.queue.QueueBounds;
import dev.penstock.quota.BlockedBy;
import dev.penstock.quota.Quota;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Those who wait for the same family, and its quota. Guarded by the lock of its desk. */
final class Lane {
    final String family;
    final Quota quota;
    final FairQueue<Waiter> queue;

    int running;
    int backingOff;

    /** When it was last served, as a count over all lanes. */
    long lastServed;

    /** What keeps the next one waiting. */
    @Nullable
    BlockedBy blockedBy;

    /** When the timer looks at it. */
    OptionalLong wakeAt = OptionalLong.empty();

    @Nullable
    Runnable takeBackTimer;

    Lane(String family, Quota quota, QueueBounds bounds) {
        this.family = family;
        this.quota = quota;
        this.queue = new FairQueue<>(bounds, FairQueue.Settings.DEFAULTS);
    }

    boolean idle() {
        return queue.isEmpty() && running == 0 && backingOff == 0;
    }
}
