package dev.penstock.jobs;

/** Puts rows and their results into lines. Not thread-safe. */
sealed interface RowWriter permits BatchRowWriter, TableRowWriter {
    /** What stands before the first row. */
    void begin(ByteText out);

    /** Appends the row's line, if it has one, to the output, and that of its failure, if it failed, to the failures. */
    void write(StoredRow row, ByteText out, ByteText failures);
}
