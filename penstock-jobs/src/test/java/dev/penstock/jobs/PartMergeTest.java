package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.jobs.batch.BatchBounds;
import dev.penstock.jobs.batch.Part;
import dev.penstock.jobs.batch.PartCost;
import dev.penstock.jobs.batch.PartPhase;
import dev.penstock.wire.BatchStatus;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a merge charges a budget. A row of ten tokens in and five out costs 2,250 nano-dollars in a batch. */
@Timeout(60)
final class PartMergeTest {
    private static final long ANSWER = 2_250;

    @TempDir
    private Path folder;

    private @Nullable JobRun interrupting;
    private @Nullable JobInput input;
    private @Nullable JobStore store;

    @AfterEach
    void close() {
        if (input != null) {
            input.close();
        }
        if (store != null) {
            store.close();
        }
    }

    @Test
    void answersCostWhatTheySayAndFailuresNothing() throws IOException {
        Part part = ended(4, 3);
        PartMerge.Report report = merge(part, false, answer(0), answer(1), answer(2), failure(3));
        assertThat(report.cost()).isEqualTo(new PartCost(3 * ANSWER, 0));
        assertThat(report.freed()).isEqualTo(1);
        assertThat(lost()).isZero();
    }

    @Test
    void rowsWithoutALineCountIfTheProviderCountsThemAsCompleted() throws IOException {
        Part part = ended(4, 3);
        PartMerge.Report report = merge(part, false, answer(0), answer(1));
        assertThat(report.cost()).isEqualTo(new PartCost(2 * ANSWER, worstCase(part, 1)));
        assertThat(lost()).isEqualTo(worstCase(part, 1));
    }

    @Test
    void rowsWithoutALineOfAnExpiredBatchCostNothing() throws IOException {
        assertThat(merge(ended(4, 1), false, answer(0)).cost().lost()).isZero();
    }

    @Test
    void everyRowWithoutALineCountsIfTheAnswersAreGoneWhateverTheCountsSay() throws IOException {
        Part part = ended(4, 0);
        PartMerge.Report report = merge(part, true, failure(3));
        assertThat(report.cost()).isEqualTo(new PartCost(0, worstCase(part, 3)));
    }

    @Test
    void anAnswerThatDoesNotSayWhatItUsedCountsAtItsWorst() throws IOException {
        Part part = ended(2, 2);
        PartMerge.Report report = merge(part, false, answer(0).replaceAll(",.usage.:\\{[^}]*}", ""), answer(1));
        assertThat(report.answered()).isEqualTo(2);
        assertThat(report.cost()).isEqualTo(new PartCost(ANSWER, worstCase(part, 1)));
        assertThat(lost()).isEqualTo(worstCase(part, 1));
    }

    @Test
    void anAnswerThatIsNoneMayBeBilled() throws IOException {
        Part part = ended(2, 0);
        PartMerge.Report report = merge(
                part,
                false,
                "{\"custom_id\":\"id-0\",\"response\":{\"status_code\":200,\"body\":{\"odd\":1}},\"error\":null}",
                answer(1));
        assertThat(report.cost()).isEqualTo(new PartCost(ANSWER, worstCase(part, 1)));
    }

    @Test
    void aMergeThatIsCutOffAndRepeatedChargesOnce() throws IOException {
        Part part = ended(1_500, 1_500);
        String[] lines = new String[1_499];
        for (int i = 0; i < lines.length; i++) {
            lines[i] = answer(i);
        }
        assertThatThrownBy(() -> merge(
                        part,
                        step -> {
                            throw new IllegalStateException(step);
                        },
                        false,
                        lines))
                .hasMessage("stored some");
        assertThat(store().counts().answered()).isEqualTo(1_000);
        PartMerge.Report report = merge(part, false, lines);
        assertThat(report.cost())
                .isEqualTo(new PartCost(499 * ANSWER, report.cost().lost()));
        assertThat(lost()).isEqualTo(report.cost().lost()).isBetween(1L, worstCase(part, 2));
        assertThat(store().counts().answered()).isEqualTo(1_499);
    }

    private long lost() {
        return store().lostInBatches();
    }

    private JobStore store() {
        return Objects.requireNonNull(store);
    }

    /** Of rows that are alike. */
    private static long worstCase(Part part, int rows) {
        return part.size().worstCaseNanoDollars() / part.size().rows() * rows;
    }

    private PartMerge.Report merge(Part part, boolean answersGone, String... lines) throws IOException {
        return merge(part, step -> {}, answersGone, lines);
    }

    private PartMerge.Report merge(Part part, Consumer<String> between, boolean answersGone, String... lines)
            throws IOException {
        Path results = Files.write(folder.resolve("results.jsonl"), List.of(lines));
        return new PartMerge(
                        BatchTables.open(store(), () -> 0),
                        Objects.requireNonNull(input),
                        new BatchPricing(settings()),
                        part,
                        6,
                        between)
                .merge(List.of(results), answersGone);
    }

    private static String answer(int row) {
        return "{\"custom_id\":\"id-" + row + "\",\"response\":{\"status_code\":200,\"body\":{\"id\":\"c\","
                + "\"object\":\"chat.completion\",\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"message\":"
                + "{\"role\":\"assistant\",\"content\":\"x\"},\"finish_reason\":\"stop\"}],"
                + "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}}},\"error\":null}";
    }

    private static String failure(int row) {
        return "{\"custom_id\":\"id-" + row + "\",\"response\":{\"status_code\":500,\"body\":{\"error\":{"
                + "\"message\":\"broken\",\"type\":\"server_error\"}}},\"error\":null}";
    }

    private RunSettings settings() {
        return RunSettings.builder(folder.resolve("in.jsonl"), URI.create("http://127.0.0.1:9/v1"))
                .output(folder.resolve("out.jsonl"))
                .build();
    }

    /** A part of so many rows whose batch is over. */
    private Part ended(int rows, long completed) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rows; i++) {
            text.append("{\"custom_id\":\"id-" + i + "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
                    + "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Row\"}],"
                    + "\"max_tokens\":20}}\n");
        }
        Files.writeString(folder.resolve("in.jsonl"), text);
        JobRun scan = new JobRun(settings(), new RunListener() {
            @Override
            public void scanned(ScanReport report) {
                Objects.requireNonNull(interrupting).interrupt();
            }
        });
        interrupting = scan;
        assertThat(scan.run().end()).isEqualTo(RunEnd.INTERRUPTED);
        JobInput rowsOfJob = JobInput.open(settings().input(), settings().inputOptions());
        input = rowsOfJob;
        JobStore job = JobStore.open(settings().jobFile());
        store = job;
        List<Part> parts = new PartPlanner(
                        BatchTables.open(job, () -> 0), rowsOfJob, BatchBounds.DOCUMENTED, new BatchPricing(settings()))
                .plan(family -> OptionalLong.empty(), Long.MAX_VALUE, () -> false)
                .parts();
        return new Part(
                parts.getFirst().size(),
                PartPhase.ENDED,
                1,
                "file-1",
                "batch-1",
                BatchStatus.COMPLETED,
                completed,
                rows - completed,
                "file-2",
                "");
    }
}
