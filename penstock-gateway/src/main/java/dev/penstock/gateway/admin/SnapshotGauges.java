package dev.penstock.gateway.admin;

import dev.penstock.gateway.GatewaySnapshot;
import dev.penstock.gateway.GatewaySnapshot.QuotaView;
import dev.penstock.gateway.GatewaySnapshot.TenantView;
import dev.penstock.quota.QuotaSnapshot;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The part of the metrics that is a state and not a count. A quota or tenant of which nothing was ever answered has no
 * gauges of its own: its names may be made up. Not safe for use by several threads.
 */
final class SnapshotGauges {
    private static final int MOST_QUOTAS = 200;
    private static final double NANOS_PER_SECOND = 1e9;

    private final MeterRegistry registry;
    private final String prefix;
    private final BoundedLabels tenants;
    private final BoundedLabels families;
    private final Map<String, MultiGauge> gauges = new LinkedHashMap<>();
    private final Map<String, List<MultiGauge.Row<?>>> rows = new LinkedHashMap<>();

    SnapshotGauges(MeterRegistry registry, String prefix, BoundedLabels tenants, BoundedLabels families) {
        this.registry = registry;
        this.prefix = prefix;
        this.tenants = tenants;
        this.families = families;
        gauge("running_calls", "Calls at upstreams.");
        gauge("queue_requests", "Requests that wait.");
        gauge("queue_requests_limit", "Requests that may wait.");
        gauge("queue_bytes", "Bytes of the bodies that wait.");
        gauge("queue_bytes_limit", "Bytes of bodies that may wait.");
        gauge("stopping", "1 while the gateway stops.");
        gauge("quota_remaining", "Units of a limit that may be taken now; negative while in debt.");
        gauge("quota_depth", "Units of a limit that can be taken at once when it is full.");
        gauge("quota_limit", "Units that a limit grants per window.");
        gauge("quota_rate", "Units per second at which a limit flows back.");
        gauge("quota_taken_by_others", "Share of a limit, 0 to 1, that somebody else consumes.");
        gauge("quota_sets_the_pace", "1 for the limit that sets the pace of its quota.");
        gauge("quota_requests_per_minute", "Requests sent in the last minute.");
        gauge("quota_tokens_per_minute", "Tokens reserved in the last minute.");
        gauge("quota_waiting", "Requests that wait for a quota.");
        gauge("quota_running", "Calls of a quota in flight.");
        gauge("quota_running_limit", "Calls of a quota that may be in flight.");
        gauge("quota_troubled", "1 while an upstream is not called: cooling down, unreachable, no credit.");
        gauge("tenant_waiting", "Requests of a tenant that wait.");
        gauge("tenant_running", "Calls of a tenant at upstreams.");
        gauge("tenant_longest_wait_seconds", "How long the oldest waiting request of a tenant waits.");
    }

    void show(GatewaySnapshot snapshot) {
        rows.values().forEach(List::clear);
        set("running_calls", Tags.empty(), snapshot.running());
        set("queue_requests", Tags.empty(), snapshot.waiting());
        set("queue_requests_limit", Tags.empty(), snapshot.maxWaiting());
        set("queue_bytes", Tags.empty(), snapshot.waitingBytes());
        set("queue_bytes_limit", Tags.empty(), snapshot.maxWaitingBytes());
        set("stopping", Tags.empty(), snapshot.stopping() ? 1 : 0);
        Set<Tags> shown = new HashSet<>();
        snapshot.quotas().stream().limit(MOST_QUOTAS).forEach(quota -> show(quota, shown));
        snapshot.tenants().stream().limit(Metrics.MOST_TENANTS).forEach(tenant -> show(tenant, shown));
        gauges.forEach((name, gauge) -> gauge.register(rows(name), true));
    }

    private void show(QuotaView view, Set<Tags> shown) {
        String family = families.label(view.family(), false);
        Tags tags = Tags.of("upstream", view.upstream(), "account", view.account(), "family", family);
        if (family.equals(BoundedLabels.OTHER) || !shown.add(tags)) {
            return;
        }
        set("quota_requests_per_minute", tags, view.requestsPerMinute());
        set("quota_tokens_per_minute", tags, view.tokensPerMinute());
        set("quota_waiting", tags, view.waiting());
        set("quota_running", tags, view.quota().inFlight());
        set("quota_running_limit", tags, view.quota().concurrencyLimit());
        set("quota_troubled", tags, view.trouble().isPresent() ? 1 : 0);
        for (QuotaSnapshot.Level level : view.quota().levels()) {
            // A cap of the user's own may stand beside the provider's limit of the same dimension.
            Tags each = tags.and(
                    "limit",
                    level.limit().dimension().label(),
                    "source",
                    level.source().name().toLowerCase(Locale.ROOT));
            if (!shown.add(each)) {
                continue;
            }
            set("quota_remaining", each, level.remaining());
            set("quota_depth", each, level.depth());
            set("quota_limit", each, level.limit().amount());
            set("quota_rate", each, level.limit().perSecond());
            set("quota_taken_by_others", each, level.takenByOthers());
            boolean binding = view.binding()
                    .filter(level.limit().dimension().label()::equals)
                    .isPresent();
            set("quota_sets_the_pace", each, binding ? 1 : 0);
        }
    }

    private void show(TenantView view, Set<Tags> shown) {
        String tenant = tenants.label(view.tenant(), false);
        Tags tags = Tags.of("tenant", tenant);
        if (tenant.equals(BoundedLabels.OTHER) || !shown.add(tags)) {
            return;
        }
        set("tenant_waiting", tags, view.waiting());
        set("tenant_running", tags, view.running());
        set("tenant_longest_wait_seconds", tags, view.longestWait().toNanos() / NANOS_PER_SECOND);
    }

    private void gauge(String name, String description) {
        gauges.put(
                name, MultiGauge.builder(prefix + name).description(description).register(registry));
        rows.put(name, new ArrayList<>());
    }

    private void set(String name, Tags tags, double value) {
        rows(name).add(MultiGauge.Row.of(tags, value));
    }

    private List<MultiGauge.Row<?>> rows(String name) {
        List<MultiGauge.Row<?>> found = rows.get(name);
        if (found == null) {
            throw new IllegalStateException("there is no gauge " + name);
        }
        return found;
    }
}
