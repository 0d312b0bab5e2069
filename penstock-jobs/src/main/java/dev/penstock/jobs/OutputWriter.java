package dev.penstock.jobs;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Writes what a job holds, in input order, with memory that does not grow.
 *
 * <ul>
 *   <li>Batch rows: one line for each answered row in the output format of the Batch API; failed rows in the errors
 *       file in the same shape. Bodies keep their bytes, save for line breaks between tokens.
 *   <li>Tables: each row of the input with its columns as they were and the answer in one more, named {@code answer}
 *       or, where that is taken, {@code answer_2} and so on. A row that failed or has not ended keeps its place with an
 *       empty answer (null in JSON), so that rows of input and output line up; the errors file says why it failed.
 * </ul>
 *
 * Rows that were skipped as bad are in neither file. All methods are safe for use by several threads, each with a job
 * of its own.
 *
 * @see <a href="https://platform.openai.com/docs/guides/batch">Batch API guide</a>
 */
public final class OutputWriter {
    private OutputWriter() {}

    /**
     * The format in which rows will be written: what the output's name says, else that of the input.
     *
     * @param output empty for standard output
     * @throws OutputException if batch rows are to go into a table
     */
    public static RowFormat format(RowFormat input, Optional<Path> output) {
        Optional<RowFormat> named = output.flatMap(OutputWriter::named);
        if (input == RowFormat.BATCH) {
            if (named.isPresent() && named.get() != RowFormat.JSONL) {
                throw new OutputException(output.get() + " is named like a table, but answers to batch-format rows are"
                        + " written in the Batch API's format; give the output the ending .jsonl");
            }
            return RowFormat.BATCH;
        }
        return named.orElse(input);
    }

    private static Optional<RowFormat> named(Path output) {
        String name = String.valueOf(output.getFileName()).toLowerCase(Locale.ROOT);
        if (name.endsWith(".csv")) {
            return Optional.of(RowFormat.CSV);
        }
        if (name.endsWith(".tsv") || name.endsWith(".tab")) {
            return Optional.of(RowFormat.TSV);
        }
        if (name.endsWith(".jsonl") || name.endsWith(".ndjson") || name.endsWith(".json")) {
            return Optional.of(RowFormat.JSONL);
        }
        return Optional.empty();
    }

    /** Where the failures of an output are described. */
    public static Path errorsFile(Path output) {
        return output.resolveSibling(output.getFileName() + ".errors.jsonl");
    }

    /** The job that belongs to an output. */
    public static Path jobFile(Path output) {
        return output.resolveSibling(output.getFileName() + ".job");
    }

    /** Whether the output, or the file of a job that is given instead, belongs to a job. */
    public static boolean hasJob(Path output) {
        return Files.isRegularFile(jobFile(output)) && JobFile.looksLikeOne(jobFile(output));
    }

    /**
     * A new job would replace what another one wrote.
     *
     * @throws OutputException if there is something in it
     */
    static void requireNothingToLose(Path output) {
        try {
            if (Files.isRegularFile(output) && Files.size(output) > 0) {
                throw new OutputException(
                        output + " holds something already, and no job is beside it that this command could"
                                + " go on with; name another file with -o, or add --restart to replace it");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Refuses an output that could not be written in the end, before anything is paid for.
     *
     * @throws OutputException saying what is wrong with it
     */
    public static void check(JobInput input, Path output) {
        RowFormat unused = format(input.format(), Optional.of(output));
        Path folder = output.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new OutputException(output + " cannot be written: its folder does not exist; create it first");
        }
        if (!Files.isWritable(folder)) {
            throw new OutputException(output + " cannot be written: its folder is not writable; name another -o");
        }
        if (Files.exists(output) && !Files.isRegularFile(output)) {
            throw new OutputException(output + " is not a regular file, so it cannot be replaced by the finished"
                    + " output; name a file with -o, or leave -o out for standard output");
        }
        try {
            if (Files.exists(output) && Files.isSameFile(input.path(), output)) {
                throw new OutputException(output + " is the input; name another file with -o");
            }
        } catch (IOException e) {
            throw new OutputException(output, e);
        }
    }

    /**
     * Writes the output and, if rows failed, its errors file; both appear complete or not at all. An errors file of an
     * earlier run is removed when there are no failures any more.
     *
     * @throws StorageFullException if the disk takes no more
     * @throws OutputException if the output cannot be written for another reason
     */
    public static OutputSummary toFile(JobStore store, JobInput input, Path output) {
        Path errors = errorsFile(output);
        try (ReplacingFile rows = new ReplacingFile(output);
                ReplacingFile failures = new ReplacingFile(errors)) {
            OutputSummary summary =
                    write(store, input, format(input.format(), Optional.of(output)), rows, failures, errors);
            rows.finish();
            failures.finish();
            if (summary.failed() > 0) {
                failures.replaceTarget();
            } else {
                Files.deleteIfExists(errors);
            }
            rows.replaceTarget();
            return summary;
        } catch (IOException | UncheckedIOException e) {
            throw failure(output, e);
        }
    }

    /**
     * Writes the rows to a stream, which is flushed but not closed, and failures to a file.
     *
     * @param errors as with {@link #toFile}
     */
    public static OutputSummary toStream(JobStore store, JobInput input, OutputStream out, Path errors) {
        Path standardOutput = Path.of("standard output");
        try (ReplacingFile failures = new ReplacingFile(errors)) {
            OutputSummary summary = write(store, input, input.format(), out, failures, errors);
            out.flush();
            failures.finish();
            if (summary.failed() > 0) {
                failures.replaceTarget();
            } else {
                Files.deleteIfExists(errors);
            }
            return summary;
        } catch (IOException | UncheckedIOException e) {
            throw failure(standardOutput, e);
        }
    }

    private static OutputSummary write(
            JobStore store, JobInput input, RowFormat format, OutputStream out, OutputStream failures, Path errors)
            throws IOException {
        List<String> columns = input.format().isDelimited() ? input.header() : store.columns();
        RowWriter writer = format == RowFormat.BATCH
                ? new BatchRowWriter(input, jobDigest(store))
                : new TableRowWriter(input, columns, format);
        long[] counts = new long[3];
        ByteText rowText = new ByteText(16 << 10);
        ByteText failureText = new ByteText(4 << 10);
        writer.begin(rowText);
        flush(rowText, out);
        store.forEachRow(row -> {
            writer.write(row, rowText, failureText);
            counts[
                    row.result()
                            .map(result -> switch (result) {
                                case RowResult.Answered answered -> 0;
                                case RowResult.Failed failed -> 1;
                            })
                            .orElse(2)]++;
            try {
                flush(rowText, out);
                flush(failureText, failures);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return new OutputSummary(
                counts[0], counts[1], counts[2], counts[1] > 0 ? Optional.of(errors) : Optional.empty());
    }

    private static String jobDigest(JobStore store) {
        return store.identity().map(identity -> identity.input().sha256()).orElse("");
    }

    private static void flush(ByteText text, OutputStream out) throws IOException {
        if (text.size() > 0) {
            out.write(text.array(), 0, text.size());
            text.clear();
        }
    }

    private static JobException failure(Path file, Exception e) {
        String message = String.valueOf(e.getMessage());
        boolean full = message.contains("No space left")
                || message.contains("not enough space")
                || message.contains("uota exceeded")
                || message.contains("File too large");
        return full ? new StorageFullException(file, e) : new OutputException(file, e);
    }
}
