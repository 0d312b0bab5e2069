package dev.penstock.gateway;

import dev.penstock.gateway.config.GatewayConfig;
import dev.penstock.gateway.config.TenantBudgets;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.TierTable;
import java.time.InstantSource;

/**
 * How a gateway runs.
 *
 * @param host address to listen on
 * @param port 0 for any free one
 * @param config what it is told; can be exchanged while it runs
 * @param budgets what tenants have spent; closed by whoever opened them
 * @param tiers which limits go with those that answers show
 * @param prices what tokens cost
 * @param seed of the jitter of retries
 */
public record GatewaySettings(
        String host,
        int port,
        GatewayConfig config,
        TenantBudgets budgets,
        TierTable tiers,
        PriceTable prices,
        InstantSource clock,
        long seed) {
    private static final String LOOPBACK = "127.0.0.1";

    /** On the loopback address, with the built-in tables and budgets that are forgotten at the end. */
    public static GatewaySettings of(GatewayConfig config, int port) {
        return new GatewaySettings(
                LOOPBACK,
                port,
                config,
                TenantBudgets.forgetful(),
                TierTable.builtIn(),
                PriceTable.builtIn(),
                InstantSource.system(),
                1);
    }
}
