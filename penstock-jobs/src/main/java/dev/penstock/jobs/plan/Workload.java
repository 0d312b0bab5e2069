package dev.penstock.jobs.plan;

import dev.penstock.jobs.BadRow;
import java.util.List;

/**
 * What one pass over an input found.
 *
 * @param rows that can be sent
 * @param badRows that cannot
 * @param firstBadRows some of them
 * @param families in order of appearance
 */
public record Workload(long rows, long badRows, List<BadRow> firstBadRows, List<FamilyLoad> families, Repeats repeats) {
    public Workload {
        firstBadRows = List.copyOf(firstBadRows);
        families = List.copyOf(families);
    }

    /** Input tokens of all rows. */
    public long inputTokens() {
        return families.stream().mapToLong(FamilyLoad::inputTokens).sum();
    }

    /** Output tokens that are expected of all rows. */
    public long expectedOutput() {
        return families.stream().mapToLong(FamilyLoad::expectedOutput).sum();
    }
}
