package dev.penstock.jobs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;

/** The file of a job: its layout, how it is opened, and what SQLite's errors about it mean. */
final class JobFile {
    static final String START_AGAIN =
            "Keep a copy if its answers matter, then remove it and run the same command again to start anew";

    /** "Pens" in ASCII, in the header field that SQLite leaves to applications. */
    private static final int APPLICATION_ID = 0x50656E73;

    private static final byte[] SQLITE_HEADER = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
    private static final int CACHE_KIB = 16 << 10;
    private static final int WAL_BYTES_KEPT = 64 << 20;

    private static final String[] LAYOUT = {
        "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        "CREATE TABLE options(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        "CREATE TABLE columns(position INTEGER PRIMARY KEY, name TEXT NOT NULL)",
        "CREATE TABLE rows(number INTEGER PRIMARY KEY, line INTEGER NOT NULL, offset INTEGER NOT NULL,"
                + " length INTEGER NOT NULL, stratum INTEGER NOT NULL, tokens INTEGER NOT NULL,"
                + " state INTEGER NOT NULL DEFAULT 0)",
        "CREATE TABLE answers(number INTEGER PRIMARY KEY, status INTEGER, request_id TEXT, code TEXT, message TEXT,"
                + " model TEXT NOT NULL, input_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL,"
                + " output_tokens INTEGER NOT NULL, attempts INTEGER NOT NULL, latency_ms INTEGER NOT NULL,"
                + " body BLOB NOT NULL)",
        // Kept in step with every change, because counting two million rows on each start takes seconds.
        "CREATE TABLE totals(name TEXT PRIMARY KEY, amount INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE spent(model TEXT PRIMARY KEY, input INTEGER NOT NULL, cached INTEGER NOT NULL,"
                + " output INTEGER NOT NULL) WITHOUT ROWID",
    };

    /** Of a job without batches. */
    private static final int FIRST_VERSION = 1;

    /**
     * Of a job with batches. An older Penstock would send their rows again, or forget what their batches can cost (before
     * 3), so it must not take such a job up.
     */
    private static final int BATCH_VERSION = 3;

    /** In {@code batch_parts}, since version 3. */
    static final String WORST_CASE = "worst_nanodollars";

    private static final String[] BATCH_LAYOUT = {
        "CREATE TABLE IF NOT EXISTS batch_parts(part INTEGER PRIMARY KEY, model TEXT NOT NULL, endpoint TEXT NOT NULL,"
                + " rows INTEGER NOT NULL, bytes INTEGER NOT NULL, tokens INTEGER NOT NULL, phase TEXT NOT NULL,"
                + " attempt INTEGER NOT NULL, file_id TEXT NOT NULL, batch_id TEXT NOT NULL, status TEXT NOT NULL,"
                + " completed INTEGER NOT NULL, failed INTEGER NOT NULL, output_file TEXT NOT NULL,"
                + " error_file TEXT NOT NULL, " + WORST_CASE + " INTEGER NOT NULL DEFAULT 0)",
        // What happened, for people and for the pace of creations.
        "CREATE TABLE IF NOT EXISTS batch_events(id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, part INTEGER NOT NULL,"
                + " attempt INTEGER NOT NULL, phase TEXT NOT NULL, batch_id TEXT NOT NULL, status TEXT NOT NULL,"
                + " detail TEXT NOT NULL)",
        // A row that was in a part once, with part 0 when it is free again.
        "CREATE TABLE IF NOT EXISTS batch_rows(number INTEGER PRIMARY KEY, part INTEGER NOT NULL,"
                + " attempts INTEGER NOT NULL)",
        "CREATE INDEX IF NOT EXISTS batch_rows_of_part ON batch_rows(part) WHERE part > 0",
        "CREATE INDEX IF NOT EXISTS batch_rows_live ON batch_rows(part) WHERE part < 0",
        "CREATE TABLE IF NOT EXISTS batch_spent(model TEXT PRIMARY KEY, input INTEGER NOT NULL, cached INTEGER NOT NULL,"
                + " output INTEGER NOT NULL) WITHOUT ROWID",
        "PRAGMA user_version=" + BATCH_VERSION,
    };

    private JobFile() {}

    /** Adds what a job with batches needs; again changes nothing. */
    static void layOutBatches(JobStore store) throws SQLException {
        for (String statement : BATCH_LAYOUT) {
            store.execute(statement);
        }
        if (!store.hasWorstCases()) {
            store.execute("ALTER TABLE batch_parts ADD COLUMN " + WORST_CASE + " INTEGER NOT NULL DEFAULT 0");
        }
    }

    /** Counts 1 if parts say what they can cost at most. */
    static final String HAS_WORST_CASES =
            "SELECT count(*) FROM pragma_table_info('batch_parts') WHERE name = '" + WORST_CASE + "'";

    /** Opens the file, laying it out if it is new. */
    static Connection connect(Path path, int schemaVersion) {
        requireDatabase(path);
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setCacheSize(-CACHE_KIB);
        config.setJournalSizeLimit(WAL_BYTES_KEPT);
        config.setBusyTimeout(5_000);
        Connection connection = null;
        try {
            connection = config.createConnection("jdbc:sqlite:" + path);
            layOut(connection, path, schemaVersion);
            return connection;
        } catch (SQLException | RuntimeException e) {
            if (connection != null) {
                try {
                    connection.close();
                } catch (SQLException again) {
                    e.addSuppressed(again);
                }
            }
            throw e instanceof SQLException sql ? failure(path, sql) : (RuntimeException) e;
        }
    }

    private static void requireDatabase(Path path) {
        try {
            if (!Files.exists(path) || Files.size(path) == 0) {
                return;
            }
            try (InputStream in = Files.newInputStream(path)) {
                if (!Arrays.equals(in.readNBytes(SQLITE_HEADER.length), SQLITE_HEADER)) {
                    throw notAJob(path);
                }
            }
        } catch (IOException e) {
            throw new JobFileException(path + " cannot be read (" + e + "); check its permissions", e);
        }
    }

    /** Whether it is a database at all. */
    static boolean looksLikeOne(Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            return Arrays.equals(in.readNBytes(SQLITE_HEADER.length), SQLITE_HEADER);
        } catch (IOException e) {
            return false;
        }
    }

    private static JobFileException notAJob(Path path) {
        return new JobFileException(path + " is not a job of Penstock's, so it is left alone; name another output with"
                + " -o, or move that file away");
    }

    private static void layOut(Connection connection, Path path, int schemaVersion) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            int application = number(statement, "PRAGMA application_id");
            int version = number(statement, "PRAGMA user_version");
            int tables = number(statement, "SELECT count(*) FROM sqlite_schema");
            if (tables > 0 && application != APPLICATION_ID) {
                throw notAJob(path);
            }
            if (version > schemaVersion) {
                throw new JobFileException(path + " was written by a newer Penstock (layout " + version
                        + ", this one knows " + schemaVersion + "); use that version, or another -o");
            }
            if (tables == 0) {
                statement.execute("BEGIN IMMEDIATE");
                for (String table : LAYOUT) {
                    statement.execute(table);
                }
                statement.execute("PRAGMA application_id=" + APPLICATION_ID);
                statement.execute("PRAGMA user_version=" + FIRST_VERSION);
                statement.execute("COMMIT");
            }
        }
    }

    private static int number(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            return rows.getInt(1);
        }
    }

    /** What an error of SQLite means for the job. */
    static JobException failure(Path path, SQLException e) {
        // Extended codes keep the primary one in their low byte.
        int code = e.getErrorCode() & 0xFF;
        if (code == SQLiteErrorCode.SQLITE_FULL.code || code == SQLiteErrorCode.SQLITE_IOERR.code) {
            return new StorageFullException(path, e);
        }
        if (code == SQLiteErrorCode.SQLITE_CORRUPT.code || code == SQLiteErrorCode.SQLITE_NOTADB.code) {
            return new JobFileException(path + " is damaged. " + START_AGAIN, e);
        }
        if (code == SQLiteErrorCode.SQLITE_BUSY.code || code == SQLiteErrorCode.SQLITE_LOCKED.code) {
            return new JobFileException(
                    path + " is locked by another program, perhaps a database viewer; close it and run the same"
                            + " command again",
                    e);
        }
        if (code == SQLiteErrorCode.SQLITE_READONLY.code
                || code == SQLiteErrorCode.SQLITE_CANTOPEN.code
                || code == SQLiteErrorCode.SQLITE_PERM.code) {
            return new JobFileException(
                    path + " cannot be written; check the permissions of the file and of its folder", e);
        }
        return new JobFileException(
                path + " cannot be used: " + e.getMessage() + ". Run the same command again; stored answers are safe",
                e);
    }
}
