package dev.penstock.gateway;

import dev.penstock.gateway.GatewaySnapshot.QuotaView;
import dev.penstock.gateway.GatewaySnapshot.TenantView;
import dev.penstock.gateway.GatewaySnapshot.WaitingView;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.queue.FairQueue;
import dev.penstock.queue.Waiting;
import dev.penstock.quota.QuotaSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Takes pictures of a gateway for people and metrics. */
final class Snapshots {
    /** More would not be read, and a hostile client can make any number. */
    private static final int MOST_QUOTAS = 50;

    private static final int MOST_TENANTS = 100;
    private static final int MOST_NEXT = 20;
    private static final long LATELY_NANOS = Duration.ofMinutes(15).toNanos();
    private static final String OWN_ACCOUNT = "own key";

    private Snapshots() {}

    static GatewaySnapshot of(GatewayLoop gateway, long now) {
        RequestDispatcher<Exchange> dispatcher = gateway.dispatcher();
        List<QuotaView> quotas = new ArrayList<>();
        Map<String, Long> oldest = new HashMap<>();
        List<Waiting<Flight<Exchange>>> next = new ArrayList<>();
        for (Lane<Exchange> lane : dispatcher.lanes()) {
            FairQueue<Flight<Exchange>> queue = lane.queue();
            for (Slot slot : lane.slots) {
                if (now - slot.lastUsedAt < LATELY_NANOS || !queue.isEmpty()) {
                    quotas.add(quota(gateway, lane, slot, now));
                }
            }
            if (!queue.isEmpty()) {
                for (FairQueue.TenantWaiting tenant : queue.tenants()) {
                    oldest.merge(tenant.tenant(), tenant.oldestEnqueuedAtNanos(), (a, b) -> b - a < 0 ? b : a);
                }
                if (next.size() < MOST_NEXT * MOST_QUOTAS) {
                    next.addAll(queue.first(Math.min(MOST_NEXT, queue.size())));
                }
            }
        }
        quotas.sort(Comparator.comparingInt(QuotaView::waiting)
                .thenComparingDouble(QuotaView::requestsPerMinute)
                .reversed());
        return new GatewaySnapshot(
                dispatcher.stopping(),
                dispatcher.running(),
                dispatcher.bounds().count(),
                dispatcher.bounds().maxCount(),
                dispatcher.bounds().bytes(),
                dispatcher.bounds().maxBytes(),
                quotas.subList(0, Math.min(MOST_QUOTAS, quotas.size())),
                tenants(gateway, oldest, now),
                nextUp(dispatcher, next, now));
    }

    private static QuotaView quota(GatewayLoop gateway, Lane<Exchange> lane, Slot slot, long now) {
        QuotaSnapshot quota = slot.quota().snapshot(now);
        boolean waiting = !lane.queue().isEmpty();
        return new QuotaView(
                slot.upstream().upstream().name(),
                account(slot.upstream().upstream(), lane.key().account()),
                lane.key().family(),
                quota,
                lane.queue().size(),
                waiting ? gateway.blockedBy(slot) : Optional.empty(),
                binding(quota),
                slot.use().requests(now),
                slot.use().tokens(now),
                slot.upstream().trouble(now));
    }

    private static String account(Upstream upstream, String fingerprint) {
        if (upstream.key().isPresent()) {
            return OWN_ACCOUNT;
        }
        return fingerprint.equals(RequestHead.NO_CREDENTIAL) ? "no key" : "key-" + fingerprint;
    }

    /** The limit of which least is left, once it is nearly used up. */
    private static Optional<String> binding(QuotaSnapshot quota) {
        return quota.levels().stream()
                .filter(level -> level.depth() > 0 && level.remaining() < 0.25 * level.depth())
                .min(Comparator.comparingDouble(level -> level.remaining() / level.depth()))
                .map(level -> level.limit().dimension().label());
    }

    private static List<TenantView> tenants(GatewayLoop gateway, Map<String, Long> oldest, long now) {
        List<TenantView> views = new ArrayList<>();
        for (TenantState state : gateway.dispatcher().tenants()) {
            double requests = state.use().requests(now);
            if (state.waiting == 0 && state.running == 0 && requests == 0) {
                continue;
            }
            long since = oldest.getOrDefault(state.tenant().name(), now);
            views.add(new TenantView(
                    state.tenant().name(),
                    state.tenant().weight(),
                    state.waiting,
                    state.running,
                    Duration.ofNanos(Math.max(0, now - since)),
                    requests,
                    state.use().tokens(now),
                    gateway.budgets().left(state.tenant(), gateway.wallNow())));
        }
        views.sort(Comparator.comparingInt(TenantView::waiting)
                .thenComparingDouble(TenantView::requestsPerMinute)
                .reversed());
        return views.subList(0, Math.min(MOST_TENANTS, views.size()));
    }

    private static List<WaitingView> nextUp(
            RequestDispatcher<Exchange> dispatcher, List<Waiting<Flight<Exchange>>> next, long now) {
        List<WaitingView> views = new ArrayList<>();
        for (Waiting<Flight<Exchange>> waiting : next) {
            Flight<Exchange> flight = waiting.item();
            OptionalLong startsIn = Forecast.expectedStartNanos(flight, now);
            views.add(new WaitingView(
                    flight.ask().tenant().name(),
                    flight.ask().priority(),
                    flight.ask().lane().family(),
                    Duration.ofNanos(Math.max(0, now - flight.waitingSince)),
                    startsIn.isPresent() ? Optional.of(Duration.ofNanos(startsIn.getAsLong())) : Optional.empty(),
                    Duration.ofNanos(Math.max(0, flight.ask().deadlineNanos() - now)),
                    Forecast.why(flight.lane())));
        }
        views.sort(Comparator.comparing(view -> view.startsIn().orElse(view.leftToDeadline())));
        return views.subList(0, Math.min(MOST_NEXT, views.size()));
    }
}
