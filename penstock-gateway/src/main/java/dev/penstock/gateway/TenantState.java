package dev.penstock.gateway;

import dev.penstock.gateway.config.Tenant;
import dev.penstock.quota.Quota;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.quota.RecentUse;
import org.jspecify.annotations.Nullable;

/** A tenant over all its lanes: what it has running, and limits of its own. */
final class TenantState {
    private Tenant tenant;

    /** Absent without limits of its own. */
    private @Nullable Quota quota;

    private final RecentUse use;
    int waiting;
    int running;
    long lastSeenAt;

    TenantState(Tenant tenant, long now) {
        this.tenant = tenant;
        this.quota = quotaOf(tenant);
        this.use = new RecentUse(now);
        this.lastSeenAt = now;
    }

    private static @Nullable Quota quotaOf(Tenant tenant) {
        return tenant.limits().isEmpty() ? null : new Quota(QuotaSettings.capsAlone(tenant.limits()));
    }

    Tenant tenant() {
        return tenant;
    }

    /** Takes over changed settings; what was used of limits that stay as they are stays used. */
    void reconfigure(Tenant changed) {
        if (!changed.limits().equals(tenant.limits())) {
            quota = quotaOf(changed);
        }
        tenant = changed;
    }

    @Nullable
    Quota quota() {
        return quota;
    }

    RecentUse use() {
        return use;
    }

    boolean atItsConcurrency() {
        return tenant.concurrency().isPresent()
                && running >= tenant.concurrency().getAsInt();
    }
}
