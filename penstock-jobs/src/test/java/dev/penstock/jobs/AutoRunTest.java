package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpServer;
import dev.penstock.emulator.BatchLedger;
import dev.penstock.emulator.BatchPace;
import dev.penstock.emulator.BatchSettings;
import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.jobs.auto.Outlook.Chance;
import dev.penstock.jobs.batch.BatchGoal;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole jobs between batches and live calls over real sockets, against an emulator in this process. */
@Timeout(120)
final class AutoRunTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String NEVER = "10000h";
    private static final long HOUR_IN_A_SECOND = 3_600;

    @TempDir
    private Path folder;

    private final List<Emulator> emulators = new ArrayList<>();
    private final List<RunPlan> plans = new CopyOnWriteArrayList<>();
    private final List<String> told = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        emulators.forEach(Emulator::close);
    }

    @Test
    void rowsThatBatchesAnswerInTimeAreNotSentLive() throws IOException {
        Emulator emulator = start("0s", 1);
        RunReport report = run(emulator, rows(200), Duration.ofMinutes(30));

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        requireAnswersInOrder(200);
        assertThat(emulator.ledger().arrived()).isZero();
        assertThat(emulator.ledger().batches().rowsRun()).isEqualTo(200);
        assertThat(plans).singleElement().satisfies(plan -> {
            assertThat(plan.chance()).isEqualTo(Chance.SURE);
            assertThat(plan.rows()).isEqualTo(200);
            assertThat(plan.leastDollars().orElseThrow().doubleValue() * 2)
                    .isCloseTo(
                            plan.mostDollars().orElseThrow().doubleValue(), org.assertj.core.data.Offset.offset(1e-9));
        });
        assertThat(report.plan().orElseThrow().batchRows()).isEqualTo(200);
        assertThat(report.plan().orElseThrow().inTime()).isTrue();
    }

    @Test
    void batchesThatDoNothingAreCancelledAndTheirRowsAnsweredLiveBeforeTheDeadline() throws IOException {
        Emulator emulator = start(NEVER, HOUR_IN_A_SECOND);
        RunReport report = run(emulator, rows(60), Duration.ofSeconds(20));

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        requireAnswersInOrder(60);
        PlanOutcome outcome = report.plan().orElseThrow();
        assertThat(outcome.inTime()).as("after %s", outcome.took()).isTrue();
        assertThat(outcome.liveRows()).isEqualTo(60);
        BatchLedger batches = emulator.ledger().batches();
        assertThat(batches.created()).isPositive();
        assertThat(batches.rowsPaidTwice()).isZero();
        assertThat(emulator.ledger().arrived() + batches.rowsRun()).isEqualTo(60);
        assertThat(batches.filesDeleted()).isEqualTo(batches.filesUploaded());
        assertThat(told).anyMatch(text -> text.contains("is cancelled"));
    }

    @Test
    void aDeadlineTooShortForAnyBatchSendsEverythingLiveAtOnce() throws IOException {
        Emulator emulator = start(NEVER, HOUR_IN_A_SECOND);
        RunReport report = run(emulator, rows(30), Duration.ofSeconds(15), Duration.ofMinutes(10));

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(emulator.ledger().batches().created()).isZero();
        assertThat(report.plan().orElseThrow().liveRows()).isEqualTo(30);
    }

    @Test
    void aDeadlineThatCannotBeMetIsRefusedBeforeAnythingIsSent() throws IOException {
        Emulator emulator = start("3s", 1);
        RunReport before = new JobRun(
                        settings(emulator, rows(100), Optional.empty(), Duration.ZERO)
                                .build(),
                        RunListener.none())
                .run();
        assertThat(before.end()).isEqualTo(RunEnd.COMPLETE);
        Files.delete(out());
        Files.delete(OutputWriter.jobFile(out()));

        RunReport report = run(emulator, rows(5_000), Duration.ofSeconds(2));
        assertThat(report.end()).isEqualTo(RunEnd.TOO_LATE);
        assertThat(report.explanation().orElseThrow()).contains("cannot be met", "Give --deadline");
        assertThat(emulator.ledger().arrived()).isZero();
        assertThat(emulator.ledger().batches().created()).isOne();
        assertThat(plans).isEmpty();
    }

    @Test
    void limitsThatNobodyToldAreLearnedFromARowBeforeThePlan() throws IOException {
        Emulator emulator = start("0s", 1);
        RunSettings settings = settings(emulator, rows(20), Optional.of(Duration.ofMinutes(30)), Duration.ofSeconds(1))
                .batch(options(Optional.empty(), Optional.of(Duration.ofMinutes(30))))
                .build();
        RunReport report = new JobRun(settings, listener()).run();

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        assertThat(emulator.ledger().arrived()).isOne();
        assertThat(report.plan().orElseThrow().liveRows()).isOne();
        assertThat(plans)
                .singleElement()
                .satisfies(plan -> assertThat(plan.rows()).isEqualTo(19));
        requireAnswersInOrder(20);
    }

    @Test
    void modelsAndRowsThatFailForAPassingReasonAreNoTroubleToIt() throws IOException {
        Emulator emulator =
                start(BatchSettings.standard().withPace(BatchPace.parse("0s")).withRowErrorShare(0.1));
        Path in = rows(200);
        String text = Files.readString(in);
        Files.writeString(in, text.replaceAll("gpt-4o-mini(.*Row \\d*[02468]\")", "gpt-4o$1"));
        RunReport report = run(emulator, in, Duration.ofMinutes(30));

        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        requireAnswersInOrder(200);
        assertThat(emulator.ledger().arrived()).isZero();
        assertThat(emulator.ledger().batches().rowsPaidTwice()).isZero();
    }

    @Test
    void aBudgetHoldsForBothWaysTogetherAndALargerOneGoesOn() throws IOException {
        Emulator emulator = start(NEVER, HOUR_IN_A_SECOND);
        Path in = rows(60);
        RunSettings.Builder settings =
                settings(emulator, in, Optional.of(Duration.ofSeconds(15)), Duration.ofSeconds(1));
        BigDecimal budget = new BigDecimal("0.0004");
        RunReport stopped = new JobRun(settings.budgetDollars(budget).build(), listener()).run();

        assertThat(stopped.end()).isEqualTo(RunEnd.BUDGET_REACHED);
        assertThat(stopped.costDollars().orElseThrow()).isPositive().isLessThanOrEqualTo(budget);
        RunReport report = new JobRun(settings.budgetDollars(BigDecimal.ONE).build(), listener()).run();
        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        requireAnswersInOrder(60);
        assertThat(emulator.ledger().answered() + emulator.ledger().batches().rowsRun())
                .isEqualTo(60);
    }

    @Test
    void anInterruptedRunIsTakenUpWithItsDeadline() throws IOException {
        Emulator emulator = start("20s", 1);
        Path in = rows(100);
        RunSettings settings = settings(emulator, in, Optional.of(Duration.ofMinutes(10)), Duration.ofSeconds(1))
                .build();
        AtomicReference<JobRun> running = new AtomicReference<>();
        RunListener interrupting = new RunListener() {
            @Override
            public void planned(RunPlan plan) {
                plans.add(plan);
                running.get().interrupt();
            }
        };
        JobRun first = new JobRun(settings, interrupting);
        running.set(first);
        assertThat(first.run().end()).isEqualTo(RunEnd.INTERRUPTED);

        RunReport report = new JobRun(settings, listener()).run();
        assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
        requireAnswersInOrder(100);
        assertThat(plans).hasSize(2);
        assertThat(plans.get(1).deadline()).isEqualTo(plans.getFirst().deadline());
        assertThat(emulator.ledger().batches().rowsPaidTwice()).isZero();
    }

    @Test
    void aProviderWithoutBatchesGetsLiveCalls() throws IOException {
        byte[] answer = "{\"object\":\"chat.completion\",\"choices\":[{\"message\":{\"content\":\"ok\"}}]}"
                .getBytes(StandardCharsets.UTF_8);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.getRequestBody().readAllBytes();
                boolean chat = exchange.getRequestURI().getPath().endsWith("/chat/completions");
                exchange.getResponseHeaders().add("content-type", "application/json");
                exchange.sendResponseHeaders(chat ? 200 : 404, chat ? answer.length : -1);
                if (chat) {
                    exchange.getResponseBody().write(answer);
                }
            }
        });
        server.start();
        try {
            RunSettings settings = RunSettings.builder(
                            rows(40),
                            URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/v1"))
                    .output(out())
                    .batch(options(Optional.of("1"), Optional.of(Duration.ofMinutes(30))))
                    .build();
            RunReport report = new JobRun(settings, listener()).run();
            assertThat(report.end()).isEqualTo(RunEnd.COMPLETE);
            requireAnswersInOrder(40);
            assertThat(report.plan().orElseThrow().liveRows()).isEqualTo(40);
            assertThat(told).anyMatch(text -> text.contains("so all rows go live"));
        } finally {
            server.stop(0);
        }
    }

    private Emulator start(String pace, long timeScale) {
        return start(BatchSettings.standard().withPace(BatchPace.parse(pace)).withTimeScale(timeScale));
    }

    private Emulator start(BatchSettings batches) {
        Emulator emulator = Emulator.start(EmulatorSettings.of(TwinSettings.builder()
                .limits(FamilyLimits.none())
                .batches(batches)
                .build()));
        emulators.add(emulator);
        return emulator;
    }

    private static BatchOptions options(Optional<String> tier, Optional<Duration> deadline) {
        return new BatchOptions(BatchGoal.COMPLETE, false, false, OptionalLong.empty(), tier, deadline);
    }

    private RunReport run(Emulator emulator, Path in, Duration deadline) {
        return run(emulator, in, deadline, Duration.ofSeconds(1));
    }

    private RunReport run(Emulator emulator, Path in, Duration deadline, Duration cancelling) {
        return new JobRun(
                        settings(emulator, in, Optional.of(deadline), cancelling)
                                .build(),
                        listener())
                .run();
    }

    private RunListener listener() {
        return new RunListener() {
            @Override
            public void planned(RunPlan plan) {
                plans.add(plan);
            }

            @Override
            public void notice(String text) {
                told.add(text);
            }
        };
    }

    /** Tier 1 has 500 requests a minute. */
    private RunSettings.Builder settings(Emulator emulator, Path in, Optional<Duration> deadline, Duration cancelling) {
        return RunSettings.builder(in, emulator.baseUri())
                .output(out())
                .cancelling(cancelling)
                .batch(options(Optional.of("1"), deadline));
    }

    private Path out() {
        return folder.resolve("out.jsonl");
    }

    private Path rows(int count) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("{\"custom_id\":\"id-")
                    .append(i)
                    .append("\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",")
                    .append("\"body\":{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Row ")
                    .append(i)
                    .append("\"}],\"max_tokens\":20}}\n");
        }
        return Files.writeString(folder.resolve("in.jsonl"), text);
    }

    private void requireAnswersInOrder(int rows) throws IOException {
        List<String> lines = Files.readAllLines(out());
        assertThat(lines).hasSize(rows);
        for (int i = 0; i < rows; i++) {
            assertThat(JSON.readTree(lines.get(i)).at("/custom_id").asText()).isEqualTo("id-" + i);
            assertThat(JSON.readTree(lines.get(i)).at("/response/status_code").asInt())
                    .isEqualTo(200);
        }
    }
}
