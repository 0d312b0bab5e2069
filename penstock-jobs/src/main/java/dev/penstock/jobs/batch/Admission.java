package dev.penstock.jobs.batch;

/** Lets somebody who knows more than the machine hold parts back, for as long as they like. */
public interface Admission {
    /** Whoever asks may go on. */
    Admission ALWAYS = new Admission() {
        @Override
        public boolean mayPlan() {
            return true;
        }

        @Override
        public boolean mayCreate(Part part) {
            return true;
        }
    };

    /** Whether free rows may be dealt to new parts. */
    boolean mayPlan();

    /** Whether a batch may be created of a part, or its file be uploaded for that. */
    boolean mayCreate(Part part);
}
