package dev.penstock.jobs.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.verdict.Verdict;
import dev.penstock.wire.BatchObject;
import dev.penstock.wire.BatchStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class BatchMachineTest {
    private static final MachineSettings SETTINGS = MachineSettings.DEFAULT;

    @Test
    void rowsGoThroughOneBatchAndItsFileIsDeleted() {
        VirtualProvider provider = new VirtualProvider(1, 100);
        BatchMachine machine = provider.run(SETTINGS, 0);
        assertThat(machine.stopped()).isEmpty();
        assertThat(provider.ended).isEqualTo(100);
        assertThat(provider.batches).hasSize(1);
        assertThat(provider.uploads).isEmpty();
        assertThat(provider.count("DeleteFile")).isEqualTo(1);
    }

    @Test
    void filesThatAreToBeKeptAreNotDeleted() {
        VirtualProvider provider = new VirtualProvider(1, 100);
        provider.run(SETTINGS.withKeptFiles(true), 0);
        assertThat(provider.uploads).hasSize(1);
    }

    @Test
    void aDayIsWaitedForWithFewQuestions() {
        VirtualProvider provider = new VirtualProvider(1, 100);
        provider.batchNanos = Duration.ofHours(24).toNanos();
        provider.run(SETTINGS, 0);
        assertThat(provider.ended).isEqualTo(100);
        assertThat(provider.count("Poll")).isBetween(1_400L, 1_600L);
    }

    @Test
    void partsOfAKnownQueueFollowEachOtherAndNoneIsRefused() {
        VirtualProvider provider = new VirtualProvider(1, 1_000_000);
        provider.queueLimit = 120_000;
        provider.learned.put("m", 120_000L);
        provider.run(SETTINGS, 0);
        assertThat(provider.ended).isEqualTo(1_000_000);
        assertThat(provider.batches).hasSize(20);
    }

    @Test
    void anUnknownQueueIsLearnedFromOneRefusalWhenPartsFit() {
        VirtualProvider provider = new VirtualProvider(1, 1_000_000);
        provider.queueLimit = 120_000;
        provider.run(SETTINGS, 0);
        assertThat(provider.ended).isEqualTo(1_000_000);
        assertThat(provider.learned).containsEntry("m", 120_000L);
        assertThat(provider.batches).hasSize(21);
    }

    @Test
    void aSmallPartIsCutAgainWithTheLargeOnesSoThatBatchesAreFewest() {
        VirtualProvider provider = new VirtualProvider(1, 120_000);
        provider.freeTokensEach = 60;
        provider.queueLimit = 2_000_000;
        provider.run(SETTINGS, 0);
        assertThat(provider.ended).isEqualTo(120_000);
        // One is refused and tells the limit; 7.2 M tokens need four.
        assertThat(provider.batches).hasSize(1 + 4);
    }

    @Test
    void partsThatWereCutTooLargeAreCutAgain() {
        VirtualProvider provider = new VirtualProvider(1, 100_000);
        provider.freeTokensEach = 100;
        provider.queueLimit = 2_000_000;
        provider.run(SETTINGS, 0);
        assertThat(provider.ended).isEqualTo(100_000);
        assertThat(provider.batches).hasSize(6);
    }

    @Test
    void rowsThatFailForAPassingReasonAreSentAgainTogether() {
        VirtualProvider provider = new VirtualProvider(1, 200_000);
        provider.rowsFreedShare = 0.03;
        provider.run(SETTINGS, 0);
        assertThat(provider.ended).isEqualTo(200_000);
        // Four batches, then 6,000 rows, 180, 5.
        assertThat(provider.batches).hasSize(7);
    }

    @Test
    void whateverFailsAndWheneverItDiesNoBatchIsCreatedTwiceAndNoRowIsLost() {
        int deaths = 0;
        for (int seed = 1; seed <= 400; seed++) {
            VirtualProvider provider = new VirtualProvider(seed, 300_000);
            provider.faults = 0.1;
            provider.lostAnswers = 0.1;
            provider.queueLimit = 130_000;
            provider.rowsFreedShare = 0.03;
            BatchMachine machine = provider.run(SETTINGS, 0.05);
            assertThat(machine.stopped()).as("seed %d", seed).isEmpty();
            assertThat(provider.ended).as("seed %d", seed).isEqualTo(300_000);
            assertThat(provider.freeRows).as("seed %d", seed).isZero();
            Map<Integer, Integer> good = new HashMap<>();
            provider.batches.values().stream()
                    .filter(batch -> batch.status != BatchStatus.FAILED)
                    .forEach(batch -> good.merge(batch.part, 1, Integer::sum));
            assertThat(good.values()).as("seed %d, batches of each part", seed).allMatch(count -> count == 1);
            assertThat(provider.batches.values())
                    .as("seed %d", seed)
                    .allMatch(batch -> batch.merged || batch.status == BatchStatus.FAILED);
            deaths += provider.died;
        }
        System.out.println("400 seeds, " + deaths + " deaths: batches created twice 0, rows lost 0");
    }

    @Test
    void submittingEndsWhenAllThatFitsIsPastItsValidation() {
        VirtualProvider provider = new VirtualProvider(1, 200_000);
        provider.queueLimit = 120_000;
        provider.learned.put("m", 120_000L);
        BatchMachine machine = provider.run(SETTINGS.withGoal(BatchGoal.SUBMIT), 0);
        assertThat(provider.batches).hasSize(2);
        assertThat(machine.parts())
                .extracting(Part::phase)
                .containsExactly(PartPhase.SUBMITTED, PartPhase.SUBMITTED, PartPhase.PLANNED, PartPhase.PLANNED);
        assertThat(provider.count("Merge")).isZero();
        provider.run(SETTINGS, 0);
        assertThat(provider.ended).isEqualTo(200_000);
        assertThat(provider.batches).hasSize(4);
    }

    @Test
    void fetchingAsksOnceAndSendsNothing() {
        VirtualProvider provider = new VirtualProvider(1, 100_000);
        provider.run(SETTINGS.withGoal(BatchGoal.SUBMIT), 0);
        long polls = provider.count("Poll");
        provider.run(SETTINGS.withGoal(BatchGoal.FETCH), 0);
        assertThat(provider.count("Poll") - polls).isEqualTo(2);
        provider.now += provider.batchNanos;
        provider.run(SETTINGS.withGoal(BatchGoal.FETCH), 0);
        assertThat(provider.ended).isEqualTo(100_000);
        assertThat(provider.batches).hasSize(2);
    }

    @Test
    void cancellingEndsWhatRunsAndFreesWhatWaits() {
        VirtualProvider provider = new VirtualProvider(1, 200_000);
        provider.learned.put("m", 120_000L);
        provider.run(SETTINGS.withGoal(BatchGoal.SUBMIT), 0);
        BatchMachine machine = provider.run(SETTINGS.withGoal(BatchGoal.CANCEL), 0);
        assertThat(machine.parts()).isEmpty();
        assertThat(provider.batches.values()).allMatch(batch -> batch.status == BatchStatus.CANCELLED && batch.merged);
        assertThat(provider.freeRows + provider.ended).isEqualTo(200_000);
        assertThat(provider.uploads).isEmpty();
    }

    @Test
    void anAddressThatNeverAnswersIsGivenUpSoonAndAnOutageIsWaitedOut() {
        VirtualProvider provider = new VirtualProvider(1, 10);
        BatchMachine machine = provider.machine(SETTINGS);
        long now = provider.now;
        machine.next(now, 0);
        machine.planned(
                List.of(Part.planned(new PartSize(1, new PartKey("m", "/v1/responses"), 10, 10, 10, 0))), false, now);
        for (int tries = 0; tries < 100 && machine.stopped().isEmpty(); tries++) {
            BatchAction action = machine.next(now, 0);
            if (action instanceof BatchAction.Wait(OptionalLong until)) {
                now = until.getAsLong();
            } else {
                machine.failed(
                        1,
                        new Verdict.Transient(Verdict.Fault.CONNECT_FAILED, Optional.empty(), "No connection."),
                        now);
            }
        }
        assertThat(machine.stopped()).contains(new BatchStop(BatchStop.Kind.UNREACHABLE, "No connection."));
        assertThat(now - provider.now)
                .isBetween(
                        Duration.ofSeconds(15).toNanos(), Duration.ofSeconds(80).toNanos());
    }

    @Test
    void thirtyHoursWithoutAConnectionAreWaitedOutAndNothingIsCreatedTwice() {
        long hours = Duration.ofHours(30).toNanos();
        // Between any two steps of the beginning, while batches run, and when they are about to end.
        List<Duration> begins = new ArrayList<>();
        for (int tenths = 3; tenths <= 40; tenths++) {
            begins.add(Duration.ofMillis(100L * tenths));
        }
        begins.addAll(List.of(Duration.ofSeconds(50), Duration.ofSeconds(100), Duration.ofSeconds(110)));
        for (Duration begin : begins) {
            VirtualProvider provider = new VirtualProvider(begin.toMillis(), 120_000);
            long started = provider.now;
            provider.outageFrom = started + begin.toNanos();
            provider.outageNanos = hours;
            BatchMachine machine = provider.run(SETTINGS, 0);
            assertThat(machine.stopped()).as("outage after %s", begin).isEmpty();
            assertThat(machine.unreachableSince()).as("outage after %s", begin).isEmpty();
            assertThat(provider.ended).as("outage after %s", begin).isEqualTo(120_000);
            assertThat(provider.batches.values())
                    .as("outage after %s", begin)
                    .extracting(batch -> batch.part)
                    .containsExactlyInAnyOrder(1, 2, 3);
            assertThat(provider.now - started).as("outage after %s", begin).isGreaterThan(hours);
            // Three parts, each asked about every half minute at the most often.
            assertThat(provider.triesInOutage).as("outage after %s", begin).isBetween(1_000L, 15_000L);
        }
    }

    @Test
    void aBatchThatIsNotFoundStopsTheJobInsteadOfBeingPaidAgain() {
        VirtualProvider provider = new VirtualProvider(1, 10);
        provider.run(SETTINGS.withGoal(BatchGoal.SUBMIT), 0);
        BatchMachine machine = provider.machine(SETTINGS);
        assertThat(machine.next(provider.now, 0)).isInstanceOf(BatchAction.Poll.class);
        machine.failed(1, new Verdict.Rejected(Verdict.RejectedBecause.NOT_FOUND, "gone"), provider.now);
        assertThat(machine.stopped().orElseThrow().explanation()).contains("batch-1", "--forget-missing");
        assertThat(machine.next(provider.now, 0)).isInstanceOf(BatchAction.Finished.class);

        BatchMachine forgetful = provider.machine(SETTINGS.withForgetful(true));
        assertThat(forgetful.next(provider.now, 0)).isInstanceOf(BatchAction.Poll.class);
        forgetful.failed(1, new Verdict.Rejected(Verdict.RejectedBecause.NOT_FOUND, "gone"), provider.now);
        assertThat(forgetful.next(provider.now, 0)).isInstanceOf(BatchAction.Release.class);
    }

    @Test
    void linesThatTheValidationRefusesFailAndTheOthersAreFree() {
        VirtualProvider provider = new VirtualProvider(1, 10);
        provider.run(SETTINGS.withGoal(BatchGoal.SUBMIT), 0);
        VirtualProvider.Remote remote = provider.remote("batch-1");
        remote.status = BatchStatus.FAILED;
        remote.errors = List.of(new BatchObject.Problem("invalid_json_line", "No JSON.", OptionalLong.of(3)));
        provider.run(SETTINGS, 0);
        assertThat(provider.ended).isEqualTo(10);
        assertThat(provider.batches).hasSize(2);
    }

    @Test
    void whatIsWrongWithTheWholeBatchStopsTheJobAndItsRowsAreFree() {
        VirtualProvider provider = new VirtualProvider(1, 10);
        provider.run(SETTINGS.withGoal(BatchGoal.SUBMIT), 0);
        VirtualProvider.Remote remote = provider.remote("batch-1");
        remote.status = BatchStatus.FAILED;
        remote.errors = List.of(new BatchObject.Problem("model_not_found", "No such model.", OptionalLong.of(1)));
        BatchMachine machine = provider.run(SETTINGS, 0);
        assertThat(machine.stopped().orElseThrow().explanation()).contains("No such model.", "stay open");
        assertThat(provider.freeRows).isEqualTo(10);
    }

    @Test
    void whoHasAnotherWayForTheRowsOfSuchABatchGoesOnWithTheOthers() {
        VirtualProvider provider = new VirtualProvider(1, 10);
        provider.run(SETTINGS.withGoal(BatchGoal.SUBMIT), 0);
        List<String> told = new ArrayList<>();
        BatchMachine machine = provider.machine(SETTINGS);
        machine.admit(new Admission() {
            @Override
            public long mostPartRows() {
                return Long.MAX_VALUE;
            }

            @Override
            public boolean mayCreate(Part part) {
                return true;
            }

            @Override
            public boolean goesOnWithout(Part part, String explanation) {
                return told.add(explanation);
            }
        });
        assertThat(machine.next(provider.now, 0)).isInstanceOf(BatchAction.Poll.class);
        VirtualProvider.Remote remote = provider.remote("batch-1");
        remote.status = BatchStatus.FAILED;
        remote.errors = List.of(new BatchObject.Problem("model_not_found", "No such model", OptionalLong.of(1)));
        machine.polled(1, provider.object("batch-1"), provider.now);
        assertThat(machine.stopped()).isEmpty();
        assertThat(told).singleElement().asString().endsWith("(model_not_found) No such model.");
        assertThat(machine.next(provider.now, 0)).isInstanceOf(BatchAction.Release.class);
    }
}
