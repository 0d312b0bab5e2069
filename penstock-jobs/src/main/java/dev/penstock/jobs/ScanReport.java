package dev.penstock.jobs;

import java.util.List;

/**
 * What one pass over an input found.
 *
 * @param goodRows rows handed to the visitor
 * @param badRows rows that cannot be sent
 * @param firstBadRows the first {@value JobInput#BAD_ROWS_KEPT} of them, in file order
 * @param digest what was read, for noticing later that the input changed
 * @param columns for tables, the columns in order of appearance (of JSONL: the first {@value JobInput#COLUMNS_KEPT});
 *     empty for batch rows
 */
public record ScanReport(
        long goodRows, long badRows, List<BadRow> firstBadRows, InputDigest digest, List<String> columns) {
    public ScanReport {
        firstBadRows = List.copyOf(firstBadRows);
        columns = List.copyOf(columns);
    }
}
