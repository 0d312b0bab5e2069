package dev.penstock.gateway.admin;

import dev.penstock.gateway.GatewayEvents;
import dev.penstock.gateway.GatewaySnapshot;
import dev.penstock.gateway.Outcome;
import dev.penstock.wire.Usage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a gateway did, for Prometheus; {@code docs/gateway-metrics.md} explains each name. The number of series is bounded:
 * tenants, families and pairs of them beyond a bound are counted together as {@code other}.
 *
 * <p>Safe for use by several threads. Counting an event takes three look-ups and no string is built.
 */
final class Metrics implements GatewayEvents {
    static final int MOST_TENANTS = 200;
    static final int MOST_FAMILIES = 100;
    static final int MOST_PAIRS = 1_000;

    private static final String PREFIX = "penstock_gateway_";
    private static final double PICO_DOLLARS_PER_DOLLAR = 1e12;

    /** From what nobody notices to where the official clients give up. */
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(3),
        Duration.ofMillis(10),
        Duration.ofMillis(30),
        Duration.ofMillis(100),
        Duration.ofMillis(300),
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(20),
        Duration.ofSeconds(30),
        Duration.ofMinutes(1),
        Duration.ofMinutes(2),
        Duration.ofMinutes(5),
        Duration.ofMinutes(10)
    };

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final BoundedLabels tenants = new BoundedLabels(MOST_TENANTS);
    private final BoundedLabels families = new BoundedLabels(MOST_FAMILIES);
    private final Map<Pair, Series> byTenant = new ConcurrentHashMap<>();
    private final Map<Pair, Counter> refusals = new ConcurrentHashMap<>();
    private final Map<Pair, Counter> retries = new ConcurrentHashMap<>();
    private final SnapshotGauges gauges = new SnapshotGauges(registry, PREFIX, tenants, families);

    Metrics() {
        new JvmMemoryMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    private record Pair(String owner, String family) {}

    /** What is counted for one tenant and family. */
    private record Series(
            Map<Outcome, Counter> outcomes,
            Timer waited,
            Timer ran,
            Counter attempts,
            Counter inputTokens,
            Counter cachedInputTokens,
            Counter outputTokens,
            Counter dollars) {}

    @Override
    public void ended(Ended ended) {
        Series series = series(ended);
        Counter outcome = series.outcomes.get(ended.outcome());
        if (outcome != null) {
            outcome.increment();
        }
        if (ended.attempts() > 0) {
            series.attempts.increment(ended.attempts());
            series.waited.record(ended.waited());
            series.ran.record(ended.ran());
        }
        if (ended.usage().isPresent()) {
            Usage usage = ended.usage().get();
            series.inputTokens.increment(usage.inputTokens());
            series.cachedInputTokens.increment(usage.cachedInputTokens());
            series.outputTokens.increment(usage.outputTokens());
        }
        if (ended.picoDollars() > 0) {
            series.dollars.increment(ended.picoDollars() / PICO_DOLLARS_PER_DOLLAR);
        }
    }

    @Override
    public void refusedByUpstream(String upstream, String family) {
        // Who has a quota for a family knows it.
        count(
                refusals,
                "upstream_refusals",
                "Calls that an upstream refused for quota.",
                upstream,
                families.label(family, true));
    }

    @Override
    public void retried(String upstream, String family) {
        count(retries, "retries", "Calls repeated after a fault.", upstream, families.label(family, false));
    }

    /** Everything in the text format of Prometheus, levels as of the snapshot. */
    synchronized String scrape(GatewaySnapshot snapshot) {
        gauges.show(snapshot);
        return registry.scrape();
    }

    private Series series(Ended ended) {
        // An answer shows that tenant and family exist; anybody can send a made-up name and be refused for it.
        boolean confirmed = ended.outcome() == Outcome.ANSWERED;
        Pair pair = new Pair(tenants.label(ended.tenant(), confirmed), families.label(ended.family(), confirmed));
        Series series = byTenant.get(pair);
        return series == null ? create(pair) : series;
    }

    private synchronized Series create(Pair wanted) {
        Pair pair = byTenant.size() < MOST_PAIRS ? wanted : new Pair(BoundedLabels.OTHER, BoundedLabels.OTHER);
        return byTenant.computeIfAbsent(pair, this::register);
    }

    private Series register(Pair pair) {
        Map<Outcome, Counter> outcomes = new EnumMap<>(Outcome.class);
        for (Outcome outcome : Outcome.values()) {
            outcomes.put(
                    outcome,
                    Counter.builder(PREFIX + "requests")
                            .description("Requests that ended, by how.")
                            .tags("outcome", outcome.label(), "tenant", pair.owner, "family", pair.family)
                            .register(registry));
        }
        return new Series(
                outcomes,
                timer("wait", "Time in the queue of requests that were sent.", "tenant", pair.owner),
                timer("run", "Time from the first sending to the end of the answer.", "family", pair.family),
                counter("attempts", "Calls sent to upstreams, repeated ones included.", pair),
                counter("input_tokens", "Input tokens that answers report, cached ones included.", pair),
                counter("cached_input_tokens", "Input tokens that the provider had cached.", pair),
                counter("output_tokens", "Output tokens that answers report.", pair),
                counter("cost_dollars", "What answers cost at the prices of the price table.", pair));
    }

    private Counter counter(String name, String description, Pair pair) {
        return Counter.builder(PREFIX + name)
                .description(description)
                .tags("tenant", pair.owner, "family", pair.family)
                .register(registry);
    }

    private Timer timer(String name, String description, String tag, String value) {
        return Timer.builder(PREFIX + name)
                .description(description)
                .tags(tag, value)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    private void count(Map<Pair, Counter> counters, String name, String description, String upstream, String family) {
        Pair pair = new Pair(upstream, family);
        Counter counter = counters.get(pair);
        if (counter == null) {
            counter = Counter.builder(PREFIX + name)
                    .description(description)
                    .tags("upstream", pair.owner, "family", pair.family)
                    .register(registry);
            counters.put(pair, counter);
        }
        counter.increment();
    }
}
