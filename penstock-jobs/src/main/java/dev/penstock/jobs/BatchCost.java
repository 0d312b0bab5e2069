package dev.penstock.jobs;

import java.math.BigDecimal;

/**
 * What a job is expected to cost in batches, by a sample of its rows.
 *
 * @param rows that are in no batch yet
 * @param dollars what these cost, above or at 0
 * @param outputsAssumed whether nobody knows how long the answers are, so that a length is assumed
 */
public record BatchCost(long rows, BigDecimal dollars, boolean outputsAssumed) {}
