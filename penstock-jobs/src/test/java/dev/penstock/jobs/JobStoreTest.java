package dev.penstock.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.penstock.wire.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobStoreTest {
    static final InputDigest DIGEST = new InputDigest("5f", 1_000, Instant.parse("2026-11-24T08:00:00.123456789Z"));
    static final JobIdentity IDENTITY =
            new JobIdentity(DIGEST, new TreeMap<>(Map.of("--model", "gpt-4o", "--prompt", "77")));

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("out # 1.jsonl.job");
    }

    @Test
    void anEmptyFileHoldsNoJob() {
        try (JobStore store = JobStore.open(file)) {
            assertThat(store.identity()).isEmpty();
            assertThat(store.toolVersion()).isEmpty();
            assertThat(store.counts()).isEqualTo(new JobCounts(0, 0, 0, 0, 0, Map.of()));
            assertThat(store.pendingByStratum()).isEmpty();
        }
    }

    @Test
    void aJobIsThereAgainAfterReopening() {
        try (JobStore store = JobStore.open(file)) {
            begin(store, 10);
        }

        try (JobStore store = JobStore.open(file)) {
            assertThat(store.identity()).contains(IDENTITY);
            assertThat(store.toolVersion()).contains("0.1.0");
            assertThat(store.columns()).containsExactly("q", "answer");
            assertThat(store.counts()).isEqualTo(new JobCounts(10, 0, 0, 3, 0, Map.of()));
            assertThat(store.pendingPage(Stratum.of(100), -1, 100)).isEqualTo(entries(10));
            assertThat(store.integrity()).isEqualTo("ok");
        }
    }

    @Test
    void aScanThatWasCutOffIsForgotten() {
        try (JobStore store = JobStore.open(file)) {
            store.begin("0.1.0");
            store.add(entries(5));
        }

        try (JobStore store = JobStore.open(file)) {
            assertThat(store.identity()).isEmpty();
            begin(store, 3);
            assertThat(store.counts().rows()).isEqualTo(3);
            assertThat(store.pendingPage(Stratum.of(100), -1, 100)).hasSize(3);
        }
    }

    @Test
    void aJobIsNotBegunOverAnother() {
        try (JobStore store = JobStore.open(file)) {
            begin(store, 3);

            assertThatIllegalStateException().isThrownBy(() -> store.begin("0.1.0"));
            store.discard();
            assertThat(store.identity()).isEmpty();
            begin(store, 2);
            assertThat(store.counts().rows()).isEqualTo(2);
        }
    }

    @Test
    void pagesOfAStratumGoOnBehindTheLastNumber() {
        try (JobStore store = JobStore.open(file)) {
            store.begin("0.1.0");
            List<RowEntry> entries = new ArrayList<>();
            for (int number = 0; number < 12; number++) {
                entries.add(
                        RowEntry.of(new RowPlace(number, number + 1, 10L * number, 9), number % 3 == 0 ? 1_000 : 10));
            }
            store.add(entries);
            store.scanFinished(IDENTITY, new ScanReport(12, 0, List.of(), DIGEST, List.of()));

            assertThat(store.pendingByStratum())
                    .isEqualTo(Map.of(
                            Stratum.of(10), new StratumCount(8, 80), Stratum.of(1_000), new StratumCount(4, 4_000)));
            assertThat(numbers(store.pendingPage(Stratum.of(1_000), -1, 2))).containsExactly(0L, 3L);
            assertThat(numbers(store.pendingPage(Stratum.of(1_000), 3, 2))).containsExactly(6L, 9L);
            assertThat(numbers(store.pendingPage(Stratum.of(1_000), 9, 2))).isEmpty();
            assertThat(store.pendingPage(Stratum.of(10), 4, 1)).containsExactly(entries.get(5));
        }
    }

    @Test
    void resultsComeBackAsTheyWereStored() {
        RowResult answered = answered(0, "{\n\"a\": 1}");
        RowResult failed = failed(2, OptionalInt.of(400), "{\"error\":{}}");
        RowResult unsent = failed(3, OptionalInt.empty(), "");
        try (JobStore store = JobStore.open(file)) {
            begin(store, 4);
            assertThat(store.store(List.of(answered, failed, unsent))).isEqualTo(3);
        }

        try (JobStore store = JobStore.open(file)) {
            List<StoredRow> rows = new ArrayList<>();
            store.forEachRow(rows::add);

            assertThat(rows)
                    .extracting(StoredRow::place)
                    .isEqualTo(entries(4).stream().map(RowEntry::place).toList());
            assertThat(rows)
                    .extracting(StoredRow::result)
                    .usingRecursiveFieldByFieldElementComparator()
                    .containsExactly(Optional.of(answered), Optional.empty(), Optional.of(failed), Optional.of(unsent));
            assertThat(numbers(store.pendingPage(Stratum.of(100), -1, 10))).containsExactly(1L);
            assertThat(store.counts()).isEqualTo(new JobCounts(4, 1, 2, 3, 6, Map.of("gpt-4o", new Usage(30, 6, 15))));
            assertThat(store.counts().pending()).isEqualTo(1);
        }
    }

    @Test
    void aRowThatEndedKeepsItsFirstResultAndTheSecondIsStillCounted() {
        try (JobStore store = JobStore.open(file)) {
            begin(store, 2);

            assertThat(store.store(List.of(answered(0, "{\"first\":1}"), answered(0, "{\"second\":1}"))))
                    .isEqualTo(1);
            assertThat(store.store(List.of(failed(0, OptionalInt.empty(), "")))).isZero();

            List<String> bodies = new ArrayList<>();
            store.forEachRow(row -> row.result()
                    .ifPresent(result -> bodies.add(new String(((RowResult.Answered) result).body(), UTF_8))));
            assertThat(bodies).containsExactly("{\"first\":1}");
            assertThat(store.counts()).isEqualTo(new JobCounts(2, 1, 0, 3, 6, Map.of("gpt-4o", new Usage(30, 6, 15))));
        }
    }

    @Test
    void failedRowsCanBeTriedAgainAndWhatTheyCostStaysCounted() {
        try (JobStore store = JobStore.open(file)) {
            begin(store, 3);
            store.store(List.of(answered(0, "{}"), failed(1, OptionalInt.of(500), "")));

            assertThat(store.retryFailed()).isEqualTo(1);

            assertThat(numbers(store.pendingPage(Stratum.of(100), -1, 10))).containsExactly(1L, 2L);
            assertThat(store.counts()).isEqualTo(new JobCounts(3, 1, 0, 3, 4, Map.of("gpt-4o", new Usage(20, 4, 10))));
            assertThat(store.store(List.of(answered(1, "{}")))).isEqualTo(1);
            assertThat(store.retryFailed()).isZero();
        }
    }

    @Test
    void aSecondOpeningInTheSameProcessIsRefusedAndHarmsNothing() {
        try (JobStore first = JobStore.open(file)) {
            begin(first, 1);

            for (int i = 0; i < 2; i++) {
                assertThatExceptionOfType(JobLockedException.class)
                        .isThrownBy(() -> JobStore.open(file))
                        .satisfies(e -> assertThat(e.pid())
                                .isEqualTo(
                                        OptionalLong.of(ProcessHandle.current().pid())));
            }
            assertThat(first.store(List.of(answered(0, "{}")))).isEqualTo(1);
        }
        assertThat(folder.toFile().list()).containsExactly("out # 1.jsonl.job");
    }

    @Test
    void somethingElseIsLeftAlone() throws IOException, SQLException {
        Files.writeString(file, "my only copy of something");
        assertThatExceptionOfType(JobFileException.class)
                .isThrownBy(() -> JobStore.open(file))
                .withMessageContaining("is not a job of Penstock's");
        assertThat(file).hasContent("my only copy of something");

        Path database = folder.resolve("other.db");
        sql(database, "CREATE TABLE mine(x)");
        assertThatExceptionOfType(JobFileException.class)
                .isThrownBy(() -> JobStore.open(database))
                .withMessageContaining("is not a job of Penstock's");
    }

    @Test
    void aJobOfANewerVersionIsLeftAlone() throws SQLException {
        JobStore.open(file).close();
        sql(file, "PRAGMA user_version=99");

        assertThatExceptionOfType(JobFileException.class)
                .isThrownBy(() -> JobStore.open(file))
                .withMessageContaining("layout 99");
    }

    @Test
    void aDamagedJobIsReported() throws IOException {
        try (JobStore store = JobStore.open(file)) {
            begin(store, 2_000);
        }
        byte[] bytes = Files.readAllBytes(file);
        Arrays.fill(bytes, 100, bytes.length, (byte) 0x55);
        Files.write(file, bytes);

        assertThatExceptionOfType(JobFileException.class)
                .isThrownBy(() -> JobStore.open(file))
                .withMessageContaining("is damaged");
    }

    @Test
    void aFullDiskLosesNothingThatWasStored() {
        try (JobStore store = JobStore.open(file)) {
            begin(store, 2_000);
            store.store(List.of(answered(0, "{}")));
            store.limitPages(1);
            List<RowResult> many = new ArrayList<>();
            for (int number = 1; number < 1_000; number++) {
                many.add(answered(number, "x".repeat(500)));
            }

            assertThatExceptionOfType(StorageFullException.class)
                    .isThrownBy(() -> store.store(many))
                    .withMessageContaining("make room");
            assertThat(store.counts().answered()).isEqualTo(1);

            store.limitPages(1_000_000);
            assertThat(store.store(many)).isEqualTo(999);
        }
        try (JobStore store = JobStore.open(file)) {
            assertThat(store.counts().answered()).isEqualTo(1_000);
            assertThat(store.integrity()).isEqualTo("ok");
        }
    }

    @Test
    void aFolderThatDoesNotExistIsReported() {
        assertThatExceptionOfType(JobFileException.class)
                .isThrownBy(() -> JobStore.open(folder.resolve("missing/out.job")))
                .withMessageContaining("check that its folder exists");
    }

    @Test
    void aNameThatTheDriverWouldMisreadIsRefused() {
        assertThatExceptionOfType(JobFileException.class)
                .isThrownBy(() -> JobStore.open(folder.resolve("what?.jsonl.job")))
                .withMessageContaining("question mark");
        assertThat(folder.toFile().list()).isEmpty();
    }

    @Test
    void aChangedJobIsExplainedWithTheWaysOut() {
        JobChangedException e = new JobChangedException(file, List.of("--model changed, from a to b"), 312);

        assertThat(e.differences()).containsExactly("--model changed, from a to b");
        assertThat(e).hasMessageContaining("312 stored answers").hasMessageContaining("--restart");
    }

    @Test
    void aLockFileLeftByAKilledProcessIsNoObstacle() throws IOException {
        Files.writeString(folder.resolve("out # 1.jsonl.job.lock"), "1\n2026-01-01T00:00:00Z\n");

        JobStore.open(file).close();

        assertThat(folder.toFile().list()).containsExactly("out # 1.jsonl.job");
    }

    static void begin(JobStore store, int rows) {
        store.begin("0.1.0");
        store.add(entries(rows));
        store.scanFinished(IDENTITY, new ScanReport(rows, 3, List.of(), DIGEST, List.of("q", "answer")));
    }

    static List<RowEntry> entries(int rows) {
        List<RowEntry> entries = new ArrayList<>();
        for (int number = 0; number < rows; number++) {
            entries.add(RowEntry.of(new RowPlace(number, number + 1, 10L * number, 9), 100));
        }
        return entries;
    }

    static RowResult answered(long number, String body) {
        return new RowResult.Answered(
                number,
                200,
                Optional.of("req_" + number),
                body.getBytes(UTF_8),
                "gpt-4o",
                new Usage(10, 2, 5),
                2,
                Duration.ofMillis(1_234));
    }

    static RowResult failed(long number, OptionalInt status, String body) {
        return new RowResult.Failed(
                number,
                status,
                Optional.empty(),
                body.getBytes(UTF_8),
                "some_code",
                "Some \"message\".",
                "gpt-4o",
                new Usage(10, 2, 5),
                2,
                Duration.ofMillis(77));
    }

    private static List<Long> numbers(List<RowEntry> entries) {
        return entries.stream().map(entry -> entry.place().number()).toList();
    }

    private static void sql(Path database, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
