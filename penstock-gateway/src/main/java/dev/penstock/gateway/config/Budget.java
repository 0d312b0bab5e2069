package dev.penstock.gateway.config;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a tenant may spend in a period.
 *
 * @param tokens input and output together; empty for no bound
 * @param dollars at the prices of the price table; empty for no bound
 */
public record Budget(OptionalLong tokens, Optional<BigDecimal> dollars, Period period) {
    /** When a budget starts again, in UTC. */
    public enum Period {
        HOUR,
        DAY,
        MONTH,
        /** Never. */
        FOREVER
    }
}
