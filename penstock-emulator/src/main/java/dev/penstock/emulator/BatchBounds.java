package dev.penstock.emulator;

/**
 * What files and batches may hold, as the vendor documents it, and how many batches the twin goes on with at a time.
 *
 * @param fileBytes of any file
 * @param batchBytes of the input of a batch
 * @param rows of a batch
 * @param embeddingInputs of all rows of a batch together
 * @param creationsPerHour of batches
 * @param uploadsPerMinute of files
 * @param activeBatches that are not over; the vendor documents no such limit, but each takes memory and time
 */
record BatchBounds(
        long fileBytes,
        long batchBytes,
        int rows,
        long embeddingInputs,
        long creationsPerHour,
        long uploadsPerMinute,
        int activeBatches) {
    static final BatchBounds DOCUMENTED =
            new BatchBounds(512L << 20, 209_715_200, 50_000, 50_000, 2_000, 1_000, 10_000);
}
