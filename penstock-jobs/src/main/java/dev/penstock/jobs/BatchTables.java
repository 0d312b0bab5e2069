package dev.penstock.jobs;

import dev.penstock.jobs.batch.Part;
import dev.penstock.jobs.batch.PartJournal;
import dev.penstock.jobs.batch.PartKey;
import dev.penstock.jobs.batch.PartPhase;
import dev.penstock.jobs.batch.PartSize;
import dev.penstock.wire.BatchStatus;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * The batches of a job in its file: which rows each part has, where it stands, and every step that led there. As safe for
 * use by several threads as the store.
 */
final class BatchTables implements PartJournal {
    private static final String PARTS = partsSql(JobFile.WORST_CASE);

    /** The name of the job in the metadata of its batches. */
    private static final String TAG = "batch.job";

    /** Followed by the family. */
    private static final String LIMIT = "batch.limit.";

    /** Followed by the model. */
    private static final String PRICE = "batch.price.";

    private final JobStore store;
    private final LongSupplier wallMillis;

    private BatchTables(JobStore store, LongSupplier wallMillis) {
        this.store = store;
        this.wallMillis = wallMillis;
    }

    /**
     * Opens them, and lays them out if the job had no batches so far.
     *
     * @param wallMillis Unix time for the events
     */
    static BatchTables open(JobStore store, LongSupplier wallMillis) {
        store.inTurn(() -> {
            store.inTransaction(() -> JobFile.layOutBatches(store));
            return null;
        });
        return new BatchTables(store, wallMillis);
    }

    /** The tables of a job that has had batches; empty if it has had none. */
    static Optional<BatchTables> openIfAny(JobStore store, LongSupplier wallMillis) {
        boolean any = store.inTurn(store::hasBatches);
        return any ? Optional.of(open(store, wallMillis)) : Optional.empty();
    }

    long wallMillis() {
        return wallMillis.getAsLong();
    }

    /** How many parts are over. */
    long over() {
        return number("SELECT count(*) FROM batch_parts WHERE phase IN ('merged', 'dissolved')");
    }

    private long number(String sql) {
        return store.inTurn(() -> {
            try (ResultSet row = store.prepared(sql).executeQuery()) {
                return row.getLong(1);
            }
        });
    }

    /**
     * Counts the rows one by one and compares that with what the totals say and with the rows of the input.
     *
     * @throws IllegalStateException if a row is missing or counts twice
     */
    void requireSum() {
        JobCounts counts = store.counts();
        long open = number("SELECT count(*) FROM rows WHERE state = " + JobStore.PENDING);
        long all = number("SELECT count(*) FROM rows");
        long results = number("SELECT count(*) FROM answers");
        if (all != counts.rows() || open != counts.pending() || results != counts.answered() + counts.failed()) {
            throw new IllegalStateException("the job has " + counts.rows() + " rows, of which " + counts.answered()
                    + " are answered and " + counts.failed() + " failed, but its file holds " + all + " rows, " + open
                    + " of them open, and " + results + " results; this is a defect of penstock");
        }
    }

    /** Frees the rows of parts of which nothing runs, because they are sent in another way. */
    void releaseIdle() {
        for (Part part : unfinished()) {
            if (!part.phase().isOver() && !part.phase().mayRun()) {
                long unused = end(part.dissolved(), "its rows are sent live", List.of(), false, 0);
            }
        }
    }

    /** The job's name at the provider. */
    Optional<String> tag() {
        return store.inTurn(() -> Optional.ofNullable(store.meta(TAG)));
    }

    void setTag(String tag) {
        store.inTurn(() -> {
            store.inTransaction(() -> store.setMeta(TAG, tag));
            return null;
        });
    }

    /** Queue limits that were learned, by family. */
    Map<String, Long> limits() {
        return store.inTurn(() -> {
            Map<String, Long> limits = new HashMap<>();
            try (ResultSet rows = store.prepared("SELECT key, value FROM meta WHERE key LIKE 'batch.limit.%'")
                    .executeQuery()) {
                while (rows.next()) {
                    limits.put(rows.getString(1).substring(LIMIT.length()), Long.parseLong(rows.getString(2)));
                }
            }
            return limits;
        });
    }

    @Override
    public void learned(String family, long tokens) {
        store.inTurn(() -> {
            store.inTransaction(() -> store.setMeta(LIMIT + family, Long.toString(tokens)));
            return null;
        });
    }

    /** Parts that are not over, and those over whose file may still be at the provider. */
    List<Part> unfinished() {
        return parts(PARTS + " WHERE phase NOT IN ('merged', 'dissolved') OR file_id <> '' ORDER BY part");
    }

    /** All parts that ever had a batch or will have one. */
    List<Part> all() {
        return parts(PARTS + " ORDER BY part");
    }

    private List<Part> parts(String sql) {
        return store.inTurn(() -> {
            List<Part> parts = new ArrayList<>();
            try (ResultSet rows = store.prepared(sql).executeQuery()) {
                while (rows.next()) {
                    parts.add(part(rows));
                }
            }
            return parts;
        });
    }

    static Part part(ResultSet row) throws SQLException {
        return new Part(
                new PartSize(
                        row.getInt(1),
                        new PartKey(row.getString(2), row.getString(3)),
                        row.getLong(4),
                        row.getLong(5),
                        row.getLong(6),
                        row.getLong(16)),
                PartPhase.of(row.getString(7)),
                row.getInt(8),
                row.getString(9),
                row.getString(10),
                BatchStatus.valueOf(row.getString(11).toUpperCase(Locale.ROOT)),
                row.getLong(12),
                row.getLong(13),
                row.getString(14),
                row.getString(15));
    }

    static List<Part> readParts(PreparedStatement select) throws SQLException {
        List<Part> parts = new ArrayList<>();
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                parts.add(part(rows));
            }
        }
        return parts;
    }

    /** @param worstCase the column that says what a part can cost at most, or an amount if there is no such column */
    static String partsSql(String worstCase) {
        return "SELECT part, model, endpoint, rows, bytes, tokens, phase, attempt, file_id, batch_id, status, completed,"
                + " failed, output_file, error_file, " + worstCase + " FROM batch_parts";
    }

    /** The most that all batches can cost together that may run, in nano-dollars. */
    long heldNanoDollars() {
        return all().stream()
                .filter(part -> part.phase().mayRun())
                .mapToLong(part -> part.size().worstCaseNanoDollars())
                .reduce(0, (a, b) -> Math.min(a + b, Long.MAX_VALUE / 4));
    }

    /** At which price of a model its parts were planned, in words; empty if that is not known. */
    String priceOf(String model) {
        return store.inTurn(() -> Objects.requireNonNullElse(store.meta(PRICE + model), ""));
    }

    void setPrices(Map<String, String> byModel) {
        store.inTurn(() -> {
            store.inTransaction(() -> {
                for (Map.Entry<String, String> price : byModel.entrySet()) {
                    store.setMeta(PRICE + price.getKey(), price.getValue());
                }
            });
            return null;
        });
    }

    void setWorstCase(int part, long nanoDollars) {
        store.inTurn(() -> {
            store.inTransaction(() -> {
                PreparedStatement update =
                        store.prepared("UPDATE batch_parts SET " + JobFile.WORST_CASE + " = ? WHERE part = ?");
                update.setLong(1, nanoDollars);
                update.setInt(2, part);
                update.executeUpdate();
            });
            return null;
        });
    }

    int nextPart() {
        return store.inTurn(() -> {
            try (ResultSet row = store.prepared("SELECT coalesce(max(part), 0) + 1 FROM batch_parts")
                    .executeQuery()) {
                return row.getInt(1);
            }
        });
    }

    /** When batches were created within the last hour, in ascending order. */
    List<Long> creationsSince(long millis) {
        return store.inTurn(() -> {
            List<Long> times = new ArrayList<>();
            PreparedStatement select = store.prepared(
                    "SELECT at_ms FROM batch_events WHERE phase = 'creating' AND at_ms >= ? ORDER BY at_ms");
            select.setLong(1, millis);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    times.add(rows.getLong(1));
                }
            }
            return times;
        });
    }

    /** Whether a file was uploaded again because it was not found; the first one may have come to be later. */
    boolean mayHaveStrayFiles() {
        return number("SELECT count(*) FROM (SELECT 1 FROM batch_events WHERE phase = 'uploading' GROUP BY part"
                        + " HAVING count(*) > 1)")
                > 0;
    }

    /** When the first batch of the job was about to be created; empty if none ever was. */
    OptionalLong firstCreationMillis() {
        return store.inTurn(() -> {
            try (ResultSet row = store.prepared("SELECT min(at_ms) FROM batch_events WHERE phase = 'creating'")
                    .executeQuery()) {
                long at = row.getLong(1);
                return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(at);
            }
        });
    }

    /** When a batch of a part was last about to be created; empty if none ever was. */
    OptionalLong createdMillis(int part) {
        return store.inTurn(() -> {
            PreparedStatement select =
                    store.prepared("SELECT max(at_ms) FROM batch_events WHERE phase = 'creating' AND part = ?");
            select.setInt(1, part);
            try (ResultSet row = select.executeQuery()) {
                long at = row.getLong(1);
                return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(at);
            }
        });
    }

    /** Batches that a part had before, which failed before they ran. */
    List<String> formerBatches(int part) {
        return store.inTurn(() -> {
            List<String> ids = new ArrayList<>();
            PreparedStatement select =
                    store.prepared("SELECT DISTINCT batch_id FROM batch_events WHERE part = ? AND batch_id <> ''");
            select.setInt(1, part);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getString(1));
                }
            }
            return ids;
        });
    }

    @Override
    public void moved(Part part, String detail) {
        store.inTurn(() -> {
            store.inTransaction(() -> write(part, detail));
            return null;
        });
    }

    @Override
    public void counted(Part part) {
        store.inTurn(() -> {
            PreparedStatement update =
                    store.prepared("UPDATE batch_parts SET completed = ?, failed = ? WHERE part = ?");
            update.setLong(1, part.completed());
            update.setLong(2, part.failed());
            update.setInt(3, part.number());
            update.executeUpdate();
            return null;
        });
    }

    private void write(Part part, String detail) throws SQLException {
        PreparedStatement insert =
                store.prepared("INSERT OR REPLACE INTO batch_parts(part, model, endpoint, rows, bytes,"
                        + " tokens, phase, attempt, file_id, batch_id, status, completed, failed, output_file, error_file, "
                        + JobFile.WORST_CASE + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        PartSize size = part.size();
        insert.setInt(1, part.number());
        insert.setString(2, size.key().model());
        insert.setString(3, size.key().endpoint());
        insert.setLong(4, size.rows());
        insert.setLong(5, size.bytes());
        insert.setLong(6, size.tokens());
        insert.setString(7, part.phase().word());
        insert.setInt(8, part.attempt());
        insert.setString(9, part.fileId());
        insert.setString(10, part.batchId());
        insert.setString(11, part.status().word());
        insert.setLong(12, part.completed());
        insert.setLong(13, part.failed());
        insert.setString(14, part.outputFileId());
        insert.setString(15, part.errorFileId());
        insert.setLong(16, size.worstCaseNanoDollars());
        insert.executeUpdate();
        PreparedStatement event =
                store.prepared("INSERT INTO batch_events(at_ms, part, attempt, phase, batch_id, status,"
                        + " detail) VALUES (?, ?, ?, ?, ?, ?, ?)");
        event.setLong(1, wallMillis.getAsLong());
        event.setInt(2, part.number());
        event.setInt(3, part.attempt());
        event.setString(4, part.phase().word());
        event.setString(5, part.batchId());
        event.setString(6, part.status().word());
        event.setString(7, detail);
        event.executeUpdate();
    }

    /** Throws away what a planning left that was cut off before its parts were written. */
    void dropUnplanned() {
        store.inTurn(() -> {
            store.inTransaction(() -> store.execute("UPDATE batch_rows SET part = 0 WHERE part > 0 AND part NOT IN"
                    + " (SELECT part FROM batch_parts)"));
            return null;
        });
    }

    /** Rows of a planning that goes on; they count once {@link #planned} has written their parts. */
    void assign(List<long[]> numberAndPart) {
        store.inTurn(() -> {
            store.inTransaction(() -> {
                PreparedStatement insert =
                        store.prepared("INSERT INTO batch_rows(number, part, attempts) VALUES (?, ?, 0)"
                                + " ON CONFLICT(number) DO UPDATE SET part = excluded.part");
                for (long[] pair : numberAndPart) {
                    insert.setLong(1, pair[0]);
                    insert.setLong(2, pair[1]);
                    insert.addBatch();
                }
                insert.executeBatch();
            });
            return null;
        });
    }

    /** Makes parts of the rows that were assigned. */
    void planned(List<Part> parts) {
        store.inTurn(() -> {
            store.inTransaction(() -> {
                for (Part part : parts) {
                    write(part, "planned");
                }
            });
            return null;
        });
    }

    /** Rows that wait for an answer and are in no part, in file order. */
    List<RowPlace> free(long afterNumber, int limit) {
        return store.inTurn(() -> {
            PreparedStatement select = store.prepared("SELECT r.number, line, offset, length FROM rows r"
                    + " LEFT JOIN batch_rows b ON b.number = r.number WHERE r.state = " + JobStore.PENDING
                    + " AND r.number > ? AND coalesce(b.part, 0) = 0 ORDER BY r.number LIMIT ?");
            select.setLong(1, afterNumber);
            select.setInt(2, limit);
            List<RowPlace> places = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    places.add(JobStore.place(rows));
                }
            }
            return places;
        });
    }

    /** Rows of a part, in file order, which is the order of the lines of its file. */
    List<BatchRowState> rows(int part, long afterNumber, int limit) {
        return store.inTurn(() -> {
            PreparedStatement select = store.prepared("SELECT r.number, line, offset, length, r.state, b.attempts"
                    + " FROM batch_rows b JOIN rows r ON r.number = b.number"
                    + " WHERE b.part = ? AND b.part > 0 AND b.number > ? ORDER BY b.number LIMIT ?");
            select.setInt(1, part);
            select.setLong(2, afterNumber);
            select.setInt(3, limit);
            List<BatchRowState> states = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    states.add(new BatchRowState(
                            JobStore.place(rows), rows.getInt(5) == JobStore.PENDING, rows.getInt(6)));
                }
            }
            return states;
        });
    }

    /** Frees the rows that an earlier run gave to live calls. */
    void freeLive() {
        store.inTurn(() -> {
            store.inTransaction(() -> store.execute("UPDATE batch_rows SET part = 0 WHERE part < 0"));
            return null;
        });
    }

    /**
     * Gives the last free rows of a model family to live calls.
     *
     * @param helping the number under which live calls find them, 1 or more
     * @return how many there were
     */
    long giveFree(int family, long rows, int helping) {
        return store.inTurn(() -> {
            long[] given = new long[1];
            store.inTransaction(() -> {
                PreparedStatement insert = store.prepared("INSERT INTO batch_rows(number, part, attempts)"
                        + " SELECT r.number, ?, coalesce(b.attempts, 0) FROM rows r LEFT JOIN batch_rows b ON"
                        + " b.number = r.number WHERE r.state = " + JobStore.PENDING
                        + " AND r.stratum >= ? AND r.stratum < ? AND coalesce(b.part, 0) = 0"
                        + " ORDER BY r.number DESC LIMIT ?"
                        + " ON CONFLICT(number) DO UPDATE SET part = excluded.part");
                insert.setInt(1, -helping);
                insert.setInt(2, Families.firstStratum(family));
                insert.setInt(3, Families.firstStratum(family + 1));
                insert.setLong(4, rows);
                given[0] = insert.executeUpdate();
            });
            return given[0];
        });
    }

    /** The last rows of a part, in descending order. */
    List<RowPlace> lastRows(int part, long limit) {
        return store.inTurn(() -> {
            PreparedStatement select = store.prepared("SELECT r.number, line, offset, length FROM batch_rows b"
                    + " JOIN rows r ON r.number = b.number WHERE b.part = ? AND b.part > 0"
                    + " ORDER BY b.number DESC LIMIT ?");
            select.setInt(1, part);
            select.setLong(2, limit);
            List<RowPlace> places = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    places.add(JobStore.place(rows));
                }
            }
            return places;
        });
    }

    /**
     * Gives the last rows of a part to live calls, of which nothing is at the provider.
     *
     * @param rest what is left of the part; over if nothing is
     */
    void giveLastRows(Part rest, long rows, int helping) {
        store.inTurn(() -> {
            store.inTransaction(() -> {
                PreparedStatement update = store.prepared("UPDATE batch_rows SET part = ? WHERE number IN"
                        + " (SELECT number FROM batch_rows WHERE part = ? AND part > 0 ORDER BY number DESC LIMIT ?)");
                update.setInt(1, -helping);
                update.setInt(2, rest.number());
                update.setLong(3, rows);
                update.executeUpdate();
                write(rest, rows + (rows == 1 ? " row goes live" : " rows go live"));
            });
            return null;
        });
    }

    /** A word that this job keeps; empty if it has none. */
    Optional<String> note(String key) {
        return store.inTurn(() -> Optional.ofNullable(store.meta(key)));
    }

    void setNote(String key, String value) {
        store.inTurn(() -> {
            store.inTransaction(() -> store.setMeta(key, value));
            return null;
        });
    }

    /** Rows that are open, spread evenly over the job, at most as many as asked for. */
    List<RowPlace> sample(int most) {
        return store.inTurn(() -> {
            List<RowPlace> places = new ArrayList<>();
            long highest;
            try (ResultSet row =
                    store.prepared("SELECT coalesce(max(number), 0) FROM rows").executeQuery()) {
                highest = row.getLong(1);
            }
            PreparedStatement select = store.prepared("SELECT number, line, offset, length FROM rows WHERE state = "
                    + JobStore.PENDING + " AND number >= ? ORDER BY number LIMIT 1");
            long next = 0;
            for (int i = 0; i < most; i++) {
                select.setLong(1, Math.max(next, highest * i / most));
                try (ResultSet rows = select.executeQuery()) {
                    if (!rows.next()) {
                        break;
                    }
                    RowPlace place = JobStore.place(rows);
                    places.add(place);
                    next = place.number() + 1;
                }
            }
            return places;
        });
    }

    /**
     * Stores how rows of a batch ended; those that have ended already keep their first result and are not counted.
     *
     * @param lost nano-dollars that rows can have cost whose answers do not say it
     */
    void store(List<RowResult> results, long lost) {
        store.inTurn(() -> {
            store.inTransaction(() -> {
                int unused = store.insert(results, JobStore.BATCH);
                store.addLostInBatches(lost);
            });
            return null;
        });
    }

    /**
     * Ends a part: stores how the last of its rows ended, frees those that are still open, and writes that it is over, all
     * or nothing.
     *
     * @param attempt whether it counts as an attempt for the rows that are freed
     * @param lost as with {@link #store}
     * @return how many rows were freed
     */
    long end(Part part, String detail, List<RowResult> last, boolean attempt, long lost) {
        return store.inTurn(() -> {
            long[] freed = new long[1];
            store.inTransaction(() -> {
                if (!last.isEmpty()) {
                    int unused = store.insert(last, JobStore.BATCH);
                }
                store.addLostInBatches(lost);
                PreparedStatement free = store.prepared("UPDATE batch_rows SET part = 0, attempts = attempts + ?"
                        + " WHERE part = ? AND part > 0 AND number IN"
                        + " (SELECT b.number FROM batch_rows b JOIN rows r ON r.number = b.number"
                        + " WHERE b.part = ? AND b.part > 0 AND r.state = " + JobStore.PENDING + ")");
                free.setInt(1, attempt ? 1 : 0);
                free.setInt(2, part.number());
                free.setInt(3, part.number());
                freed[0] = free.executeUpdate();
                PreparedStatement leave = store.prepared("DELETE FROM batch_rows WHERE part = ? AND part > 0");
                leave.setInt(1, part.number());
                leave.executeUpdate();
                write(part, detail);
            });
            return freed[0];
        });
    }

    /** Whether rows may be with the provider, so that to send them otherwise might be to pay twice. */
    boolean mayRun() {
        return all().stream().anyMatch(part -> part.phase().mayRun());
    }
}
