package dev.penstock.jobs.batch;

/**
 * How large the rows of a part are together.
 *
 * @param number of the part
 * @param bytes of the input file
 * @param tokens estimated input tokens
 * @param worstCaseNanoDollars the most that the batch can cost; 0 where a price or a maximum is not known
 */
public record PartSize(int number, PartKey key, long rows, long bytes, long tokens, long worstCaseNanoDollars) {
    /** This, without a row. */
    public PartSize without(RowSize row) {
        return new PartSize(
                number,
                key,
                rows - 1,
                bytes - row.bytes(),
                tokens - row.tokens(),
                Math.max(0, worstCaseNanoDollars - row.worstCaseNanoDollars()));
    }
}
