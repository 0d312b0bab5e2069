package dev.penstock.jobs;

import java.nio.file.Path;
import java.util.List;

/** The job file belongs to another input or to other options than those of this run. */
public final class JobChangedException extends JobException {
    private final List<String> differences;

    /**
     * @param jobFile the file that holds the earlier job
     * @param differences what changed, as {@link JobIdentity#difference} says it; not empty
     * @param storedAnswers answers that a restart would throw away
     */
    public JobChangedException(Path jobFile, List<String> differences, long storedAnswers) {
        super(jobFile + " holds a job with " + storedAnswers + " stored answers that was started differently: "
                + String.join("; ", differences)
                + ". Repeat the earlier command to resume it, name another output with -o, or discard it with"
                + " --restart");
        this.differences = List.copyOf(differences);
    }

    /** What changed, one plain sentence each. */
    public List<String> differences() {
        return differences;
    }
}
