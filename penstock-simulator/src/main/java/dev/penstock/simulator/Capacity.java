package dev.penstock.simulator;

import dev.penstock.limit.Limit;
import org.jspecify.annotations.Nullable;

/**
 * What the limits let through for long, and which of them sets it: the one that needs longest for so much work, as a day's
 * limit does not matter for what a minute's worth of it covers.
 *
 * @param perSecond requests of the mean size a second; infinite without limits
 * @param binding the limit that sets it; null if there is none, or it is the one on calls at a time
 * @param leastSeconds what the binding limit needs for the work when it begins unused
 */
record Capacity(double perSecond, @Nullable Limit binding, double leastSeconds) {
    /** @param requests how much work there is */
    static Capacity of(Scenario scenario, long requests) {
        double longest = -1;
        double perSecond = Double.POSITIVE_INFINITY;
        Limit binding = null;
        for (Limit limit : scenario.limits()) {
            double each = switch (limit.dimension().unit()) {
                case REQUESTS -> 1;
                case TOKENS -> scenario.meanTokens();
                case IMAGES -> 0;
            };
            if (each == 0) {
                continue;
            }
            double seconds = Allowance.of(scenario.shape(), limit, (long) each).earliestNanos(0, each * requests) / 1e9;
            double rate = limit.perSecond() / each;
            // What needs no time at all is told apart by how soon it would: in the shorter window.
            boolean sooner = seconds == longest
                    && binding != null
                    && (limit.dimension().window().compareTo(binding.dimension().window()) < 0
                            || limit.dimension()
                                            .window()
                                            .equals(binding.dimension().window())
                                    && rate < perSecond);
            if (seconds > longest || sooner) {
                longest = seconds;
                perSecond = rate;
                binding = limit;
            }
        }
        if (scenario.concurrency().isPresent()) {
            double latency =
                    ServiceTime.meanSeconds(scenario.latency(), scenario.meanTokens() * scenario.outputShare());
            int most = scenario.concurrency().getAsInt();
            double seconds = requests * latency / most;
            if (latency > 0 && (binding == null || seconds > longest && most / latency < perSecond)) {
                return new Capacity(most / latency, null, seconds);
            }
        }
        return new Capacity(perSecond, binding, Math.max(0, longest));
    }
}
