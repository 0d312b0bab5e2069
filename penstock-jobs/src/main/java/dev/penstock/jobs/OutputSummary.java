package dev.penstock.jobs;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What was written.
 *
 * @param answered rows with an answer
 * @param failed rows described in the errors file
 * @param pending rows that have not ended yet
 * @param errors the errors file, if there is one
 */
public record OutputSummary(long answered, long failed, long pending, Optional<Path> errors) {}
