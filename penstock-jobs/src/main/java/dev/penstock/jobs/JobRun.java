package dev.penstock.jobs;

import dev.penstock.wire.Usage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Sends the rows of an input as fast as the quota allows, keeps every answer in the job's file and writes the output.
 * Running again with the same settings goes on where an earlier run stopped, however that ended.
 *
 * <p>One run per object. {@link #interrupt} and {@link #progress} are safe to call from any thread.
 */
public final class JobRun {
    private final RunSettings settings;
    private final RunListener listener;
    private final AtomicBoolean started = new AtomicBoolean();
    private volatile RunProgress progress;

    public JobRun(RunSettings settings, RunListener listener) {
        this.settings = settings;
        this.listener = listener;
        this.progress = nothingYet();
    }

    /**
     * Runs to the end and returns what was done, also if the run ended early.
     *
     * @throws InputException if the input cannot be used, or holds rows that cannot be sent and may not be skipped
     * @throws JobChangedException if the job was started with another input or other options
     * @throws JobLockedException if another process works on the job
     * @throws JobFileException if the job's file cannot be used
     * @throws OutputException if the output cannot be written
     * @throws IllegalStateException if it was called before
     */
    public RunReport run() {
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException("this run was started before; make a new one to run again");
        }
        throw new IllegalStateException(settings + listener.toString());
    }

    /**
     * Ends the run soon: nothing new is sent, what is in flight has a few seconds to come in, is stored, and the output
     * is written. A second call does not wait for what is in flight.
     */
    public void interrupt() {}

    /** Where the run stands. Cheap. */
    public RunProgress progress() {
        return progress;
    }

    static RunProgress nothingYet() {
        return new RunProgress(
                RunPhase.SCANNING,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                Duration.ZERO,
                new RunRate(0, 0),
                new RunRate(0, 0),
                List.of(),
                Optional.empty(),
                0,
                0,
                0,
                Optional.empty(),
                new Usage(0, 0, 0),
                Optional.empty(),
                Optional.empty());
    }
}
