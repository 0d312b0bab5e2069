package dev.penstock.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Batches that are larger than the heap, in a process of their own. */
final class BatchMemoryTest {
    @TempDir
    private Path directory;

    @Test
    @Timeout(180)
    void rowsOfManyBatchesNeedNoHeap() throws IOException, InterruptedException {
        // 50,000 rows of 2 KB are 100 MB, in and out.
        assertThat(run("32m", "2", "25000", "2000")).contains("rows run: 50000, batches completed: 2");
    }

    private String run(String heap, String... arguments) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                ManyRows.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(150, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return Files.readString(output);
    }

    /** Batches, rows of each, and characters of a prompt are its arguments. */
    static final class ManyRows {
        private ManyRows() {}

        public static void main(String[] arguments) throws IOException {
            int batches = Integer.parseInt(arguments[0]);
            int rows = Integer.parseInt(arguments[1]);
            String filler = "x".repeat(Integer.parseInt(arguments[2]));
            long now = 0;
            try (Twin twin = new Twin(
                    TwinSettings.builder()
                            .batches(BatchSettings.standard().withPace(BatchPace.parse("1h")))
                            .build(),
                    1)) {
                for (int batch = 0; batch < batches; batch++) {
                    String file = upload(twin, batch, rows, filler, now);
                    byte[] order = BatchClient.bytes(BatchClient.order(file));
                    BatchClient.served(twin.arrive("POST", "/v1/batches", name -> null, order, now));
                }
                // All of them run side by side.
                for (int minute = 0; minute < 70; minute++) {
                    now += Duration.ofMinutes(1).toNanos();
                    BatchClient.served(twin.arrive("GET", "/v1/batches", name -> null, new byte[0], now));
                }
                BatchLedger ledger = twin.ledger().batches();
                System.out.println("rows run: " + ledger.rowsRun() + ", batches completed: "
                        + ledger.ended().getOrDefault("completed", 0L));
            }
        }

        private static String upload(Twin twin, int batch, int rows, String filler, long now) {
            FileUpload upload =
                    twin.upload(name -> name.equals("content-type") ? "multipart/form-data; boundary=b" : null, now);
            if (upload == null) {
                throw new AssertionError("the upload is refused");
            }
            upload.piece(ascii("--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b\r\n"
                    + "Content-Disposition: form-data; name=\"file\"; filename=\"in.jsonl\"\r\n\r\n"));
            for (int row = 0; row < rows; row++) {
                upload.piece(ascii(BatchClient.chat(
                        "b" + batch + "r" + row, "gpt-4o-mini", "question " + batch + " " + row + filler)));
            }
            upload.piece(ascii("\r\n--b--\r\n"));
            return BatchClient.json(BatchClient.served(twin.uploaded(upload, now)))
                    .at("/id")
                    .asText();
        }

        private static byte[] ascii(String text) {
            return text.getBytes(StandardCharsets.US_ASCII);
        }
    }
}
