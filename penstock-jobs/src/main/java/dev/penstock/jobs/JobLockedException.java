package dev.penstock.jobs;

import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalLong;

/** Another process, or another part of this one, is working on the same job. */
public final class JobLockedException extends JobException {
    private final transient OptionalLong pid;
    private final transient Optional<Instant> since;

    JobLockedException(Path jobFile, OptionalLong pid, Optional<Instant> since) {
        super(jobFile + " is in use by "
                + (pid.isPresent() ? "process " + pid.getAsLong() : "another process")
                + since.map(start -> ", running since " + start.truncatedTo(ChronoUnit.SECONDS))
                        .orElse("")
                + "; one process at a time may work on a job. Wait for it, stop it, or name another output with -o");
        this.pid = pid;
        this.since = since;
    }

    /** The process that holds the job, where it could be read. */
    public OptionalLong pid() {
        return pid;
    }

    /** When that process started. */
    public Optional<Instant> since() {
        return since;
    }
}
