package dev.penstock.jobs;

/**
 * A row that failed for good.
 *
 * @param line its first line in the input, counted from 1
 * @param code a short word for programs
 * @param explanation one sentence for people
 */
public record FailedRow(long line, String code, String explanation) {}
