package dev.penstock.jobs;

/**
 * Turns the bytes of one row into its request. The bytes are well-formed UTF-8. Implementations are immutable and safe
 * for use by several threads.
 */
sealed interface RowParser permits BatchRows, DelimitedRows, JsonRows {
    /**
     * The request of a row.
     *
     * @param number the row's, for naming it
     */
    PreparedRequest parse(byte[] bytes, int offset, int length, long number) throws BadRowException;
}
