package dev.penstock.jobs;

import java.util.Optional;

/**
 * A row of a job and how it ended.
 *
 * @param place where its request is
 * @param result empty while the row is pending
 */
public record StoredRow(RowPlace place, Optional<RowResult> result) {}
