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
    void reconfigure(Tenant changed, long now) {
        if (quota == null || changed.limits().isEmpty()) {
            quota = changed.limits().equals(tenant.limits()) ? quota : quotaOf(changed);
        } else {
            quota.setCaps(changed.limits(), QuotaSettings.DEFAULT_MAX_CONCURRENCY, now);
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

    /** Whether it can be held back by more than the quota of an upstream. */
    boolean hasLimits() {
        return quota != null || tenant.concurrency().isPresent();
    }

    /** Limits are not to be had anew by inventing so many other tenants that this one is forgotten. */
    boolean mayNotBeForgotten() {
        return waiting > 0 || running > 0 || hasLimits();
    }

    boolean atItsConcurrency() {
        return tenant.concurrency().isPresent()
                && running >= tenant.concurrency().getAsInt();
    }
}
