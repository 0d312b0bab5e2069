package dev.penstock.jobs;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * Reads pending rows over a connection of its own, so that whoever picks rows never waits for answers to reach the
 * disk: with a write-ahead log, readers and the writer do not block each other. Not safe for use by several threads.
 */
final class PendingReader implements AutoCloseable {
    private final Path path;
    private final Connection connection;
    private final PreparedStatement select;
    private @Nullable PreparedStatement selectGiven;

    private PendingReader(Path path, Connection connection, PreparedStatement select) {
        this.path = path;
        this.connection = connection;
        this.select = select;
    }

    /** Open rows of a helping by stratum, see {@link BatchTables#giveFree}. */
    SortedMap<Integer, StratumCount> given(int helping) {
        SortedMap<Integer, StratumCount> counts = new TreeMap<>();
        try (PreparedStatement count = connection.prepareStatement(
                "SELECT stratum, count(*), sum(tokens) FROM batch_rows b JOIN rows r ON r.number = b.number"
                        + " WHERE b.part = ? AND b.part < 0 AND r.state = " + JobStore.PENDING
                        + " GROUP BY stratum")) {
            count.setInt(1, -helping);
            try (ResultSet rows = count.executeQuery()) {
                while (rows.next()) {
                    counts.put(rows.getInt(1), new StratumCount(rows.getLong(2), rows.getLong(3)));
                }
            }
            return counts;
        } catch (SQLException e) {
            throw JobFile.failure(path, e);
        }
    }

    /** As {@link #page}, of the rows of a helping. */
    List<RowEntry> pageOfGiven(int helping, int stratum, long afterNumber, int limit) {
        try {
            PreparedStatement given = selectGiven;
            if (given == null) {
                given = connection.prepareStatement(
                        "SELECT r.number, line, offset, length, tokens FROM batch_rows b JOIN rows r"
                                + " ON r.number = b.number WHERE r.state = " + JobStore.PENDING
                                + " AND stratum = ?1 AND r.number > ?2 AND b.part = ?4 AND b.part < 0"
                                + " ORDER BY r.number LIMIT ?3");
                selectGiven = given;
            }
            given.setInt(4, -helping);
            return JobStore.readPage(given, stratum, afterNumber, limit);
        } catch (SQLException e) {
            throw JobFile.failure(path, e);
        }
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
            PreparedStatement given = selectGiven;
            if (given != null) {
                given.close();
            }
        } catch (SQLException e) {
            throw JobFile.failure(path, e);
        }
    }
}
