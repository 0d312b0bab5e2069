package dev.penstock.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.penstock.emulator.BatchLedger;
import dev.penstock.emulator.BatchPace;
import dev.penstock.emulator.BatchQuirks;
import dev.penstock.emulator.BatchSettings;
import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.jobs.batch.BatchBounds;
import dev.penstock.jobs.batch.BatchGoal;
import dev.penstock.jobs.batch.Part;
import dev.penstock.jobs.batch.PollPace;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.Pricing;
import dev.penstock.wire.RequestFacts;
import java.io.BufferedWriter;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole jobs through the Batch API over real sockets, against an emulator in this process. */
@Timeout(300)
final class BatchRunTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final PollPace QUICK = new PollPace(Duration.ofMillis(10), Duration.ofMillis(50));

    private static final long DAY_IN_A_SECOND = 86_400;

    @TempDir
    private Path folder;

    private final List<Emulator> emulators = new ArrayList<>();
    private final List<String> told = new CopyOnWriteArrayList<>();

    /** A process that dies. */
    private static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }

    @AfterEach
    void nothingIsLeftBehind() throws IOException {
        emulators.forEach(Emulator::close);
        try (var files = Files.list(folder)) {
            assertThat(files.map(Path::toString).filter(file -> file.endsWith(".lock") || file.contains(".part-")))
                    .isEmpty();
        }
    }

    @Test
    void everyRowIsAnsweredOnceInInputOrderAndTheFileIsDeleted() throws IOException {
        Emulator emulator = start(standard());
        RunReport report = run(settings(emulator, batch(300)), BatchBounds.DOCUMENTED, step -> {});

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(report.answeredNow()).isEqualTo(300);
        requireAnswersInOrder(300);
        BatchLedger ledger = emulator.ledger().batches();
        assertThat(ledger.created()).isOne();
        assertThat(ledger.rowsRun()).isEqualTo(300);
        assertThat(ledger.filesDeleted()).isEqualTo(ledger.filesUploaded()).isOne();
        assertThat(report.costDollars().orElseThrow()).isPositive();
        assertThat(emulator.ledger().arrived()).isZero();
    }

    @Test
    void aTableGoesThroughToo() throws IOException {
        Emulator emulator = start(standard().withQuirks(BatchQuirks.parse(List.of("unordered"))));
        Path in = folder.resolve("in.csv");
        Files.writeString(in, "n,q\n1,one\n2,\"two, or \"\"2\"\"\"\n3,three\n");
        RunReport report = run(
                RunSettings.builder(in, emulator.baseUri())
                        .inputOptions(InputOptions.prompt("gpt-4o-mini", "What is {{q}}?"))
                        .output(folder.resolve("out.csv"))
                        .batch(BatchOptions.DEFAULT)
                        .build(),
                BatchBounds.DOCUMENTED,
                step -> {});
        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(Files.readAllLines(folder.resolve("out.csv")))
                .hasSize(4)
                .element(2)
                .asString()
                .startsWith("2,\"two");
    }

    @Test
    void modelsAndEndpointsGetBatchesOfTheirOwn() throws IOException {
        Emulator emulator = start(standard());
        Path in = folder.resolve("in.jsonl");
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            text.append(
                    i % 4 == 0
                            ? "{\"custom_id\":\"id-" + i + "\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":"
                                    + "{\"model\":\"text-embedding-3-small\",\"input\":\"Row " + i + "\"}}\n"
                            : line(i, i % 2 == 0 ? "gpt-4o-mini" : "gpt-4o"));
        }
        Files.writeString(in, text);
        assertThat(run(settings(emulator, in), BatchBounds.DOCUMENTED, step -> {})
                        .end())
                .isEqualTo(RunEnd.COMPLETE);
        assertThat(emulator.ledger().batches().created()).isEqualTo(3);
        assertThat(json(out())).hasSize(40);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "all-failed:1",
                "null-output:1",
                "status-0:1",
                "unordered",
                "blank-lines",
                "missing-line:1",
                "doubled-line",
                "cancelled-lines",
                "lost-answer:1"
            })
    void noOddityLosesARowOrPaysItTwice(String quirk) throws IOException {
        Emulator emulator = start(standard().withQuirks(BatchQuirks.parse(List.of(quirk))));
        RunReport report = run(settings(emulator, batch(60)), BatchBounds.DOCUMENTED, step -> {});
        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        requireAnswersInOrder(60);
        BatchLedger ledger = emulator.ledger().batches();
        boolean again = Set.of("all-failed:1", "null-output:1", "status-0:1", "missing-line:1")
                .contains(quirk);
        assertThat(ledger.created()).isEqualTo(again ? 2 : 1);
        if (!quirk.equals("null-output:1") && !quirk.equals("missing-line:1")) {
            // Answers that the provider holds back are paid, and nothing can be done but ask again.
            assertThat(ledger.rowsPaidTwice()).isZero();
        }
    }

    @Test
    void rowsThatAreWrongFailAndTheOthersGoOn() throws IOException {
        Emulator emulator = start(standard());
        Path in = folder.resolve("in.jsonl");
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            // So many choices are more than the endpoint makes: that fails the row, not the batch.
            text.append(
                    i % 10 == 3
                            ? line(i, "gpt-4o-mini").replace("\"max_tokens\"", "\"n\":129,\"max_tokens\"")
                            : line(i, "gpt-4o-mini"));
        }
        Files.writeString(in, text);
        RunReport report = run(settings(emulator, in), BatchBounds.DOCUMENTED, step -> {});
        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE_WITH_FAILURES);
        assertThat(report.job().answered()).isEqualTo(27);
        assertThat(report.firstFailures()).extracting(FailedRow::line).containsExactly(4L, 14L, 24L);
        assertThat(emulator.ledger().batches().created()).isOne();
    }

    @Test
    void aRowThatTheValidationRefusesFailsOnTheLineOfTheInputAndTheOthersOfItsPartAreAnswered() throws IOException {
        Emulator emulator = start(standard());
        Path in = folder.resolve("in.jsonl");
        // The emulator takes lines of at most 16 MiB. Of the two parts it is in the first, as the third of five.
        int tooLong = 4;
        try (BufferedWriter writer = Files.newBufferedWriter(in)) {
            for (int i = 0; i < 10; i++) {
                String line = line(i, i % 2 == 0 ? "gpt-4o-mini" : "gpt-4o");
                writer.write(i == tooLong ? line.replace("Row ", "word ".repeat((17 << 20) / 5)) : line);
            }
        }
        RunReport report = run(settings(emulator, in), BatchBounds.DOCUMENTED, step -> {});
        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE_WITH_FAILURES);
        assertThat(report.job().answered()).isEqualTo(9);
        assertThat(report.firstFailures()).singleElement().satisfies(row -> {
            assertThat(row.line()).isEqualTo(tooLong + 1);
            assertThat(row.explanation()).contains("not parseable as valid JSON");
        });
        assertThat(json(out()))
                .extracting(line -> line.at("/custom_id").asText())
                .containsExactly("id-0", "id-1", "id-2", "id-3", "id-5", "id-6", "id-7", "id-8", "id-9");
        assertThat(json(folder.resolve("out.jsonl.errors.jsonl")))
                .singleElement()
                .satisfies(line -> assertThat(line.at("/custom_id").asText()).isEqualTo("id-" + tooLong));
        BatchLedger ledger = emulator.ledger().batches();
        assertThat(ledger.ended()).containsEntry("failed", 1L).containsEntry("completed", 2L);
        assertThat(ledger.rowsPaidTwice()).isZero();
        // What was refused before it ran was not sent.
        assertThat(report.requests()).isEqualTo(9);
    }

    @Test
    void aQueueLimitIsLearnedFromOneRefusalAndKept() throws IOException {
        Emulator emulator = start(standard().withQueueTokens(2_000));
        RunReport report = run(settings(emulator, batch(600)), BatchBounds.DOCUMENTED, step -> {});
        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        requireAnswersInOrder(600);
        BatchLedger ledger = emulator.ledger().batches();
        assertThat(ledger.ended().get("failed")).isEqualTo(1);
        assertThat(ledger.peakEnqueuedTokens()).isLessThanOrEqualTo(2_000);
        assertThat(ledger.rowsPaidTwice()).isZero();
        assertThat(told).anyMatch(text -> text.contains("2,000 tokens"));
    }

    @Test
    void anExpiredBatchIsFinishedByAnother() throws IOException {
        Emulator emulator = start(standard().withExpiring(Set.of(1)).withTimeScale(DAY_IN_A_SECOND));
        RunReport report = run(settings(emulator, batch(100)), BatchBounds.DOCUMENTED, step -> {});
        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        requireAnswersInOrder(100);
        BatchLedger ledger = emulator.ledger().batches();
        assertThat(ledger.created()).isEqualTo(2);
        assertThat(ledger.rowsPaidTwice()).isZero();
    }

    @Test
    void aLargeJobWithEverythingThatGoesWrongTakesTheFewestBatches() throws IOException {
        int rows = 120_000;
        Emulator emulator = start(standard()
                .withQueueTokens(2_000_000)
                .withRowErrorShare(0.03)
                .withExpiring(Set.of(3))
                .withTimeScale(20_000));
        Path in = folder.resolve("in.jsonl");
        String words = "Is this the right way round, and what would you say of it? ".repeat(3);
        try (BufferedWriter writer = Files.newBufferedWriter(in)) {
            for (int i = 0; i < rows; i++) {
                writer.write(line(i, "gpt-4o-mini").replace("Row ", words));
            }
        }
        RunReport report = run(settings(emulator, in), BatchBounds.DOCUMENTED, step -> {});
        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        requireAnswersInOrder(rows);
        BatchLedger ledger = emulator.ledger().batches();
        System.out.println("120,000 rows: " + ledger.created() + " batches, " + ledger.ended() + ", rows run "
                + ledger.rowsRun() + ", paid twice " + ledger.rowsPaidTwice() + ", peak of the queue "
                + ledger.peakEnqueuedTokens() + ", in " + report.duration().toSeconds() + " s");
        assertThat(ledger.rowsPaidTwice()).isZero();
        assertThat(ledger.ended()).containsEntry("failed", 1L).containsEntry("expired", 1L);
        assertThat(ledger.peakEnqueuedTokens()).isLessThanOrEqualTo(2_000_000);
        // 6.4 M tokens need four; then 18,000 rows that failed or expired, and of these 3 % again and again.
        assertThat(ledger.created()).isLessThanOrEqualTo(1 + 4 + 4);
    }

    @Test
    void whatIsSubmittedIsFetchedLaterAndMayBeWaitedFor() throws IOException {
        Emulator emulator = start(standard().withPace(BatchPace.parse("700ms")));
        Path in = batch(50);
        RunReport submitted = run(with(emulator, in, BatchGoal.SUBMIT), BatchBounds.DOCUMENTED, step -> {});
        assertThat(submitted.end()).isEqualTo(RunEnd.AT_PROVIDER);
        assertThat(submitted.explanation().orElseThrow()).contains("1 batch runs at the provider");
        assertThatThrownBy(() -> run(
                        RunSettings.builder(in, emulator.baseUri())
                                .output(out())
                                .build(),
                        BatchBounds.DOCUMENTED,
                        step -> {}))
                .isInstanceOf(BatchesRunException.class)
                .hasMessageContaining("paid for twice");
        RunReport fetched = run(with(emulator, in, BatchGoal.FETCH), BatchBounds.DOCUMENTED, step -> {});
        assertThat(fetched.end()).isEqualTo(RunEnd.AT_PROVIDER);
        RunReport waited = run(settings(emulator, in), BatchBounds.DOCUMENTED, step -> {});
        assertThat(waited.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(emulator.ledger().batches().created()).isOne();
        requireAnswersInOrder(50);
    }

    @Test
    void cancellingEndsEveryBatchKeepsWhatWasAnsweredAndFreesTheRest() throws IOException {
        Emulator emulator =
                start(standard().withPace(BatchPace.parse("20h+1000/s")).withTimeScale(3_600));
        Path in = batch(2_000);
        BatchBounds small = new BatchBounds(1_000, 200 << 20, 50_000, 2_000);
        assertThat(run(with(emulator, in, BatchGoal.SUBMIT), small, step -> {}).end())
                .isEqualTo(RunEnd.AT_PROVIDER);
        RunReport cancelled = run(with(emulator, in, BatchGoal.CANCEL), small, step -> {});
        assertThat(cancelled.end()).isEqualTo(RunEnd.AT_PROVIDER);
        assertThat(emulator.ledger().batches().ended().get("cancelled")).isEqualTo(2);
        assertThat(emulator.ledger().batches().enqueuedTokens()).isZero();
        // Nothing runs any more, so live calls may answer the rest.
        RunReport live =
                run(RunSettings.builder(in, emulator.baseUri()).output(out()).build(), small, step -> {});
        assertThat(live.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(emulator.ledger().batches().rowsAnsweredLiveToo()).isZero();
    }

    @Test
    void aBudgetSmallerThanTheJobEndsItBelowAndALargerOneGoesOn() throws IOException {
        Emulator emulator = start(standard());
        Path in = batch(300);
        BigDecimal budget = worstCase(40);
        RunReport stopped = run(budget(emulator, in, budget), BatchBounds.DOCUMENTED, step -> {});
        assertThat(stopped.end()).isEqualTo(RunEnd.BUDGET_REACHED);
        assertThat(stopped.explanation().orElseThrow()).contains("more than is left of the budget");
        assertThat(stopped.job().answered()).isBetween(40L, 299L);
        assertThat(stopped.costDollars().orElseThrow())
                .isLessThanOrEqualTo(budget)
                .isGreaterThan(budget.subtract(worstCase(1)));
        BatchLedger ledger = emulator.ledger().batches();
        assertThat(ledger.rowsRun()).isEqualTo(stopped.job().answered());
        assertThat(ledger.filesDeleted()).isEqualTo(ledger.filesUploaded());

        RunReport again = run(budget(emulator, in, budget), BatchBounds.DOCUMENTED, step -> {});
        assertThat(again.end()).isEqualTo(RunEnd.BUDGET_REACHED);
        assertThat(emulator.ledger().batches().rowsRun()).isEqualTo(ledger.rowsRun());

        RunReport more = run(budget(emulator, in, worstCase(300)), BatchBounds.DOCUMENTED, step -> {});
        assertThat(more.end()).isEqualTo(RunEnd.COMPLETE);
        requireAnswersInOrder(300);
        assertThat(emulator.ledger().batches().rowsPaidTwice()).isZero();
    }

    @Test
    void aRowThatTheBudgetDoesNotCoverIsNotSentAndNothingIsUploaded() throws IOException {
        Emulator emulator = start(standard());
        BigDecimal tooLittle = worstCase(1).subtract(new BigDecimal("0.000000001"));
        RunReport report = run(budget(emulator, batch(5), tooLittle), BatchBounds.DOCUMENTED, step -> {});
        assertThat(report.end()).isEqualTo(RunEnd.BUDGET_REACHED);
        assertThat(emulator.ledger().batches().filesUploaded()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"missing-line:1", "null-output:1"})
    void answersThatTheProviderKeepsToItselfCountAtTheirWorstForGood(String quirk) throws IOException {
        Emulator emulator = start(standard().withQuirks(BatchQuirks.parse(List.of(quirk))));
        int kept = quirk.equals("missing-line:1") ? 1 : 10;
        Path in = batch(10);
        // Enough for every row once at its worst, so what is kept back can be asked for again only by what was saved.
        BigDecimal budget = worstCase(10);
        RunReport report = run(budget(emulator, in, budget), BatchBounds.DOCUMENTED, step -> {});
        try (JobStore store = JobStore.open(OutputWriter.jobFile(out()))) {
            assertThat(BigDecimal.valueOf(store.lostInBatches(), 9)).isEqualByComparingTo(worstCase(kept));
        }
        if (kept == 10) {
            assertThat(report.end()).isEqualTo(RunEnd.BUDGET_REACHED);
            assertThat(report.explanation().orElseThrow()).contains("calls whose answers never came");
            assertThat(run(budget(emulator, in, worstCase(19)), BatchBounds.DOCUMENTED, step -> {})
                            .job()
                            .answered())
                    .isBetween(9L, 10L);
        } else {
            assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        }
    }

    @Test
    void aBudgetHoldsWhateverStepTheProcessDiesAt() throws IOException {
        AtomicInteger steps = new AtomicInteger();
        BigDecimal budget = worstCase(20);
        budgetWithDeath(budget, 0, steps);
        int all = steps.get();
        assertThat(all).isGreaterThan(30);
        for (int dies = 1; dies <= all; dies++) {
            budgetWithDeath(budget, dies, steps);
        }
        System.out.println("deaths at " + all + " steps: budget exceeded 0");
    }

    private void budgetWithDeath(BigDecimal budget, int atStep, AtomicInteger steps) throws IOException {
        for (String name : List.of("out.jsonl.job", "out.jsonl", "out.jsonl.errors.jsonl")) {
            Files.deleteIfExists(folder.resolve(name));
        }
        Emulator emulator = start(standard().withRowErrorShare(0.05));
        Path in = batch(30);
        BatchBounds bounds = new BatchBounds(12, 200 << 20, 50_000, 2_000);
        steps.set(0);
        Consumer<String> dying = step -> {
            if (steps.incrementAndGet() == atStep) {
                throw new Crash();
            }
        };
        if (atStep > 0) {
            try {
                run(budget(emulator, in, budget), bounds, dying);
            } catch (Crash died) {
                assertThat(steps).hasValue(atStep);
            }
        }
        RunReport report = run(budget(emulator, in, budget), bounds, dying);
        assertThat(report.end()).isIn(RunEnd.BUDGET_REACHED, RunEnd.COMPLETE);
        BatchLedger ledger = emulator.ledger().batches();
        assertThat(ledger.rowsPaidTwice()).as("after a death at " + atStep).isZero();
        assertThat(ledger.rowsAnswered()).isEqualTo(report.job().answered());
        assertThat(report.costDollars().orElseThrow())
                .as("after a death at " + atStep)
                .isLessThanOrEqualTo(budget);
        emulator.close();
    }

    @Test
    void whatRunsWithoutABudgetCountsWhenOneIsGivenLater() throws IOException {
        Emulator emulator = start(standard().withPace(BatchPace.parse("300ms")));
        Path in = folder.resolve("in.jsonl");
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 10; i++) {
            text.append(line(i, "my-model-01"));
        }
        Files.writeString(in, text);
        BatchBounds five = new BatchBounds(5, 200 << 20, 50_000, 2_000);
        assertThat(run(with(emulator, in, BatchGoal.SUBMIT), five, step -> {}).end())
                .isEqualTo(RunEnd.AT_PROVIDER);
        assertThat(part(1).size().worstCaseNanoDollars()).isZero();

        Path prices = folder.resolve("prices.csv");
        Files.writeString(prices, "family,input,cached_input,output\nmy-model-01,0.15,0.075,0.60\n");
        RunReport report = run(
                RunSettings.builder(in, emulator.baseUri())
                        .output(out())
                        .batch(BatchOptions.DEFAULT)
                        .budgetDollars(worstCase(10))
                        .prices(PriceTable.builtIn().overriddenBy(prices))
                        .build(),
                five,
                step -> {});
        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        // The name of that model is as long.
        assertThat(BigDecimal.valueOf(part(1).size().worstCaseNanoDollars(), 9)).isEqualByComparingTo(worstCase(5));
    }

    @Test
    void whatRunsSinceAnEarlierProcessHoldsItsShareOfTheBudget() throws IOException {
        Emulator emulator = start(standard().withPace(BatchPace.parse("1h")));
        Path in = batch(10);
        // A queue of one token makes a part of each row, and lets one run at a time.
        RunSettings.Builder submit = RunSettings.builder(in, emulator.baseUri()).output(out());
        BatchOptions options = BatchOptions.DEFAULT.withGoal(BatchGoal.SUBMIT);
        assertThat(run(submit.batch(options.withQueueTokens(1)).build(), BatchBounds.DOCUMENTED, step -> {})
                        .end())
                .isEqualTo(RunEnd.AT_PROVIDER);
        assertThat(emulator.ledger().batches().created()).isOne();

        submit.batch(options.withQueueTokens(1_000_000));
        assertThat(run(submit.budgetDollars(worstCase(9)).build(), BatchBounds.DOCUMENTED, step -> {})
                        .end())
                .isEqualTo(RunEnd.AT_PROVIDER);
        assertThat(emulator.ledger().batches().created()).isEqualTo(9);
        assertThat(run(submit.budgetDollars(worstCase(10)).build(), BatchBounds.DOCUMENTED, step -> {})
                        .end())
                .isEqualTo(RunEnd.AT_PROVIDER);
        assertThat(emulator.ledger().batches().created()).isEqualTo(10);
    }

    private Part part(int number) {
        return BatchJournal.read(out()).parts().get(number - 1);
    }

    @Test
    void aJobOfTheFormerLayoutIsTakenUp() throws IOException, SQLException {
        Emulator emulator = start(standard().withPace(BatchPace.parse("300ms")));
        Path in = batch(10);
        assertThat(run(with(emulator, in, BatchGoal.SUBMIT), BatchBounds.DOCUMENTED, step -> {})
                        .end())
                .isEqualTo(RunEnd.AT_PROVIDER);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + OutputWriter.jobFile(out()));
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER TABLE batch_parts DROP COLUMN worst_nanodollars");
            statement.execute("PRAGMA user_version=2");
        }
        assertThat(part(1).size().worstCaseNanoDollars()).isZero();
        RunReport report = run(budget(emulator, in, worstCase(10)), BatchBounds.DOCUMENTED, step -> {});
        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(part(1).size().worstCaseNanoDollars()).isPositive();
    }

    @Test
    void theCostIsShownWhileBatchesRunAtHalfThePrice() throws IOException {
        Emulator emulator = start(standard());
        Path in = batch(20);
        List<RunProgress> seen = new CopyOnWriteArrayList<>();
        AtomicReference<JobRun> running = new AtomicReference<>();
        JobRun run = new JobRun(
                with(emulator, in, BatchGoal.COMPLETE),
                RunListener.none(),
                LiveRun.Patience.DEFAULT,
                new BatchRun.Tuning(
                        new BatchBounds(10, 200 << 20, 50_000, 2_000), QUICK, Duration.ofMillis(30), step -> {
                            JobRun now = running.get();
                            if (now != null && step.equals("deciding")) {
                                seen.add(now.progress());
                            }
                        }));
        running.set(run);
        RunReport report = run.run();
        BigDecimal cost = report.costDollars().orElseThrow();
        assertThat(seen).anySatisfy(progress -> {
            assertThat(progress.answered()).isEqualTo(10);
            assertThat(progress.costDollars().orElseThrow()).isPositive().isLessThan(cost);
            assertThat(progress.forecastDollars().orElseThrow())
                    .isBetween(cost.multiply(new BigDecimal("0.5")), cost.multiply(new BigDecimal("2")));
        });
        assertThat(seen)
                .first()
                .satisfies(progress -> assertThat(progress.forecastDollars()).isEmpty());
    }

    /** What rows of this test can cost at most in batches: those whose text is longest. */
    private static BigDecimal worstCase(int rows) {
        long sum = 0;
        Pricing pricing = new Pricing(PriceTable.builtIn());
        for (int i = 0; i < rows; i++) {
            byte[] body = body(i).getBytes(UTF_8);
            RequestFacts facts = RequestFacts.read(Endpoint.CHAT_COMPLETIONS, body);
            sum += Pricing.batchNanoDollars(pricing.worstCaseNanoDollars(facts, body.length));
        }
        return BigDecimal.valueOf(sum, 9);
    }

    private RunSettings budget(Emulator emulator, Path in, BigDecimal dollars) {
        return RunSettings.builder(in, emulator.baseUri())
                .output(out())
                .batch(BatchOptions.DEFAULT)
                .budgetDollars(dollars)
                .build();
    }

    @Test
    void anUploadThatArrivesAfterItWasSentAgainIsDeletedAtTheEnd() throws IOException {
        Emulator emulator = start(standard());
        Path in = batch(50);
        AtomicInteger decided = new AtomicInteger();
        assertThatThrownBy(() -> run(settings(emulator, in), BatchBounds.DOCUMENTED, step -> {
                    // The first decision is to plan, the second to upload.
                    if (step.equals("decided") && decided.incrementAndGet() == 2) {
                        throw new Crash();
                    }
                }))
                .isInstanceOf(Crash.class);
        AtomicInteger late = new AtomicInteger();
        RunReport report = run(settings(emulator, in), BatchBounds.DOCUMENTED, step -> {
            if (step.equals("created") && late.getAndIncrement() == 0) {
                String tag = emulator.ledger()
                        .batches()
                        .batches()
                        .getFirst()
                        .metadata()
                        .get("penstock_job");
                upload(emulator, "penstock-" + tag + "-part-1.jsonl");
                upload(emulator, "penstock-of-another-job-part-1.jsonl");
            }
        });
        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        BatchLedger ledger = emulator.ledger().batches();
        assertThat(ledger.created()).isOne();
        assertThat(ledger.filesUploaded()).isEqualTo(3);
        assertThat(ledger.filesDeleted()).isEqualTo(2);
    }

    private static void upload(Emulator emulator, String name) {
        String form = "--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
                + "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name
                + "\"\r\n\r\n{}\n\r\n--x--\r\n";
        HttpRequest request = HttpRequest.newBuilder(URI.create(emulator.baseUri() + "/files"))
                .header("content-type", "multipart/form-data; boundary=x")
                .timeout(Duration.ofSeconds(10))
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aDeathBetweenAnyTwoStepsCostsNothing() throws IOException {
        AtomicInteger steps = new AtomicInteger();
        long least = death(0, steps);
        int all = steps.get();
        assertThat(all).isGreaterThan(30);
        for (int dies = 1; dies <= all; dies++) {
            assertThat(death(dies, steps))
                    .as("batches created, with a death at step " + dies)
                    .isEqualTo(least);
        }
        System.out.println("deaths at " + all + " steps: batches created twice 0, rows paid twice 0, rows lost 0");
    }

    /** @return batches created */
    private long death(int atStep, AtomicInteger steps) throws IOException {
        for (String name : List.of("out.jsonl.job", "out.jsonl", "out.jsonl.errors.jsonl")) {
            Files.deleteIfExists(folder.resolve(name));
        }
        Emulator emulator =
                start(standard().withRowErrorShare(0.03).withExpiring(Set.of(2)).withTimeScale(4 * DAY_IN_A_SECOND));
        Path in = batch(200);
        BatchBounds bounds = new BatchBounds(100, 200 << 20, 50_000, 2_000);
        steps.set(0);
        AtomicReference<String> last = new AtomicReference<>("");
        Consumer<String> dying = step -> {
            last.set(step);
            if (steps.incrementAndGet() == atStep) {
                throw new Crash();
            }
        };
        if (atStep > 0) {
            try {
                run(settings(emulator, in), bounds, dying);
            } catch (Crash died) {
                assertThat(steps).hasValue(atStep);
            }
        }
        RunReport report = run(settings(emulator, in), bounds, dying);
        assertThat(report.end()).as("after a death at " + last).isEqualTo(RunEnd.COMPLETE);
        requireAnswersInOrder(200);
        BatchLedger ledger = emulator.ledger().batches();
        assertThat(ledger.rowsPaidTwice())
                .as("rows paid twice after a death at " + last)
                .isZero();
        Map<String, Integer> byPart = new HashMap<>();
        ledger.batches().forEach(batch -> byPart.merge(batch.metadata().get("penstock_part"), 1, Integer::sum));
        assertThat(byPart.values()).as("batches of each part").allMatch(count -> count == 1);
        assertThat(ledger.filesDeleted()).as("files left").isEqualTo(ledger.filesUploaded());
        emulator.close();
        return ledger.created();
    }

    private static BatchSettings standard() {
        return BatchSettings.standard();
    }

    private Emulator start(BatchSettings batches) {
        Emulator emulator = Emulator.start(EmulatorSettings.of(TwinSettings.builder()
                .limits(FamilyLimits.none())
                .batches(batches)
                .build()));
        emulators.add(emulator);
        return emulator;
    }

    private RunReport run(RunSettings settings, BatchBounds bounds, Consumer<String> between) {
        RunListener listener = new RunListener() {
            @Override
            public void notice(String text) {
                told.add(text);
            }
        };
        return new JobRun(
                        settings,
                        listener,
                        LiveRun.Patience.DEFAULT,
                        new BatchRun.Tuning(bounds, QUICK, Duration.ofMillis(30), between))
                .run();
    }

    private RunSettings settings(Emulator emulator, Path in) {
        return with(emulator, in, BatchGoal.COMPLETE);
    }

    private RunSettings with(Emulator emulator, Path in, BatchGoal goal) {
        return RunSettings.builder(in, emulator.baseUri())
                .output(out())
                .batch(BatchOptions.DEFAULT.withGoal(goal))
                .build();
    }

    private Path out() {
        return folder.resolve("out.jsonl");
    }

    private static String line(int i, String model) {
        return "{\"custom_id\":\"id-" + i + "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
                + body(i, model) + "}\n";
    }

    private static String body(int i) {
        return body(i, "gpt-4o-mini");
    }

    private static String body(int i, String model) {
        return "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Row " + i
                + "\"}],\"max_tokens\":20}";
    }

    private Path batch(int rows) throws IOException {
        Path in = folder.resolve("in.jsonl");
        try (BufferedWriter writer = Files.newBufferedWriter(in)) {
            for (int i = 0; i < rows; i++) {
                writer.write(line(i, "gpt-4o-mini"));
            }
        }
        return in;
    }

    private void requireAnswersInOrder(int rows) throws IOException {
        List<JsonNode> lines = json(out());
        assertThat(lines).hasSize(rows);
        for (int i = 0; i < rows; i++) {
            assertThat(lines.get(i).at("/custom_id").asText()).isEqualTo("id-" + i);
            assertThat(lines.get(i).at("/response/status_code").asInt()).isEqualTo(200);
        }
    }

    private static List<JsonNode> json(Path file) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }
}
