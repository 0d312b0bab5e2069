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

    /** Whether a batch may be created of a part, or its file be uploaded for that. */
    boolean mayCreate(Part part);
}
