package dev.penstock.jobs;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import org.sqlite.SQLiteConfig;

/**
 * Reads pending rows over a connection of its own, so that whoever picks rows never waits for answers to reach the
 * disk: with a write-ahead log, readers and the writer do not block each other. Not safe for use by several threads.
 */
final class PendingReader implements AutoCloseable {
    private final Path path;
    private final Connection connection;
    private final PreparedStatement select;

    private PendingReader(Path path, Connection connection, PreparedStatement select) {
        this.path = path;
        this.connection = connection;
        this.select = select;
    }

    static PendingReader open(Path path) {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        config.setBusyTimeout(5_000);
        try {
            Connection connection = config.createConnection("jdbc:sqlite:" + path);
            return new PendingReader(path, connection, connection.prepareStatement(JobStore.SELECT_PENDING));
        } catch (SQLException e) {
            throw JobFile.failure(path, e);
        }
    }

    /** As {@link JobStore#pendingPage}. */
    List<RowEntry> page(int stratum, long afterNumber, int limit) {
        try {
            return JobStore.readPage(select, stratum, afterNumber, limit);
        } catch (SQLException e) {
            throw JobFile.failure(path, e);
        }
    }

    @Override
    public void close() {
        try (connection) {
            select.close();
        } catch (SQLException e) {
            throw JobFile.failure(path, e);
        }
    }
}
