package dev.penstock.jobs.batch;

/** Lets somebody who knows more than the machine hold parts back, for as long as they like. */
public interface Admission {
    /** Whoever asks may go on. */
    Admission ALWAYS = new Admission() {
        @Override
        public long mostPartRows() {
            return Long.MAX_VALUE;
        }

        @Override
        public boolean mayCreate(Part part) {
            return true;
        }
    };

    /** The most rows of a new part; 0 if free rows may not be dealt to new parts. */
    long mostPartRows();

    /**
     * A batch failed in its validation for what is not in a row, so that the next one of the same model would fail alike.
     *
     * @return whether whoever asks goes on with other parts, and the rows of this one are sent in another way; if not,
     *     everything is stopped
     */
    default boolean goesOnWithout(Part part, String explanation) {
        return false;
    }

    /** Whether a batch may be created of a part, or its file be uploaded for that. */
    boolean mayCreate(Part part);
}
