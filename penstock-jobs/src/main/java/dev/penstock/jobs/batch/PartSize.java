package dev.penstock.jobs.batch;

/**
 * How large the rows of a part are together.
 *
 * @param number of the part
 * @param bytes of the input file
 * @param tokens estimated input tokens
 */
public record PartSize(int number, PartKey key, long rows, long bytes, long tokens) {
    /** This, without a row. */
    public PartSize without(RowSize row) {
        return new PartSize(number, key, rows - 1, bytes - row.bytes(), tokens - row.tokens());
    }
}
