package dev.penstock.simulator;

import dev.penstock.emulator.Latency;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.simulator.strategy.Strategies;
import java.time.Duration;
import java.util.List;

/** Scenarios of tests. */
final class Scenarios {
    private Scenarios() {}

    /** Two and a half times as much as 300 requests and 100,000 tokens a minute carry, for 40 s. */
    static Scenario.Builder overload() {
        return Scenario.builder()
                .traffic(new Traffic.Steady(12, 0.2))
                .duration(Duration.ofSeconds(40))
                .tokens(Tokens.parse("lognormal:300,0.5"))
                .latency(Latency.parse("lognormal:1s,0.4"))
                .limits(List.of(
                        new Limit(Dimension.REQUESTS_PER_MINUTE, 300),
                        new Limit(Dimension.TOKENS_PER_MINUTE, 100_000)));
    }

    static Result run(Scenario scenario, String strategy) {
        return Simulation.run(scenario, strategy, Strategies.of(strategy, scenario));
    }
}
