package dev.penstock.jobs.batch;

import dev.penstock.wire.BatchObject;
import dev.penstock.wire.BatchStatus;

/**
 * A part of a job, whose rows go into one batch.
 *
 * @param attempt creations of a batch for it so far; the last one's number is in the batch's metadata
 * @param fileId its input file at the provider; empty while there is none, or none any more
 * @param batchId its batch; empty while it is not known
 * @param status what the provider last said of the batch
 * @param completed rows that the provider counts as completed
 * @param failed rows that the provider counts as failed
 * @param outputFileId empty while there is none
 * @param errorFileId likewise
 */
public record Part(
        PartSize size,
        PartPhase phase,
        int attempt,
        String fileId,
        String batchId,
        BatchStatus status,
        long completed,
        long failed,
        String outputFileId,
        String errorFileId) {

    /** A part that nothing has happened to. */
    public static Part planned(PartSize size) {
        return new Part(size, PartPhase.PLANNED, 0, "", "", BatchStatus.UNKNOWN, 0, 0, "", "");
    }

    public int number() {
        return size.number();
    }

    Part with(PartPhase newPhase) {
        return new Part(size, newPhase, attempt, fileId, batchId, status, completed, failed, outputFileId, errorFileId);
    }

    /** With rows taken away. */
    public Part resized(PartSize newSize) {
        return new Part(newSize, phase, attempt, fileId, batchId, status, completed, failed, outputFileId, errorFileId);
    }

    Part withFile(String id) {
        return new Part(size, phase, attempt, id, batchId, status, completed, failed, outputFileId, errorFileId);
    }

    /** About to be created once more. */
    Part creating() {
        return new Part(size, PartPhase.CREATING, attempt + 1, fileId, "", BatchStatus.UNKNOWN, 0, 0, "", "");
    }

    /** Its batch failed before it ran, or never came to be; the file is still good. */
    Part uploadedAgain() {
        return new Part(size, PartPhase.UPLOADED, attempt, fileId, "", BatchStatus.UNKNOWN, 0, 0, "", "");
    }

    Part seen(PartPhase newPhase, BatchObject batch) {
        return new Part(
                size,
                newPhase,
                attempt,
                fileId,
                batch.id(),
                batch.status(),
                batch.completed(),
                batch.failed(),
                batch.outputFileId().orElse(""),
                batch.errorFileId().orElse(""));
    }

    /** What came of it is in the job now. */
    public Part merged() {
        return with(PartPhase.MERGED);
    }

    /** Its rows are free now. */
    public Part dissolved() {
        return with(PartPhase.DISSOLVED);
    }
}
