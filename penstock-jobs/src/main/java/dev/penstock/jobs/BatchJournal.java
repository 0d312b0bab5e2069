package dev.penstock.jobs;

import dev.penstock.jobs.batch.Part;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.sqlite.SQLiteConfig;

/**
 * What a job's file says of its batches, read beside a run that may be at work on it.
 *
 * @param rows good rows of the input
 * @param answered rows with an answer
 * @param failed rows that failed for good
 * @param parts every part, by number; empty if the job never had any
 * @param events every step, oldest first
 */
public record BatchJournal(long rows, long answered, long failed, List<Part> parts, List<Event> events) {
    /** As many steps as are read; the newest ones. */
    private static final int MOST_EVENTS = 10_000;

    public BatchJournal {
        parts = List.copyOf(parts);
        events = List.copyOf(events);
    }

    /**
     * A step of a part.
     *
     * @param phase the word of its phase since then
     * @param detail one clause for people
     */
    public record Event(Instant at, int part, String phase, String batchId, String detail) {}

    /**
     * Reads the file of a job.
     *
     * @param job the job's file, or the output that it belongs to
     * @throws JobFileException if there is none, or it cannot be read
     */
    public static BatchJournal read(Path job) {
        Path file = Files.isRegularFile(OutputWriter.jobFile(job)) ? OutputWriter.jobFile(job) : job;
        if (!Files.isRegularFile(file) || !JobFile.looksLikeOne(file)) {
            throw new JobFileException("there is no job for " + job + ": neither " + OutputWriter.jobFile(job) + " nor "
                    + job + " is the file of one. Give the OUTPUT of the run");
        }
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        config.setBusyTimeout(5_000);
        // Reading a job that nobody works on leaves nothing beside it: without its log the file is whole, and need not
        // be shared.
        boolean alone = !Files.exists(file.resolveSibling(file.getFileName() + "-wal"));
        String address = alone ? "file:" + uri(file) + "?immutable=1" : file.toString();
        try (Connection connection = config.createConnection("jdbc:sqlite:" + address)) {
            boolean any = number(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'batch_parts'") > 0;
            return new BatchJournal(
                    total(connection, "rows"),
                    total(connection, "answered"),
                    total(connection, "failed"),
                    any ? parts(connection) : List.of(),
                    any ? events(connection) : List.of());
        } catch (SQLException e) {
            throw JobFile.failure(file, e);
        }
    }

    /** As SQLite reads it in an address: a question mark or a hash would end the name. */
    private static String uri(Path file) {
        return String.valueOf(file.toAbsolutePath().toUri().getRawPath());
    }

    private static long total(Connection connection, String name) throws SQLException {
        return number(connection, "SELECT coalesce(sum(amount), 0) FROM totals WHERE name = '" + name + "'");
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(sql);
                ResultSet row = select.executeQuery()) {
            return row.getLong(1);
        }
    }

    private static List<Part> parts(Connection connection) throws SQLException {
        String worstCase = number(connection, JobFile.HAS_WORST_CASES) > 0 ? JobFile.WORST_CASE : "0";
        try (PreparedStatement select =
                connection.prepareStatement(BatchTables.partsSql(worstCase) + " ORDER BY part")) {
            return BatchTables.readParts(select);
        }
    }

    private static List<Event> events(Connection connection) throws SQLException {
        List<Event> events = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT at_ms, part, phase, batch_id, detail FROM"
                        + " (SELECT * FROM batch_events ORDER BY id DESC LIMIT " + MOST_EVENTS + ") ORDER BY id");
                ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                events.add(new Event(
                        Instant.ofEpochMilli(rows.getLong(1)),
                        rows.getInt(2),
                        rows.getString(3),
                        rows.getString(4),
                        rows.getString(5)));
            }
        }
        return events;
    }
}
