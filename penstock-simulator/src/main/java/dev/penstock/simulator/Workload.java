package dev.penstock.simulator;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The requests of a scenario, one after another. They are the same for every strategy, as nothing else draws here. Public
 * for drivers of one's own, such as one that plays a strategy against a real server. For one thread.
 */
public final class Workload {
    private final Scenario scenario;
    private final Arrivals arrivals;
    private final Chance sizes;
    private final Chance latencies;
    private final Chance whose;
    private final String[] tenantNames;
    private final double[] tenantUpTo;
    private final long endNanos;
    private final long most;
    private long number;

    /** From the first request on. */
    public Workload(Scenario scenario) {
        this.scenario = scenario;
        this.arrivals = scenario.traffic().begin(new Chance(scenario.seed(), -1));
        this.sizes = new Chance(scenario.seed(), -2);
        this.latencies = new Chance(scenario.seed(), -3);
        this.whose = new Chance(scenario.seed(), -4);
        List<Scenario.Tenant> tenants = scenario.tenants();
        this.tenantNames = tenants.stream().map(Scenario.Tenant::name).toArray(String[]::new);
        this.tenantUpTo = new double[tenants.size()];
        double sum = 0;
        for (int i = 0; i < tenantUpTo.length; i++) {
            sum += tenants.get(i).share();
            tenantUpTo[i] = sum;
        }
        this.endNanos = scenario.duration().map(time -> time.toNanos()).orElse(Long.MAX_VALUE);
        this.most = scenario.requests().orElse(Long.MAX_VALUE);
    }

    /** The next request; null when there are no more. */
    public @Nullable Call next() {
        if (number >= most || !arrivals.next() || arrivals.atNanos() >= endNanos) {
            return null;
        }
        long tokens = arrivals.tokens();
        if (tokens < 0) {
            tokens = scenario.tokens().draw(sizes);
        }
        long output = (long) (tokens * scenario.outputShare());
        long latency = arrivals.latencyNanos();
        if (latency < 0) {
            latency = ServiceTime.nanos(scenario.latency(), output, latencies);
        }
        int tenant = tenant();
        return new Call(
                number++, arrivals.atNanos(), tokens, output, latency, tenant, tenantNames[tenant], scenario.seed());
    }

    private int tenant() {
        if (tenantUpTo.length == 1) {
            return 0;
        }
        double at = whose.nextDouble() * tenantUpTo[tenantUpTo.length - 1];
        int tenant = 0;
        while (tenant < tenantUpTo.length - 1 && at >= tenantUpTo[tenant]) {
            tenant++;
        }
        return tenant;
    }
}
