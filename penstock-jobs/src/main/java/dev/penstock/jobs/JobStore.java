package dev.penstock.jobs;

import dev.penstock.wire.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A job on disk: which rows there are and how each one ended, in one SQLite file. Whatever {@link #store} has returned
 * for survives the death of the process and of the machine. One store at a time may be open on a job. Safe for use by
 * several threads; calls take turns.
 *
 * <p>Methods throw {@link StorageFullException} when the disk takes no more, and {@link JobFileException} when the file
 * is damaged or cannot be used; a change that failed is undone as a whole.
 */
public final class JobStore implements AutoCloseable {
    /** The newest layout that is known; see {@link JobFile}. */
    private static final int SCHEMA_VERSION = 3;

    static final int PENDING = 0;
    private static final int ANSWERED = 1;
    private static final int FAILED = 2;

    /** The table of what live calls spent. */
    static final String LIVE = "spent";

    /** The table of what batches spent. */
    static final String BATCH = "batch_spent";

    static final String SELECT_PENDING = "SELECT number, line, offset, length, tokens FROM rows WHERE state = "
            + PENDING + " AND stratum = ? AND number > ? ORDER BY number LIMIT ?";

    private static final String SCAN = "scan";
    private static final String FINISHED = "finished";
    private static final String TOOL = "tool";
    /** Followed by the family's number. */
    private static final String FAMILY = "family.";

    /** Among the totals. */
    private static final String SPEND_MARK = "spend_mark";

    /** Likewise. */
    private static final String LOST_IN_BATCHES = "batch_lost";

    private static final String SHA256 = "input.sha256";
    private static final String BYTES = "input.bytes";
    private static final String MODIFIED = "input.modified";

    private final Path path;
    private final JobLock lock;
    private final ReentrantLock turns = new ReentrantLock();
    /** Guarded by {@link #turns}. */
    private Connection connection;
    /** Guarded by {@link #turns}; prepared when first used. */
    private final Map<String, PreparedStatement> statements = new HashMap<>();

    private JobStore(Path path, JobLock lock, Connection connection) {
        this.path = path;
        this.lock = lock;
        this.connection = connection;
    }

    /**
     * Opens a job for work, or begins a file for a new one.
     *
     * @param job usually the output's name with {@code .job} behind it
     * @throws JobLockedException if someone else works on it
     * @throws JobFileException if the file is something else, damaged, or from a newer version
     */
    public static JobStore open(Path job) {
        Path path;
        JobLock lock;
        if (job.toString().indexOf('?') >= 0) {
            // The driver would take what follows for settings, and open another file.
            throw new JobFileException(job + " has a question mark in its name, which the database cannot open; name"
                    + " another output with -o");
        }
        try {
            path = real(job);
            lock = JobLock.take(path);
        } catch (IOException e) {
            throw new JobFileException(
                    job + " cannot be opened for writing (" + e + "); check that its folder exists and is writable", e);
        }
        try {
            return new JobStore(path, lock, JobFile.connect(path, SCHEMA_VERSION));
        } catch (RuntimeException e) {
            try {
                lock.close();
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    private static Path real(Path job) throws IOException {
        try {
            return job.toRealPath();
        } catch (NoSuchFileException e) {
            Path absolute = job.toAbsolutePath().normalize();
            Path folder = absolute.getParent();
            return folder == null ? absolute : folder.toRealPath().resolve(absolute.getFileName());
        }
    }

    public Path path() {
        return path;
    }

    /** The job in the file; empty when there is none, or when its scan was cut off and must be done again. */
    public Optional<JobIdentity> identity() {
        return inTurn(() -> {
            if (!isScanFinished()) {
                return Optional.empty();
            }
            SortedMap<String, String> options = new TreeMap<>();
            try (ResultSet rows = prepared("SELECT name, value FROM options").executeQuery()) {
                while (rows.next()) {
                    options.put(rows.getString(1), rows.getString(2));
                }
            }
            InputDigest input = new InputDigest(
                    required(SHA256), Long.parseLong(required(BYTES)), Instant.parse(required(MODIFIED)));
            return Optional.of(new JobIdentity(input, options));
        });
    }

    /** The version of the program that began the job; empty when there is no job. */
    public Optional<String> toolVersion() {
        return inTurn(() -> Optional.ofNullable(meta(TOOL)));
    }

    /** The model families of the rows, as the scan was given them. */
    List<String> families() {
        return inTurn(() -> {
            List<String> families = new ArrayList<>();
            for (String family = meta(FAMILY + 0); family != null; family = meta(FAMILY + families.size())) {
                families.add(family);
            }
            return List.copyOf(families);
        });
    }

    /** Reads pending rows without taking turns with {@link #store}. Close it before this store. */
    PendingReader pendingReader() {
        return PendingReader.open(path);
    }

    /** The columns of a table's rows, as the scan found them. */
    public List<String> columns() {
        return inTurn(() -> {
            List<String> names = new ArrayList<>();
            try (ResultSet rows =
                    prepared("SELECT name FROM columns ORDER BY position").executeQuery()) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
            return List.copyOf(names);
        });
    }

    /**
     * Begins a job in a file that holds none, or one whose scan was cut off. Rows follow with {@link #add}.
     *
     * @param toolVersion of the program, kept for the case of a later question
     * @throws IllegalStateException if the file holds a job; {@link #discard} it first
     */
    public void begin(String toolVersion) {
        inTurn(() -> {
            if (isScanFinished()) {
                throw new IllegalStateException(path + " holds a job already; resume it or discard it");
            }
            emptyFile();
            // A cut-off scan is repeated, so its rows need not reach the disk one by one.
            execute("PRAGMA synchronous=NORMAL");
            inTransaction(() -> setMeta(TOOL, toolVersion));
            return null;
        });
    }

    /** Adds rows during the scan, in file order. Cheap in batches of thousands. */
    public void add(List<RowEntry> entries) {
        inTurn(() -> {
            inTransaction(() -> {
                PreparedStatement insert = prepared(
                        "INSERT INTO rows(number, line, offset, length, stratum, tokens) VALUES (?, ?, ?, ?, ?, ?)");
                for (RowEntry entry : entries) {
                    RowPlace place = entry.place();
                    insert.setLong(1, place.number());
                    insert.setLong(2, place.line());
                    insert.setLong(3, place.offset());
                    insert.setInt(4, place.length());
                    insert.setInt(5, entry.stratum());
                    insert.setLong(6, entry.tokens());
                    insert.addBatch();
                }
                insert.executeBatch();
                addToTotal("rows", entries.size());
            });
            return null;
        });
    }

    /** Makes the added rows a job of one model family. From here on it can be resumed. */
    public void scanFinished(JobIdentity identity, ScanReport report) {
        scanFinished(identity, report, List.of());
    }

    /**
     * Makes the added rows a job. From here on it can be resumed.
     *
     * @param families the model families of the rows; see {@link Families} for how a row's stratum names its family
     */
    void scanFinished(JobIdentity identity, ScanReport report, List<String> families) {
        inTurn(() -> {
            inTransaction(() -> {
                execute("CREATE INDEX pending ON rows(stratum) WHERE state = " + PENDING);
                PreparedStatement column = prepared("INSERT INTO columns(position, name) VALUES (?, ?)");
                for (int i = 0; i < report.columns().size(); i++) {
                    column.setInt(1, i);
                    column.setString(2, report.columns().get(i));
                    column.addBatch();
                }
                column.executeBatch();
                PreparedStatement option = prepared("INSERT INTO options(name, value) VALUES (?, ?)");
                for (Map.Entry<String, String> entry : identity.options().entrySet()) {
                    option.setString(1, entry.getKey());
                    option.setString(2, entry.getValue());
                    option.addBatch();
                }
                option.executeBatch();
                for (int i = 0; i < families.size(); i++) {
                    setMeta(FAMILY + i, families.get(i));
                }
                addToTotal("bad", report.badRows());
                setMeta(SHA256, identity.input().sha256());
                setMeta(BYTES, Long.toString(identity.input().bytes()));
                setMeta(MODIFIED, identity.input().modified().toString());
                setMeta(SCAN, FINISHED);
            });
            execute("PRAGMA synchronous=FULL");
            checkpoint();
            return null;
        });
    }

    /** Throws the job and all of its answers away. */
    public void discard() {
        inTurn(() -> {
            emptyFile();
            return null;
        });
    }

    /** Rows that wait for an answer, by stratum; strata without any are left out. */
    public SortedMap<Integer, StratumCount> pendingByStratum() {
        return inTurn(() -> {
            SortedMap<Integer, StratumCount> counts = new TreeMap<>();
            try (ResultSet rows = prepared("SELECT stratum, count(*), sum(tokens) FROM rows WHERE state = " + PENDING
                            + " GROUP BY stratum")
                    .executeQuery()) {
                while (rows.next()) {
                    counts.put(rows.getInt(1), new StratumCount(rows.getLong(2), rows.getLong(3)));
                }
            }
            return counts;
        });
    }

    /**
     * The next rows of a stratum that wait for an answer, in file order. A row stays pending until its result is
     * stored, so a caller that has rows in flight goes on behind the last number it took.
     *
     * @param afterNumber rows with this number or a smaller one are left out; -1 for all
     * @param limit the most rows given
     */
    public List<RowEntry> pendingPage(int stratum, long afterNumber, int limit) {
        return inTurn(() -> readPage(prepared(SELECT_PENDING), stratum, afterNumber, limit));
    }

    static List<RowEntry> readPage(PreparedStatement select, int stratum, long afterNumber, int limit)
            throws SQLException {
        select.setInt(1, stratum);
        select.setLong(2, afterNumber);
        select.setInt(3, limit);
        List<RowEntry> page = new ArrayList<>();
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                page.add(new RowEntry(place(rows), stratum, rows.getLong(5)));
            }
        }
        return page;
    }

    /**
     * Stores how rows ended, all or none, and returns when it is on the disk. A row that has ended already keeps its
     * first result, so that no row is answered twice; what the second one cost is counted all the same.
     *
     * @return how many of the rows had not ended before
     */
    public int store(List<RowResult> results) {
        return store(results, OptionalLong.empty());
    }

    /**
     * As {@link #store(List)}, with the mark of a budget in the same transaction.
     *
     * @param mark nano-dollars, see {@link SpendGuard}; empty to leave it as it is
     */
    int store(List<RowResult> results, OptionalLong mark) {
        if (results.isEmpty() && mark.isEmpty()) {
            return 0;
        }
        return inTurn(() -> {
            int[] stored = new int[1];
            inTransaction(() -> {
                stored[0] = results.isEmpty() ? 0 : insert(results, LIVE);
                if (mark.isPresent()) {
                    addToTotal(SPEND_MARK, mark.getAsLong() - total(SPEND_MARK));
                }
            });
            return stored[0];
        });
    }

    /** Nano-dollars that earlier runs with a budget may have spent beside the usage of the stored answers. */
    long spendMark() {
        return inTurn(() -> total(SPEND_MARK));
    }

    /** Nano-dollars that batches may have cost beside the usage of the stored answers. */
    long lostInBatches() {
        return inTurn(() -> total(LOST_IN_BATCHES));
    }

    void addLostInBatches(long nanoDollars) throws SQLException {
        if (nanoDollars > 0) {
            addToTotal(LOST_IN_BATCHES, nanoDollars);
        }
    }

    /** @param price the table of what was spent at that price */
    int insert(List<RowResult> results, String price) throws SQLException {
        PreparedStatement end = prepared("UPDATE rows SET state = ? WHERE number = ? AND state = " + PENDING);
        for (RowResult result : results) {
            end.setInt(1, result instanceof RowResult.Answered ? ANSWERED : FAILED);
            end.setLong(2, result.number());
            end.addBatch();
        }
        int[] ended = end.executeBatch();
        PreparedStatement insert = prepared("INSERT INTO answers(number, status, request_id, code, message, model,"
                + " input_tokens, cached_tokens, output_tokens, attempts, latency_ms, body)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        Map<String, Usage> spent = new TreeMap<>();
        int answered = 0;
        int failed = 0;
        long attempts = 0;
        for (int i = 0; i < ended.length; i++) {
            RowResult result = results.get(i);
            spent.merge(result.model(), result.spent(), JobCounts::sum);
            attempts += result.attempts();
            if (ended[i] == 0) {
                continue;
            }
            bind(insert, result);
            insert.addBatch();
            switch (result) {
                case RowResult.Answered a -> answered++;
                case RowResult.Failed f -> failed++;
            }
        }
        insert.executeBatch();
        addToTotal("answered", answered);
        addToTotal("failed", failed);
        addToTotal("attempts", attempts);
        PreparedStatement add = prepared("INSERT INTO " + price + "(model, input, cached, output) VALUES (?, ?, ?, ?)"
                + " ON CONFLICT(model) DO UPDATE SET input = input + excluded.input,"
                + " cached = cached + excluded.cached, output = output + excluded.output");
        for (Map.Entry<String, Usage> entry : spent.entrySet()) {
            add.setString(1, entry.getKey());
            add.setLong(2, entry.getValue().inputTokens());
            add.setLong(3, entry.getValue().cachedInputTokens());
            add.setLong(4, entry.getValue().outputTokens());
            add.addBatch();
        }
        add.executeBatch();
        return answered + failed;
    }

    private static void bind(PreparedStatement insert, RowResult result) throws SQLException {
        insert.setLong(1, result.number());
        insert.setString(6, result.model());
        insert.setLong(7, result.spent().inputTokens());
        insert.setLong(8, result.spent().cachedInputTokens());
        insert.setLong(9, result.spent().outputTokens());
        insert.setInt(10, result.attempts());
        insert.setLong(11, result.latency().toMillis());
        switch (result) {
            case RowResult.Answered answered -> {
                insert.setInt(2, answered.status());
                bind(insert, 3, answered.requestId());
                insert.setNull(4, Types.VARCHAR);
                insert.setNull(5, Types.VARCHAR);
                insert.setBytes(12, answered.body());
            }
            case RowResult.Failed failed -> {
                if (failed.status().isPresent()) {
                    insert.setInt(2, failed.status().getAsInt());
                } else {
                    insert.setNull(2, Types.INTEGER);
                }
                bind(insert, 3, failed.requestId());
                insert.setString(4, failed.code());
                insert.setString(5, failed.message());
                insert.setBytes(12, failed.body());
            }
        }
    }

    private static void bind(PreparedStatement insert, int parameter, Optional<String> text) throws SQLException {
        if (text.isPresent()) {
            insert.setString(parameter, text.get());
        } else {
            insert.setNull(parameter, Types.VARCHAR);
        }
    }

    /** Where the job stands; costs the same however large it is. */
    public JobCounts counts() {
        return inTurn(() -> {
            return new JobCounts(
                    total("rows"),
                    total("answered"),
                    total("failed"),
                    total("bad"),
                    total("attempts"),
                    spent(LIVE),
                    hasBatches() ? spent(BATCH) : Map.of());
        });
    }

    private Map<String, Usage> spent(String table) throws SQLException {
        Map<String, Usage> spent = new HashMap<>();
        try (ResultSet rows =
                prepared("SELECT model, input, cached, output FROM " + table).executeQuery()) {
            while (rows.next()) {
                spent.put(rows.getString(1), new Usage(rows.getLong(2), rows.getLong(3), rows.getLong(4)));
            }
        }
        return spent;
    }

    /** Whether parts say what they can cost at most. */
    boolean hasWorstCases() throws SQLException {
        try (ResultSet found = prepared(JobFile.HAS_WORST_CASES).executeQuery()) {
            return found.getInt(1) > 0;
        }
    }

    /** Whether the file has what a job with batches needs. */
    boolean hasBatches() throws SQLException {
        try (ResultSet found = prepared("SELECT count(*) FROM sqlite_schema WHERE name = '" + BATCH + "'")
                .executeQuery()) {
            return found.getInt(1) > 0;
        }
    }

    /**
     * Makes the failed rows pending again. What was spent on them stays counted.
     *
     * @return how many there were
     */
    public long retryFailed() {
        return inTurn(() -> {
            long failed = total("failed");
            inTransaction(() -> {
                execute("DELETE FROM answers WHERE code IS NOT NULL");
                execute("UPDATE rows SET state = " + PENDING + " WHERE state = " + FAILED);
                addToTotal("failed", -failed);
            });
            return failed;
        });
    }

    /**
     * Hands out every row in file order, one in memory at a time.
     *
     * @param visitor must not use this store
     */
    public void forEachRow(Consumer<StoredRow> visitor) {
        inTurn(() -> {
            try (ResultSet rows = prepared("SELECT r.number, line, offset, length, tokens, state, status, request_id,"
                            + " code, message, model, input_tokens, cached_tokens, output_tokens, attempts, latency_ms,"
                            + " body FROM rows r LEFT JOIN answers a ON a.number = r.number ORDER BY r.number")
                    .executeQuery()) {
                while (rows.next()) {
                    visitor.accept(new StoredRow(place(rows), result(rows)));
                }
            }
            return null;
        });
    }

    static RowPlace place(ResultSet row) throws SQLException {
        return new RowPlace(row.getLong(1), row.getLong(2), row.getLong(3), row.getInt(4));
    }

    private static Optional<RowResult> result(ResultSet row) throws SQLException {
        int state = row.getInt(6);
        if (state == PENDING) {
            return Optional.empty();
        }
        long number = row.getLong(1);
        int status = row.getInt(7);
        OptionalInt anyStatus = row.wasNull() ? OptionalInt.empty() : OptionalInt.of(status);
        Optional<String> requestId = Optional.ofNullable(row.getString(8));
        String model = row.getString(11);
        Usage spent = new Usage(row.getLong(12), row.getLong(13), row.getLong(14));
        int attempts = row.getInt(15);
        Duration latency = Duration.ofMillis(row.getLong(16));
        byte[] body = row.getBytes(17);
        return Optional.of(
                state == ANSWERED
                        ? new RowResult.Answered(number, status, requestId, body, model, spent, attempts, latency)
                        : new RowResult.Failed(
                                number,
                                anyStatus,
                                requestId,
                                body,
                                row.getString(9),
                                row.getString(10),
                                model,
                                spent,
                                attempts,
                                latency));
    }

    /** Closes the store of a job that never came to be, and leaves no file behind. */
    void abandon() {
        inTurn(() -> {
            closeConnection();
            try {
                deleteFile();
            } catch (IOException e) {
                throw new JobFileException(path + " cannot be removed (" + e + ")", e);
            }
            return null;
        });
        close();
    }

    /** Gives the job free for others. Nothing needs it: a killed process loses nothing that was stored. */
    @Override
    public void close() {
        turns.lock();
        try {
            try {
                closeConnection();
            } finally {
                lock.close();
            }
        } catch (SQLException e) {
            throw JobFile.failure(path, e);
        } catch (IOException e) {
            throw new JobFileException(path + " could not be closed (" + e + ")", e);
        } finally {
            turns.unlock();
        }
    }

    /** Bounds the file's size in pages, so that a test can see a full disk. */
    void limitPages(long pages) {
        inTurn(() -> {
            execute("PRAGMA max_page_count=" + pages);
            return null;
        });
    }

    /** SQLite's own opinion of the file, {@code ok} if all is well. */
    String integrity() {
        return inTurn(() -> {
            try (ResultSet rows = prepared("PRAGMA integrity_check").executeQuery()) {
                return rows.getString(1);
            }
        });
    }

    private void emptyFile() throws SQLException {
        closeConnection();
        try {
            deleteFile();
        } catch (IOException e) {
            throw new JobFileException(path + " cannot be replaced (" + e + ")", e);
        }
        connection = JobFile.connect(path, SCHEMA_VERSION);
    }

    private void deleteFile() throws IOException {
        Files.deleteIfExists(path.resolveSibling(path.getFileName() + "-wal"));
        Files.deleteIfExists(path.resolveSibling(path.getFileName() + "-shm"));
        Files.deleteIfExists(path);
    }

    private void closeConnection() throws SQLException {
        for (PreparedStatement statement : statements.values()) {
            statement.close();
        }
        statements.clear();
        connection.close();
    }

    private void checkpoint() throws SQLException {
        execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    private boolean isScanFinished() throws SQLException {
        return FINISHED.equals(meta(SCAN));
    }

    @Nullable
    String meta(String key) throws SQLException {
        PreparedStatement select = prepared("SELECT value FROM meta WHERE key = ?");
        select.setString(1, key);
        try (ResultSet rows = select.executeQuery()) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    private String required(String key) throws SQLException {
        String value = meta(key);
        if (value == null) {
            throw new JobFileException(path + " is damaged: it does not say its " + key + ". " + JobFile.START_AGAIN);
        }
        return value;
    }

    void setMeta(String key, String value) throws SQLException {
        PreparedStatement insert = prepared("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)");
        insert.setString(1, key);
        insert.setString(2, value);
        insert.executeUpdate();
    }

    private long total(String name) throws SQLException {
        PreparedStatement select = prepared("SELECT amount FROM totals WHERE name = ?");
        select.setString(1, name);
        try (ResultSet rows = select.executeQuery()) {
            return rows.next() ? rows.getLong(1) : 0;
        }
    }

    private void addToTotal(String name, long more) throws SQLException {
        PreparedStatement add = prepared("INSERT INTO totals(name, amount) VALUES (?, ?)"
                + " ON CONFLICT(name) DO UPDATE SET amount = amount + excluded.amount");
        add.setString(1, name);
        add.setLong(2, more);
        add.executeUpdate();
    }

    PreparedStatement prepared(String sql) throws SQLException {
        PreparedStatement statement = statements.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            statements.put(sql, statement);
        }
        return statement;
    }

    void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @FunctionalInterface
    interface Work<T extends @Nullable Object> {
        T run() throws SQLException;
    }

    @FunctionalInterface
    interface Change {
        void run() throws SQLException;
    }

    <T extends @Nullable Object> T inTurn(Work<T> work) {
        turns.lock();
        try {
            return work.run();
        } catch (SQLException e) {
            throw JobFile.failure(path, e);
        } finally {
            turns.unlock();
        }
    }

    void inTransaction(Change change) throws SQLException {
        execute("BEGIN IMMEDIATE");
        try {
            change.run();
            execute("COMMIT");
        } catch (SQLException | RuntimeException e) {
            for (PreparedStatement statement : statements.values()) {
                statement.clearBatch();
            }
            try {
                execute("ROLLBACK");
            } catch (SQLException alreadyRolledBack) {
                // SQLite undoes a transaction itself when the disk is full.
                e.addSuppressed(alreadyRolledBack);
            }
            throw e;
        }
    }
}
