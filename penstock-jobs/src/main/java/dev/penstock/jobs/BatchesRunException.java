package dev.penstock.jobs;

import java.nio.file.Path;

/** Rows of the job are in batches at the provider, so that to send them otherwise would be to pay for them twice. */
public final class BatchesRunException extends JobException {
    private static final long serialVersionUID = 1L;

    BatchesRunException(Path job, String what) {
        super(what + " is refused: rows of " + job
                + " are in batches at the provider and would be paid for twice. Go on with"
                + " --via batch, or end the batches first with 'penstock batch cancel' and the same arguments");
    }
}
