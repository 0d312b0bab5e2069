package dev.penstock.jobs;

/**
 * Pending rows of one stratum.
 *
 * @param rows how many
 * @param tokens the sum of what they are expected to be charged
 */
public record StratumCount(long rows, long tokens) {}
