package dev.penstock.cli;

import dev.penstock.jobs.batch.BatchGoal;
import java.util.Locale;

/** What {@code penstock batch} does with a job; the arguments are those of {@code penstock run}. */
enum BatchVerb {
    SUBMIT(
            BatchGoal.SUBMIT,
            "Submit the rows of a file as batches, as many as the queue takes, and return.",
            "submitted; 'penstock batch wait' with the same arguments goes on"),
    WAIT(BatchGoal.COMPLETE, "Go on with the batches of a job until every row is answered.", "every row is answered"),
    FETCH(BatchGoal.FETCH, "Fetch what is over by now, write the answers so far, and return.", "every row is answered"),
    CANCEL(
            BatchGoal.CANCEL,
            "Cancel the batches of a job and fetch what they have answered.",
            "nothing runs at the provider any more");

    private final BatchGoal goal;
    private final String description;
    private final String success;

    BatchVerb(BatchGoal goal, String description, String success) {
        this.goal = goal;
        this.description = description;
        this.success = success;
    }

    BatchGoal goal() {
        return goal;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    String description() {
        return description;
    }

    /** What exit code 0 means. */
    String success() {
        return success;
    }
}
