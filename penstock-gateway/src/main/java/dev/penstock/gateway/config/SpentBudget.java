package dev.penstock.gateway.config;

import java.time.Instant;

/**
 * What a tenant has spent in a period, as it is stored.
 *
 * @param from when the period began
 * @param nanoDollars billionths of a dollar
 */
record SpentBudget(Budget.Period period, Instant from, long tokens, long nanoDollars) {}
