package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
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
                .batch(new BatchOptions(
                        BatchGoal.COMPLETE,
                        false,
                        false,
                        OptionalLong.empty(),
                        Optional.empty(),
                        Optional.of(Duration.ofMinutes(30))))
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

    private Emulator start(String pace, long timeScale) {
        Emulator emulator = Emulator.start(EmulatorSettings.of(TwinSettings.builder()
                .limits(FamilyLimits.none())
                .batches(
                        BatchSettings.standard().withPace(BatchPace.parse(pace)).withTimeScale(timeScale))
                .build()));
        emulators.add(emulator);
        return emulator;
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
                .batch(new BatchOptions(BatchGoal.COMPLETE, false,
                        false, OptionalLong.empty(), Optional.of("1"), deadline));
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
