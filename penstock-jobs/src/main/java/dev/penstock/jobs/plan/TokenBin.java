package dev.penstock.jobs.plan;

/**
 * Rows of similar length.
 *
 * @param from the fewest input tokens
 * @param to the most
 */
public record TokenBin(long from, long to, long rows) {}
