package dev.penstock.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobStoreKillTest {
    static final int ROWS = 20_000;

    private static final long SEED = 20261124;

    @TempDir
    Path folder;

    @Test
    void everyRowReportedAsStoredSurvivesAKillAtAnyMoment() throws IOException, InterruptedException {
        Path file = folder.resolve("out.jsonl.job");
        RandomGenerator random = Seeds.random(SEED);
        // Rows are stored in file order, so the last one reported stands for all before it.
        long reported = -1;
        for (int kill = 1; kill <= 10; kill++) {
            Process writer = start(file);
            try (BufferedReader lines = writer.inputReader()) {
                // From the very opening on, and between any two commits.
                int after = kill == 1 ? 0 : random.nextInt(60);
                for (int i = 0; i < after; i++) {
                    reported = Math.max(reported, number(lines.readLine()));
                }
                busyWait(random.nextInt(2_000_000));
                // By its handle, because Process itself would throw away what was printed and not read yet.
                assertThat(writer.toHandle().destroyForcibly()).isTrue();
                String line;
                while ((line = lines.readLine()) != null) {
                    reported = Math.max(reported, number(line));
                }
            }
            writer.waitFor();

            try (JobStore store = JobStore.open(file)) {
                List<Long> stored = new ArrayList<>();
                store.forEachRow(row -> row.result().ifPresent(result -> {
                    stored.add(result.number());
                    assertThat(new String(((RowResult.Answered) result).body(), UTF_8))
                            .isEqualTo(body(result.number()));
                }));
                System.out.println("seed " + SEED + ", kill " + kill + ": " + (reported + 1) + " rows reported, "
                        + stored.size() + " stored");
                assertThat(stored)
                        .isEqualTo(LongStream.range(0, stored.size()).boxed().toList());
                assertThat(stored.size()).isGreaterThanOrEqualTo((int) reported + 1);
                assertThat(store.counts().answered()).isEqualTo(stored.size());
                assertThat(store.integrity()).isEqualTo("ok");
            }
        }
        assertThat(reported).isPositive();
    }

    @Test
    void asLongAsAnotherProcessHasTheJobItIsNamed() throws IOException, InterruptedException {
        Path file = folder.resolve("out.jsonl.job");
        Process writer = start(file);
        try (BufferedReader lines = writer.inputReader()) {
            assertThat(lines.readLine()).isEqualTo("open");

            assertThatExceptionOfType(JobLockedException.class)
                    .isThrownBy(() -> JobStore.open(file))
                    .satisfies(e -> {
                        assertThat(e.pid()).isEqualTo(OptionalLong.of(writer.pid()));
                        assertThat(e.since()).isEqualTo(writer.info().startInstant());
                    })
                    .withMessageContaining("is in use by process " + writer.pid());
        } finally {
            writer.destroyForcibly().waitFor();
        }
        JobStore.open(file).close();
    }

    static String body(long number) {
        return "{\"answer\":\"" + "x".repeat(300) + number + "\"}";
    }

    private static long number(@Nullable String line) {
        return line == null || line.equals("open") ? -1 : Long.parseLong(line);
    }

    /** Moves the kill off the moment of a commit; the length itself proves nothing. */
    private static void busyWait(int spins) {
        for (int i = 0; i < spins; i++) {
            Thread.onSpinWait();
        }
    }

    private static Process start(Path file) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledWriter.class.getName(),
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
