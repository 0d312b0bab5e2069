package dev.penstock.jobs;

/** What the rows of an input look like. */
public enum RowFormat {
    /**
     * One request a line, as the Batch API reads it: {@code custom_id}, {@code method}, {@code url}, {@code body}.
     *
     * @see <a href="https://platform.openai.com/docs/guides/batch">Batch API guide</a>
     */
    BATCH,
    /** Comma-separated values with a header row (RFC 4180). */
    CSV,
    /** Tab-separated values with a header row, quoted like CSV. */
    TSV,
    /** One JSON object a line; its top-level names are the columns. */
    JSONL;

    /** The byte between two fields; only delimited formats have one. */
    byte delimiter() {
        return switch (this) {
            case CSV -> ',';
            case TSV -> '\t';
            case BATCH, JSONL -> throw new IllegalStateException(this + " has no delimiter");
        };
    }

    boolean isDelimited() {
        return this == CSV || this == TSV;
    }
}
