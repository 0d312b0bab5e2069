package dev.penstock.gateway;

import dev.penstock.quota.BlockedBy;
import dev.penstock.quota.Quota;
import dev.penstock.quota.RecentUse;
import org.jspecify.annotations.Nullable;

/** The quota of one upstream account for one model family. */
final class Slot {
    private final UpstreamState upstream;
    private final Quota quota;
    private final RecentUse use;

    /** Requests served, by weight: the slot with the least is tried first. */
    private double served;

    int running;
    long lastUsedAt;

    /** What kept the last request that asked from being sent. */
    @Nullable
    BlockedBy blockedBy;

    Slot(UpstreamState upstream, Quota quota, double served, long now) {
        this.upstream = upstream;
        this.quota = quota;
        this.use = new RecentUse(now);
        this.served = served;
        this.lastUsedAt = now;
    }

    UpstreamState upstream() {
        return upstream;
    }

    Quota quota() {
        return quota;
    }

    RecentUse use() {
        return use;
    }

    double served() {
        return served;
    }

    void sent(long tokens, long now) {
        served += 1.0 / upstream.upstream().weight();
        use.sent(tokens, now);
        running++;
        lastUsedAt = now;
        blockedBy = null;
    }

    /** Its turn comes not before those that are at this point. */
    void notBehind(double turn) {
        served = Math.max(served, turn);
    }

    void notSent() {
        served -= 1.0 / upstream.upstream().weight();
    }
}
