package dev.penstock.jobs;

/**
 * Hears of the events of a run. All methods are called on the thread of {@link JobRun#run}, in order; what a listener
 * throws changes nothing. A slow listener delays only the next event.
 */
public interface RunListener {
    /** A listener that does nothing. */
    static RunListener none() {
        return new RunListener() {};
    }

    /** The input is being read for the first time. Called a few times a second. */
    default void scanning(long rowsSoFar, long bytesSoFar, long totalBytes) {}

    /** The input was read for the first time. */
    default void scanned(ScanReport report) {}

    /** An earlier run's job is taken up. */
    default void resumed(JobCounts counts) {}

    /** Sending begins. Not called if nothing is to be sent. */
    default void started(RunStart start) {}

    /** What rows will cost that are about to be put into batches. */
    default void expected(BatchCost cost) {}

    /** What a run with a deadline is going to do. Nothing is in a batch yet. */
    default void planned(RunPlan plan) {}

    /** Something that a person may want to know, one or two sentences; the same thing is not told over and over. */
    default void notice(String text) {}
}
