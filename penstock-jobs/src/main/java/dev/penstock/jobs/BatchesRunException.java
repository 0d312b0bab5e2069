package dev.penstock.jobs;

import java.nio.file.Path;

/** Rows of the job are in batches at the provider, so that to send them otherwise would be to pay for them twice. */
public final class BatchesRunException extends JobException {
    private static final long serialVersionUID = 1L;

    BatchesRunException(Path job, String what) {
        super(what + " is refused: rows of " + job
                + " are in batches at the provider and would be paid for twice. Go on with"
                + " --via batch or, to keep a deadline, with --via auto as before; or end the batches first with 'penstock"
                + " batch cancel INPUT -o OUTPUT'");
    }
}
