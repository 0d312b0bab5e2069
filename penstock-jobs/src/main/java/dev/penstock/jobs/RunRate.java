package dev.penstock.jobs;

/**
 * A measured pace.
 *
 * @param requestsPerMinute requests sent
 * @param tokensPerMinute tokens that they are charged for against the limits, by our estimate
 */
public record RunRate(double requestsPerMinute, double tokensPerMinute) {}
