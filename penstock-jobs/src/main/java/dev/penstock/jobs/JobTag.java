package dev.penstock.jobs;

import dev.penstock.jobs.batch.Part;
import dev.penstock.wire.BatchObject;
import dev.penstock.wire.FileObject;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * How a job's files and batches are known again at the provider, if the answer to their creation was lost. Immutable.
 *
 * @param value what no other job has
 */
record JobTag(String value) {
    private static final String JOB = "penstock_job";
    private static final String PART = "penstock_part";
    private static final String ATTEMPT = "penstock_attempt";
    private static final int BYTES = 8;

    /** A new one. */
    static JobTag fresh(SecureRandom random) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return new JobTag(HexFormat.of().formatHex(bytes));
    }

    private String filenameStart() {
        return "penstock-" + value + "-part-";
    }

    String filename(Part part) {
        return filenameStart() + part.number() + ".jsonl";
    }

    /** Whether a file is one of the job, of whatever part. */
    boolean marks(FileObject file) {
        return file.filename().startsWith(filenameStart());
    }

    /** Whether a file holds the rows of a part. */
    boolean marks(FileObject file, Part part) {
        return file.filename().equals(filename(part))
                && (file.bytes() < 0 || file.bytes() == part.size().bytes());
    }

    /** Whether a batch is one of a part. */
    boolean marks(BatchObject batch, Part part) {
        return value.equals(batch.metadata().get(JOB))
                && Integer.toString(part.number()).equals(batch.metadata().get(PART));
    }

    /** The request that creates the batch of a part. */
    byte[] creation(Part part) {
        ByteText json = new ByteText(512);
        json.append("{\"input_file_id\":").appendJsonString(part.fileId());
        json.append(",\"endpoint\":").appendJsonString(part.size().key().endpoint());
        json.append(",\"completion_window\":\"24h\",\"metadata\":{\"" + JOB + "\":")
                .appendJsonString(value);
        json.append(",\"" + PART + "\":\"").append(part.number());
        json.append("\",\"" + ATTEMPT + "\":\"").append(part.attempt()).append("\"}}");
        return json.toBytes();
    }
}
