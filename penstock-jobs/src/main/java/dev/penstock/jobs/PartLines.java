package dev.penstock.jobs;

import dev.penstock.jobs.batch.Part;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The lines of a part's file, read from the input as they are needed: a file of 200 MiB takes no more memory than one of
 * a few rows. Not thread-safe.
 */
final class PartLines {
    private static final int CHUNK_BYTES = 64 << 10;
    private static final int ROWS_PER_PAGE = 1_000;

    private final BatchTables tables;
    private final JobInput input;
    private final Part part;
    private final Queue<BatchRowState> page = new ArrayDeque<>();
    private final ByteText text = new ByteText(2 * CHUNK_BYTES);
    private long lastNumber = -1;
    private long bytes;

    PartLines(BatchTables tables, JobInput input, Part part) {
        this.tables = tables;
        this.input = input;
        this.part = part;
    }

    /**
     * The next lines; empty at the end.
     *
     * @throws InputException if the input has changed, so that the lines are not those that were planned
     */
    byte[] next() {
        text.clear();
        while (text.size() < CHUNK_BYTES) {
            if (page.isEmpty()) {
                page.addAll(tables.rows(part.number(), lastNumber, ROWS_PER_PAGE));
            }
            BatchRowState row = page.poll();
            if (row == null) {
                break;
            }
            lastNumber = row.place().number();
            BatchLines.append(text, input.read(row.place()));
        }
        bytes += text.size();
        boolean end = text.size() == 0;
        if (bytes > part.size().bytes() || (end && bytes != part.size().bytes())) {
            throw InputException.changed(input.path());
        }
        return text.toBytes();
    }
}
