package dev.penstock.jobs.batch;

import dev.penstock.wire.BatchObject;
import java.util.List;
import java.util.OptionalLong;

/** What a driver is to do next. After each but the last three it tells the machine what came of it. */
public sealed interface BatchAction {
    /** Upload the part's rows as a file. */
    record Upload(Part part) implements BatchAction {}

    /** Look whether the part's file was uploaded: nobody knows how an upload ended. */
    record FindFile(Part part) implements BatchAction {}

    /** Create a batch of the part's file. The intent is on the disk. */
    record Create(Part part) implements BatchAction {}

    /** Look whether the part's batch was created: nobody knows how a creation ended. */
    record FindBatch(Part part) implements BatchAction {}

    /** Ask how the batch is doing. */
    record Poll(Part part) implements BatchAction {}

    record Cancel(Part part) implements BatchAction {}

    /** Fetch what came of the batch into the job. */
    record Merge(Part part) implements BatchAction {}

    /**
     * Free the part's rows: it will not run.
     *
     * @param problems rows that the provider refuses, by the line of the part's file, from 1; these fail for good
     * @param attempt whether it counts as an attempt for the other rows
     */
    record Release(Part part, List<BatchObject.Problem> problems, boolean attempt) implements BatchAction {
        public Release {
            problems = List.copyOf(problems);
        }
    }

    /** Delete the part's input file at the provider. */
    record DeleteFile(Part part) implements BatchAction {}

    /** Deal the rows that belong to no part to new parts. */
    record Plan() implements BatchAction {}

    /**
     * Nothing to do.
     *
     * @param untilNanos when to ask again; empty for never, which no driver sees unless it forgot to tell something
     */
    record Wait(OptionalLong untilNanos) implements BatchAction {}

    /** All is done that was to be done, or nothing more can be. */
    record Finished() implements BatchAction {}
}
