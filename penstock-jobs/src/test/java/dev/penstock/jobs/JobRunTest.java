package dev.penstock.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.FaultPlan;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.Ledger;
import dev.penstock.emulator.OutputLength;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.time.Ticker;
import io.vertx.core.Vertx;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs over real sockets, against an emulator in this process. */
@Timeout(120)
final class JobRunTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String MODEL = "gpt-4o-mini";

    @TempDir
    private Path folder;

    private final List<Emulator> emulators = new ArrayList<>();

    @AfterEach
    void nothingIsLeftInFlight() {
        for (Emulator emulator : emulators) {
            emulator.close();
        }
        try (var files = Files.list(folder)) {
            assertThat(files.filter(file -> file.toString().endsWith(".lock"))).isEmpty();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void batchRowsAreAnsweredOnceAndWrittenInInputOrder() throws IOException {
        Emulator emulator = start(twin().latency(Latency.parse("0s..30ms")));
        Path in = batch(300);

        RunReport report = run(settings(emulator, in));

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(report.answeredNow()).isEqualTo(300);
        assertThat(report.job().pending()).isZero();
        assertThat(report.explanation()).isEmpty();
        List<JsonNode> lines = json(out());
        assertThat(lines).hasSize(300);
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i).at("/custom_id").asText()).isEqualTo("id-" + i);
            assertThat(lines.get(i).at("/response/status_code").asInt()).isEqualTo(200);
            assertThat(lines.get(i).at("/response/request_id").asText()).startsWith("req_");
            assertThat(lines.get(i)
                            .at("/response/body/choices/0/message/content")
                            .asText())
                    .isNotBlank();
        }
        Ledger ledger = emulator.ledger();
        assertThat(ledger.admitted()).isEqualTo(300);
        assertThat(ledger.repeated()).isZero();
        assertThat(report.spentNow().outputTokens()).isEqualTo(ledger.outputTokens());
        assertThat(report.costDollars().orElseThrow()).isPositive();
        assertThat(report.latencyMedian()).isPositive().isLessThanOrEqualTo(report.latency95());
    }

    @Test
    void aTablesRowsAreAnsweredInTheirPlaces() throws IOException {
        Emulator emulator = start(twin());
        Path in = folder.resolve("in.csv");
        Files.writeString(in, "n,q\n1,one\n2,\"two, or \"\"2\"\"\"\n3,three\n");
        Path output = folder.resolve("out.csv");

        RunReport report = run(RunSettings.builder(in, emulator.baseUri())
                .inputOptions(InputOptions.prompt(MODEL, "What is {{q}}?"))
                .output(output)
                .build());

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        List<String> lines = Files.readAllLines(output);
        assertThat(lines.get(0)).isEqualTo("n,q,answer");
        assertThat(lines.get(1)).startsWith("1,one,").hasSizeGreaterThan(7);
        assertThat(lines.get(2)).startsWith("2,\"two, or \"\"2\"\"\",").hasSizeGreaterThan(20);
        assertThat(lines.get(3)).startsWith("3,three,").hasSizeGreaterThan(9);
    }

    @Test
    void jsonRowsGoToAStreamAndTheJobStaysBesideTheInput() throws IOException {
        Emulator emulator = start(twin());
        Path in = folder.resolve("in.jsonl");
        Files.writeString(in, "{\"q\":\"one\"}\n{\"q\":\"two\"}\n");
        ByteArrayOutputStream stream = new ByteArrayOutputStream();

        RunReport report = run(RunSettings.builder(in, emulator.baseUri())
                .inputOptions(InputOptions.prompt(MODEL, "{{q}}"))
                .output(stream)
                .build());

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(report.jobFile()).isEqualTo(folder.toRealPath().resolve("in.jsonl.job"));
        String[] lines = stream.toString(UTF_8).split("\n", -1);
        assertThat(lines).hasSize(3);
        assertThat(JSON.readTree(lines[1]).at("/q").asText()).isEqualTo("two");
        assertThat(JSON.readTree(lines[1]).at("/answer").asText()).isNotBlank();
    }

    @Test
    void aFailedRowGoesToTheErrorsFileAndCanBeTriedAgain() throws IOException {
        Emulator emulator = start(twin().models(Set.of(MODEL)));
        Path in = folder.resolve("in.jsonl");
        Files.writeString(in, row(0, MODEL) + row(1, "gpt-4o") + row(2, MODEL));

        RunReport report = run(settings(emulator, in));

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE_WITH_FAILURES);
        assertThat(report.failedNow()).isEqualTo(1);
        assertThat(report.firstFailures()).singleElement().satisfies(failure -> {
            assertThat(failure.line()).isEqualTo(2);
            assertThat(failure.code()).isEqualTo("model_not_found");
            assertThat(failure.explanation()).contains("does not exist");
        });
        assertThat(json(out())).hasSize(2);
        JsonNode error = json(OutputWriter.errorsFile(out())).getFirst();
        assertThat(error.at("/custom_id").asText()).isEqualTo("id-1");
        assertThat(error.at("/response/status_code").asInt()).isEqualTo(404);
        emulator.close();

        Emulator better = start(twin());
        RunReport unchanged = run(named(better, in).build());
        assertThat(unchanged.end()).isEqualTo(RunEnd.COMPLETE_WITH_FAILURES);
        assertThat(better.ledger().arrived()).isZero();

        RunReport again = run(named(better, in).retryFailed(true).build());
        assertThat(again.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(better.ledger().arrived()).isEqualTo(1);
        assertThat(json(out())).hasSize(3);
        assertThat(OutputWriter.errorsFile(out())).doesNotExist();
    }

    @Test
    void anInterruptedRunKeepsWhatWasInFlightAndResumesWithoutPayingTwice() throws IOException {
        Emulator emulator = start(twin().latency(Latency.parse("20ms..60ms")));
        Path in = batch(1_000);
        JobRun first = new JobRun(settings(emulator, in), RunListener.none());
        CompletableFuture<RunReport> running = CompletableFuture.supplyAsync(first::run);
        await(() -> emulator.ledger().answered() >= 100);

        first.interrupt();

        RunReport interrupted = running.join();
        assertThat(interrupted.end()).isEqualTo(RunEnd.INTERRUPTED);
        assertThat(interrupted.job().answered()).isBetween(100L, 999L);
        assertThat(interrupted.job().answered()).isEqualTo(emulator.ledger().answered());
        assertThat(json(out())).hasSize((int) interrupted.job().answered());
        assertThat(first.progress().phase()).isEqualTo(RunPhase.DONE);

        RunReport resumed = run(settings(emulator, in));
        assertThat(resumed.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(resumed.answeredNow()).isEqualTo(1_000 - interrupted.job().answered());
        assertThat(emulator.ledger().repeatedAfterAnswer()).isZero();
        assertThat(emulator.ledger().admitted()).isEqualTo(1_000);
        assertThat(ids(json(out()))).hasSize(1_000);
    }

    @Test
    void aSecondInterruptDoesNotWaitForWhatIsInFlight() throws IOException {
        Emulator emulator = start(twin().faults(FaultPlan.parse("hang=100%")));
        Path in = batch(5);
        JobRun run = new JobRun(settings(emulator, in), RunListener.none());
        CompletableFuture<RunReport> running = CompletableFuture.supplyAsync(run::run);
        await(() -> emulator.ledger().inFlight() == 5);

        long started = System.nanoTime();
        run.interrupt();
        run.interrupt();

        assertThat(running.join().end()).isEqualTo(RunEnd.INTERRUPTED);
        assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(4));
        await(() -> emulator.ledger().hangUps() == 5);
    }

    @Test
    void aWrongModelEndsTheRunEarlyAndAnInterruptThenDoesNotWaitForWhatHangs() throws IOException {
        Emulator emulator = start(twin().models(Set.of(MODEL)).faults(FaultPlan.parse("hang=100%")));
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            rows.append(row(i, i < 5 ? MODEL : "gpt-4o"));
        }
        Path in = folder.resolve("in.jsonl");
        Files.writeString(in, rows);
        LiveRun.Patience little =
                new LiveRun.Patience(Duration.ofMillis(200), Duration.ofSeconds(15), Duration.ofMinutes(10));
        JobRun run = new JobRun(settings(emulator, in), RunListener.none(), little);
        CompletableFuture<RunReport> running = CompletableFuture.supplyAsync(run::run);
        await(() -> run.progress().phase() == RunPhase.DRAINING);
        assertThat(emulator.ledger().inFlight()).isPositive();

        run.interrupt();

        RunReport report = running.join();
        assertThat(report.end()).isEqualTo(RunEnd.STOPPED_BY_PROVIDER);
        assertThat(report.explanation().orElseThrow()).contains("gpt-4o", "check the model's name");
        assertThat(report.job().pending()).isEqualTo(200);
        assertThat(report.job().failed()).isZero();
    }

    @Test
    void anErrorOnTheEventLoopEndsTheRunWhateverIsInFlight() throws IOException {
        Emulator emulator = start(twin().faults(FaultPlan.parse("hang=50%,500=50%")));
        Path in = batch(40);
        RunReport scanned = scanOnly(emulator, in);
        assertThat(scanned.end()).isEqualTo(RunEnd.INTERRUPTED);
        LiveRun.Patience little =
                new LiveRun.Patience(Duration.ofMillis(200), Duration.ofSeconds(15), Duration.ofMinutes(10));
        Vertx vertx = Vertx.vertx();
        try (JobInput input = JobInput.open(in, InputOptions.none());
                JobStore store = JobStore.open(OutputWriter.jobFile(out()))) {
            CountDownLatch ended = new CountDownLatch(1);
            LiveRun run = new LiveRun(
                    settings(emulator, in),
                    little,
                    input,
                    store,
                    store.counts(),
                    SpendGuard.unlimited(),
                    Ticker.system(),
                    vertx,
                    text -> {
                        throw new StackOverflowError();
                    },
                    false,
                    ended::countDown);
            run.start();
            await(() -> ended.getCount() == 0);
            vertx.close().toCompletionStage().toCompletableFuture().join();

            assertThatThrownBy(run::close)
                    .isInstanceOf(IllegalStateException.class)
                    .hasCauseInstanceOf(StackOverflowError.class);
        }
    }

    private RunReport scanOnly(Emulator emulator, Path in) {
        JobRun onlyScanned = new JobRun(settings(emulator, in), new RunListener() {
            @Override
            public void scanned(ScanReport report) {
                Objects.requireNonNull(interrupting).interrupt();
            }
        });
        interrupting = onlyScanned;
        return onlyScanned.run();
    }

    @Test
    void everyRowIsAnsweredOnceThroughFaults() throws IOException {
        Emulator emulator = start(twin().faults(FaultPlan.parse("500=5%,503=1%,reset=2%,reset-body=2%,hang=1%,cut=1%"))
                .latency(Latency.parse("5ms..20ms")));
        Path in = batch(600);
        List<String> notices = new CopyOnWriteArrayList<>();

        RunReport report =
                new JobRun(named(emulator, in).timeout(Duration.ofMillis(700)).build(), noticing(notices)).run();

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(report.retries()).isPositive();
        assertThat(ids(json(out()))).hasSize(600);
        Ledger ledger = emulator.ledger();
        assertThat(ledger.faults()).hasSizeGreaterThanOrEqualTo(5);
        assertThat(report.requests()).isEqualTo(ledger.admitted());
        assertThat(notices).hasSameSizeAs(new HashSet<>(notices)).hasSizeBetween(3, 8);
    }

    @Test
    void aWrongKeyStopsTheRunAtOnceAndIsNeverRepeated() throws IOException {
        Emulator emulator = start(twin().apiKey("sk-right"));
        Path in = batch(50);
        List<String> notices = new CopyOnWriteArrayList<>();
        RunSettings wrong = named(emulator, in).apiKey("sk-wrong").build();

        RunReport stopped = new JobRun(wrong, noticing(notices)).run();

        assertThat(stopped.end()).isEqualTo(RunEnd.STOPPED_BY_PROVIDER);
        assertThat(stopped.job().pending()).isEqualTo(50);
        assertThat(emulator.ledger().invalid()).isBetween(1L, 20L);
        assertThat(stopped.toString() + notices + wrong).doesNotContain("sk-wrong");
        assertThat(new String(Files.readAllBytes(stopped.jobFile()), UTF_8)).doesNotContain("sk-wrong");

        RunReport resumed = run(named(emulator, in).apiKey("sk-right").build());
        assertThat(resumed.end()).isEqualTo(RunEnd.COMPLETE);
    }

    @Test
    void aBudgetIsNeverExceededAndTheAnswersBoughtAreWritten() throws IOException {
        Emulator emulator = start(twin().outputLength(new OutputLength(50, 0)));
        Path in = batch(400);
        BigDecimal budget = new BigDecimal("0.005");

        RunReport report = run(named(emulator, in).budgetDollars(budget).build());

        assertThat(report.end()).isEqualTo(RunEnd.BUDGET_REACHED);
        assertThat(report.costDollars().orElseThrow())
                .isLessThanOrEqualTo(budget)
                .isGreaterThan(new BigDecimal("0.004"));
        assertThat(json(out())).hasSize((int) report.job().answered()).hasSizeBetween(100, 399);

        RunReport again = run(named(emulator, in).budgetDollars(budget).build());
        assertThat(again.end()).isEqualTo(RunEnd.BUDGET_REACHED);
        assertThat(again.costDollars().orElseThrow()).isLessThanOrEqualTo(budget);

        RunReport richer = run(named(emulator, in).budgetDollars(BigDecimal.ONE).build());
        assertThat(richer.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(emulator.ledger().repeatedAfterAnswer()).isZero();
    }

    @Test
    void aBudgetNeedsThePriceOfEveryModel() throws IOException {
        Path in = folder.resolve("in.jsonl");
        Files.writeString(in, row(0, MODEL) + row(1, "llama-9"));
        RunSettings settings = RunSettings.builder(in, URI.create("http://127.0.0.1:1/v1"))
                .output(out())
                .budgetDollars(BigDecimal.ONE)
                .build();

        assertThatThrownBy(() -> run(settings))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("llama-9")
                .hasMessageContaining("--budget");
        assertThat(OutputWriter.jobFile(out())).doesNotExist();
    }

    @Test
    void badRowsAreNamedBeforeAnythingIsSent() throws IOException {
        Emulator emulator = start(twin());
        Path in = folder.resolve("in.jsonl");
        Files.writeString(in, row(0, MODEL) + "{\"custom_id\": 7}\n" + row(2, MODEL));

        assertThatThrownBy(() -> run(settings(emulator, in)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("1 of 3 rows")
                .hasMessageContaining("in.jsonl:2:15: ")
                .hasMessageContaining("--skip-bad");
        assertThat(emulator.ledger().arrived()).isZero();
        assertThat(OutputWriter.jobFile(out())).doesNotExist();

        RunReport report = run(named(emulator, in).skipBad(true).build());
        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(report.job().badRows()).isEqualTo(1);
        assertThat(ids(json(out()))).containsExactlyInAnyOrder("id-0", "id-2");
    }

    @Test
    void anUpstreamThatIsNotThereEndsTheRunAndCostsNoAttempt() throws IOException {
        Path in = batch(20);
        int port = freePort();
        RunSettings settings = RunSettings.builder(in, URI.create("http://127.0.0.1:" + port + "/v1"))
                .output(out())
                .upstream("twin")
                .build();
        LiveRun.Patience little =
                new LiveRun.Patience(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofHours(1));
        List<String> notices = new CopyOnWriteArrayList<>();

        RunReport report = new JobRun(settings, noticing(notices), little).run();

        assertThat(report.end()).isEqualTo(RunEnd.UNREACHABLE);
        assertThat(report.explanation().orElseThrow())
                .contains("127.0.0.1:" + port)
                .contains("resumed");
        assertThat(report.job().pending()).isEqualTo(20);
        assertThat(notices).singleElement().asString().contains("127.0.0.1:" + port + " refuses connections");

        Emulator emulator = start(twin());
        assertThat(run(named(emulator, in).build()).end()).isEqualTo(RunEnd.COMPLETE);
    }

    @Test
    void anOutageIsWaitedOutAndNoRowIsLost() throws IOException {
        Emulator before = start(twin().latency(Latency.parse("20ms..40ms")));
        int port = before.port();
        Path in = batch(400);
        List<String> notices = new CopyOnWriteArrayList<>();
        CountDownLatch outage = new CountDownLatch(1);
        RunListener listener = new RunListener() {
            @Override
            public void notice(String text) {
                notices.add(text);
                if (text.contains("Trying again with growing pauses")) {
                    outage.countDown();
                }
            }
        };
        CompletableFuture<RunReport> running = CompletableFuture.supplyAsync(
                () -> new JobRun(named(before, in).concurrency(8).build(), listener).run());
        await(() -> before.ledger().answered() >= 50);
        before.close();
        await(() -> outage.getCount() == 0);

        Emulator after = Emulator.start(EmulatorSettings.of(twin().build()).withPort(port));
        emulators.add(after);

        RunReport report = running.join();
        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(ids(json(out()))).hasSize(400);
        assertThat(notices).anyMatch(text -> text.contains("is reached again"));
    }

    @Test
    void aSecondRunOfTheSameJobIsRefusedWhileTheFirstGoesOn() throws IOException {
        Emulator emulator = start(twin().faults(FaultPlan.parse("hang=100%")));
        Path in = batch(3);
        JobRun first = new JobRun(settings(emulator, in), RunListener.none());
        CompletableFuture<RunReport> running = CompletableFuture.supplyAsync(first::run);
        await(() -> emulator.ledger().inFlight() == 3);

        assertThatThrownBy(() -> run(settings(emulator, in))).isInstanceOf(JobLockedException.class);

        first.interrupt();
        first.interrupt();
        assertThat(running.join().end()).isEqualTo(RunEnd.INTERRUPTED);
    }

    @Test
    void aChangedPromptIsRefusedOnceThereAreAnswers() throws IOException {
        Emulator emulator = start(twin());
        Path in = folder.resolve("in.csv");
        Files.writeString(in, "q\na\nb\n");
        RunSettings.Builder settings = named(emulator, in);
        RunReport unused =
                run(settings.inputOptions(InputOptions.prompt(MODEL, "{{q}}")).build());

        assertThatThrownBy(() -> run(settings.inputOptions(InputOptions.prompt(MODEL, "Now {{q}}"))
                        .build()))
                .isInstanceOf(JobChangedException.class)
                .hasMessageContaining("the prompt template changed");

        RunReport restarted = run(settings.restart(true).build());
        assertThat(restarted.answeredNow()).isEqualTo(2);
    }

    @Test
    void tinyLimitsAreUsedUpWithoutASingleRefusal() throws IOException {
        Emulator emulator = start(twin().limits(
                        FamilyLimits.explicit(OptionalLong.of(300), OptionalLong.of(60_000), OptionalLong.empty()))
                .outputLength(new OutputLength(20, 0))
                .latency(Latency.parse("20ms..200ms")));
        Path in = batch(330);
        JobRun run = new JobRun(settings(emulator, in), RunListener.none());

        RunReport report = run.run();

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(emulator.ledger().refusedTotal()).isZero();
        assertThat(report.refusals()).isZero();
        LeastTime least = report.leastTime().orElseThrow();
        assertThat(least.limit()).isEqualTo(new Limit(Dimension.REQUESTS_PER_MINUTE, 300));
        assertThat(least.work()).isEqualTo(330);
        // 30 requests beyond the burst at 5 a second.
        assertThat(least.duration()).isBetween(Duration.ofMillis(6_000), Duration.ofMillis(6_400));
        assertThat(run.progress().limits())
                .extracting(LimitUse::limit)
                .contains(new Limit(Dimension.TOKENS_PER_MINUTE, 60_000));
    }

    @Test
    void aFullDiskStopsTheRunAndLosesNothingThatWasStored() throws IOException {
        Emulator emulator = start(twin());
        Path in = batch(500);
        JobRun scanning = new JobRun(settings(emulator, in), RunListener.none());
        JobRun onlyScanned = new JobRun(settings(emulator, in), new RunListener() {
            @Override
            public void scanned(ScanReport report) {
                Objects.requireNonNull(interrupting).interrupt();
            }
        });
        interrupting = onlyScanned;
        assertThat(onlyScanned.run().end()).isEqualTo(RunEnd.INTERRUPTED);
        assertThat(scanning.progress().phase()).isEqualTo(RunPhase.SCANNING);

        Vertx vertx = Vertx.vertx();
        LiveRun.Result result;
        try (JobInput input = JobInput.open(in, InputOptions.none());
                JobStore store = JobStore.open(OutputWriter.jobFile(out()))) {
            store.limitPages(60);
            CountDownLatch ended = new CountDownLatch(1);
            LiveRun run = new LiveRun(
                    settings(emulator, in),
                    LiveRun.Patience.DEFAULT,
                    input,
                    store,
                    store.counts(),
                    SpendGuard.unlimited(),
                    Ticker.system(),
                    vertx,
                    text -> {},
                    false,
                    ended::countDown);
            run.start();
            await(() -> ended.getCount() == 0);
            vertx.close().toCompletionStage().toCompletableFuture().join();
            result = run.close();
            assertThat(store.counts().answered()).isEqualTo(result.answered());
        }
        assertThat(result.stop().orElseThrow()).isInstanceOf(StopCause.StorageFailed.class);
        assertThat(result.answered()).isLessThan(500);

        RunReport resumed = run(settings(emulator, in));
        assertThat(resumed.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(resumed.answeredNow()).isEqualTo(500 - result.answered());
        assertThat(ids(json(out()))).hasSize(500);
    }

    @Test
    void aListenerThatThrowsChangesNothing() throws IOException {
        Emulator emulator = start(twin());
        RunListener broken = new RunListener() {
            @Override
            public void started(RunStart start) {
                throw new IllegalStateException("listener");
            }
        };

        assertThat(new JobRun(settings(emulator, batch(3)), broken).run().end()).isEqualTo(RunEnd.COMPLETE);
    }

    @Test
    void aFinishedJobSendsNothingAndWritesItsOutputAgain() throws IOException {
        Emulator emulator = start(twin());
        Path in = batch(10);
        RunReport unused = run(settings(emulator, in));
        byte[] written = Files.readAllBytes(out());
        Files.delete(out());

        RunReport again = run(settings(emulator, in));

        assertThat(again.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(again.answeredNow()).isZero();
        assertThat(Files.readAllBytes(out())).isEqualTo(written);
        assertThat(emulator.ledger().arrived()).isEqualTo(10);
    }

    private volatile @Nullable JobRun interrupting;

    private static RunListener noticing(List<String> notices) {
        return new RunListener() {
            @Override
            public void notice(String text) {
                notices.add(text);
            }
        };
    }

    private static RunReport run(RunSettings settings) {
        return new JobRun(settings, RunListener.none()).run();
    }

    private RunSettings settings(Emulator emulator, Path in) {
        return named(emulator, in).build();
    }

    private RunSettings.Builder named(Emulator emulator, Path in) {
        return RunSettings.builder(in, emulator.baseUri()).output(out()).upstream("twin");
    }

    private Path out() {
        return folder.resolve("out.jsonl");
    }

    private static TwinSettings.Builder twin() {
        return TwinSettings.builder();
    }

    private Emulator start(TwinSettings.Builder settings) {
        Emulator emulator = Emulator.start(EmulatorSettings.of(settings.build()));
        emulators.add(emulator);
        return emulator;
    }

    private Path batch(int rows) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rows; i++) {
            text.append(row(i, MODEL));
        }
        Path in = folder.resolve("in.jsonl");
        Files.writeString(in, text);
        return in;
    }

    private static String row(int number, String model) {
        return "{\"custom_id\":\"id-" + number + "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":"
                + "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"Say " + number
                + " in words.\"}],\"max_completion_tokens\":60}}\n";
    }

    private static List<JsonNode> json(Path file) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }

    private static Set<String> ids(List<JsonNode> lines) {
        Set<String> ids = new HashSet<>();
        for (JsonNode line : lines) {
            assertThat(ids.add(line.at("/custom_id").asText())).isTrue();
        }
        return ids;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void await(BooleanSupplier condition) {
        long started = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - started > 30_000_000_000L) {
                throw new AssertionError("not reached within 30 s");
            }
            Thread.onSpinWait();
        }
    }
}
