package dev.penstock.jobs.batch;

/** How far a machine goes. */
public enum BatchGoal {
    /** Until every row has ended. */
    COMPLETE,
    /** Until as much is submitted as fits, and past the validation. */
    SUBMIT,
    /** Until what is over by now is in the job. */
    FETCH,
    /** Until nothing runs at the provider any more. */
    CANCEL;

    public boolean sends() {
        return switch (this) {
            case COMPLETE, SUBMIT -> true;
            case FETCH, CANCEL -> false;
        };
    }
}
