package dev.penstock.quota;

import static dev.penstock.limit.Dimension.REQUESTS_PER_DAY;
import static dev.penstock.limit.Dimension.REQUESTS_PER_MINUTE;
import static dev.penstock.limit.Dimension.TOKENS_PER_MINUTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.penstock.limit.Cost;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitExceeded;
import dev.penstock.limit.LimitState;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import dev.penstock.quota.Admission.Deferred;
import dev.penstock.quota.Admission.Granted;
import dev.penstock.quota.Admission.Impossible;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class QuotaTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MS = 1_000_000L;
    private static final long DAY = 86_400 * SECOND;
    private static final Limit RPM_500 = new Limit(REQUESTS_PER_MINUTE, 500);
    private static final Limit TPM_200K = new Limit(TOKENS_PER_MINUTE, 200_000);

    private static Quota knowing(Limit... limits) {
        return new Quota(QuotaSettings.learnEverything().withKnown(List.of(limits)));
    }

    private static Quota cappedBy(Limit... limits) {
        var quota = new Quota(QuotaSettings.learnEverything().withCaps(List.of(limits)));
        // One answer without limits, so that nothing but the caps is left in the way.
        quota.settle(granted(quota.reserve(new Cost(0, 0, 0), 0)), answered(), 0);
        return quota;
    }

    private static Reservation granted(Admission admission) {
        return switch (admission) {
            case Granted(Reservation reservation) -> reservation;
            case Deferred(BlockedBy by, OptionalLong at) -> throw new AssertionError("deferred by " + by.explanation());
            case Impossible(BlockedBy.ByLimit by) -> throw new AssertionError("impossible: " + by.explanation());
        };
    }

    /** Sends as fast as allowed from {@code now} on; returns how many went out until {@code until}. */
    private static int sendUntil(Quota quota, Cost cost, long now, long until, List<Reservation> sent) {
        int count = 0;
        while (now - until < 0) {
            switch (quota.reserve(cost, now)) {
                case Granted(Reservation reservation) -> {
                    sent.add(reservation);
                    count++;
                }
                case Deferred(BlockedBy by, OptionalLong at) -> {
                    if (at.isEmpty()) {
                        return count;
                    }
                    assertThat(at.getAsLong() - now)
                            .as("wait for %s", by.explanation())
                            .isPositive();
                    now = at.getAsLong();
                }
                case Impossible(BlockedBy.ByLimit by) -> throw new AssertionError(by.explanation());
            }
        }
        return count;
    }

    private static Settlement.Answered answered(LimitState... states) {
        return new Settlement.Answered(List.of(states));
    }

    private static LimitExceeded refusal(Limit limit, long used, long requested, Duration tryAgainIn) {
        return new LimitExceeded(
                Optional.of(limit.dimension()),
                Optional.empty(),
                OptionalLong.of(limit.amount()),
                OptionalLong.of(used),
                OptionalLong.of(requested),
                Optional.of(tryAgainIn));
    }

    private static QuotaSnapshot.Level level(Quota quota, Dimension dimension, long now) {
        return quota.snapshot(now).levels().stream()
                .filter(level -> level.limit().dimension().equals(dimension))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void p8AReservationTakesFromEveryLimitOrFromNone() {
        Quota quota = cappedBy(new Limit(REQUESTS_PER_MINUTE, 10), new Limit(TOKENS_PER_MINUTE, 100));
        granted(quota.reserve(Cost.ofTokens(90), 0));
        assertThat(quota.reserve(Cost.ofTokens(20), 0)).isInstanceOf(Deferred.class);
        assertThat(level(quota, REQUESTS_PER_MINUTE, 0).remaining()).isEqualTo(9);
        assertThat(level(quota, TOKENS_PER_MINUTE, 0).remaining()).isEqualTo(10);
    }

    @Test
    void p8TheWaitOfAVectorIsTheLongestOfItsWaitsAndNamesThatLimit() {
        Quota quota = cappedBy(new Limit(REQUESTS_PER_MINUTE, 60), new Limit(TOKENS_PER_MINUTE, 600));
        for (int i = 0; i < 60; i++) {
            granted(quota.reserve(Cost.ofTokens(10), 0));
        }
        assertThat(quota.waitNanos(Cost.ofTokens(10), 0)).hasValue(SECOND);
        assertThat(quota.waitNanos(Cost.ofTokens(50), 0)).hasValue(5 * SECOND);
        assertThat(quota.reserve(Cost.ofTokens(50), 0))
                .isEqualTo(new Deferred(
                        new BlockedBy.ByLimit(TOKENS_PER_MINUTE, 600, 50, LimitSource.CAP),
                        OptionalLong.of(5 * SECOND)));
    }

    @Test
    void p1ARequestLargerThanTheLimitIsRefusedAtOnce() {
        Quota quota = knowing(RPM_500, TPM_200K);
        assertThat(quota.reserve(Cost.ofTokens(310_000), 0))
                .isEqualTo(new Impossible(
                        new BlockedBy.ByLimit(TOKENS_PER_MINUTE, 200_000, 310_000, LimitSource.CONFIGURED)));
        assertThat(quota.snapshot(0).inFlight()).isZero();
    }

    @Test
    void p3AskingForTheWaitChangesNothing() {
        Quota quota = cappedBy(new Limit(REQUESTS_PER_MINUTE, 1));
        granted(quota.reserve(Cost.ofTokens(1), 0));
        for (int i = 0; i < 3; i++) {
            assertThat(quota.waitNanos(Cost.ofTokens(1), 0)).hasValue(60 * SECOND);
        }
    }

    @Test
    void p3AskingDuringABurstChangesNothingEither() {
        Quota asked = knowing(RPM_500);
        Quota silent = knowing(RPM_500);
        for (long now = 0; now < 2 * SECOND; now += 7 * MS) {
            boolean isGranted = asked.reserve(Cost.ofTokens(1), now) instanceof Granted;
            assertThat(silent.reserve(Cost.ofTokens(1), now) instanceof Granted).isEqualTo(isGranted);
            OptionalLong unused = asked.waitNanos(Cost.ofTokens(1), now + 3 * MS);
            assertThat(unused).isPresent();
        }
    }

    @Test
    void p6TheSmallestOfSeveralWindowsBindsAfterALongIdleTime() {
        Dimension perSecond = new Dimension(Scope.ORGANIZATION, Unit.REQUESTS, Duration.ofSeconds(1));
        Dimension perHour = new Dimension(Scope.ORGANIZATION, Unit.REQUESTS, Duration.ofHours(1));
        Quota quota = cappedBy(
                new Limit(perHour, 700_000), new Limit(REQUESTS_PER_MINUTE, 14_500), new Limit(perSecond, 300));
        granted(quota.reserve(Cost.ofTokens(0), 0));
        long now = Duration.ofHours(12).toNanos();
        granted(quota.reserve(Cost.ofTokens(0), now));
        now += 1; // each take rounds up to a nanosecond
        granted(quota.reserve(new Cost(299, 0, 0), now));
        assertThat(quota.reserve(Cost.ofTokens(0), now))
                .isInstanceOfSatisfying(
                        Deferred.class,
                        deferred -> assertThat(deferred.by())
                                .isEqualTo(new BlockedBy.ByLimit(perSecond, 300, 1, LimitSource.CAP)));
    }

    @Test
    void p6HugeLimitsDoNotOverflow() {
        Quota quota = cappedBy(
                new Limit(new Dimension(Scope.ORGANIZATION, Unit.TOKENS, Duration.ofDays(30)), Long.MAX_VALUE));
        granted(quota.reserve(Cost.ofTokens(Long.MAX_VALUE / 2), 0));
        assertThat(quota.waitNanos(Cost.ofTokens(1), 0)).hasValue(0);
    }

    @Test
    void p8NothingIsTakenTwiceWhenEightThreadsReserve() throws ExecutionException, InterruptedException {
        Quota quota = cappedBy(new Limit(REQUESTS_PER_MINUTE, 1_000), new Limit(TOKENS_PER_MINUTE, 5_000));
        var taken = new AtomicLong();
        try (var threads = Executors.newFixedThreadPool(8)) {
            Callable<Void> task = () -> {
                for (int i = 0; i < 500; i++) {
                    if (quota.reserve(Cost.ofTokens(7), 0) instanceof Granted) {
                        taken.incrementAndGet();
                    }
                }
                return null;
            };
            for (Future<Void> future : threads.invokeAll(Collections.nCopies(8, task))) {
                future.get();
            }
        }
        assertThat(taken.get()).isEqualTo(714); // 5,000 / 7; what failed on tokens must not have cost requests
        assertThat(level(quota, REQUESTS_PER_MINUTE, 0).remaining()).isEqualTo(1_000 - 714);
    }

    @Test
    void aReservationIsSettledOnceAndASecondTimeIsCounted() {
        Quota quota = knowing(RPM_500);
        Reservation reservation = granted(quota.reserve(Cost.ofTokens(1), 0));
        assertThat(quota.settle(reservation, new Settlement.NeverSent(), 1)).isTrue();
        assertThat(quota.settle(reservation, new Settlement.NeverSent(), 2)).isFalse();
        QuotaSnapshot snapshot = quota.snapshot(2);
        assertThat(snapshot.inFlight()).isZero();
        assertThat(snapshot.settledTwice()).isEqualTo(1);
        assertThat(snapshot.levels().getFirst().remaining()).isEqualTo(500);
    }

    @Test
    void theWholeBurstIsSpentWithinSecondsAndThenThePaceIsTheLimit() {
        Quota quota = knowing(RPM_500);
        var sent = new ArrayList<Reservation>();
        int inThreeSeconds = sendUntil(quota, Cost.ofTokens(1), 0, 3 * SECOND, sent);
        assertThat(inThreeSeconds).isBetween(495, 525);
        int inTheNextMinute = sendUntil(quota, Cost.ofTokens(1), 3 * SECOND, 63 * SECOND, sent);
        assertThat(inTheNextMinute).isBetween(495, 525);
        assertThat(sent.size()).isLessThanOrEqualTo(500 + 500 * 63 / 60);
    }

    @Test
    void whenABurstIsSpentSlowlyAtFirstIsForetold() {
        Quota quota = knowing(RPM_500);
        granted(quota.reserve(Cost.ofTokens(1), 0));
        long foretold =
                quota.startsInNanos(new Cost(100, 100, 0), Cost.ofTokens(1), 0).orElseThrow();
        assertThat(foretold).isBetween(800 * MS, 900 * MS);
        var sent = new ArrayList<Reservation>();
        assertThat(sendUntil(quota, Cost.ofTokens(1), 0, foretold, sent)).isEqualTo(100);
        assertThat(sendUntil(quota, Cost.ofTokens(1), foretold, foretold + 10 * MS, sent))
                .isPositive();
    }

    @Test
    void beforeTheFirstAnswerOnlyAFewCallsLeave() {
        var quota = new Quota(QuotaSettings.learnEverything());
        var sent = new ArrayList<Reservation>();
        assertThat(sendUntil(quota, Cost.ofTokens(1), 0, 10 * SECOND, sent)).isEqualTo(16);
    }

    @Test
    void anAnswerTeachesTheLimitAndWhatWasSentMeanwhileIsSubtracted() {
        var quota = new Quota(QuotaSettings.learnEverything());
        var sent = new ArrayList<Reservation>();
        sendUntil(quota, Cost.ofTokens(1_000), 0, 200 * MS, sent);
        assertThat(sent).hasSize(4);
        quota.settle(
                sent.getFirst(), answered(new LimitState(RPM_500, 399), new LimitState(TPM_200K, 150_000)), 200 * MS);
        // Three left since the first one and 200 ms of refill flowed back; the three may have arrived before it.
        assertThat(level(quota, REQUESTS_PER_MINUTE, 200 * MS).remaining()).isBetween(396 + 1.6, 399 + 1.7);
        assertThat(level(quota, TOKENS_PER_MINUTE, 200 * MS).remaining()).isBetween(147_600.0, 150_700.0);
    }

    @Test
    void anOldAnswerDoesNotRaiseTheLevelToWhatItWasThen() {
        Quota quota = knowing(RPM_500);
        var sent = new ArrayList<Reservation>();
        sendUntil(quota, Cost.ofTokens(1), 0, 5 * SECOND, sent);
        double before = level(quota, REQUESTS_PER_MINUTE, 20 * SECOND).remaining();
        quota.settle(sent.getFirst(), answered(new LimitState(RPM_500, 499)), 20 * SECOND);
        assertThat(level(quota, REQUESTS_PER_MINUTE, 20 * SECOND).remaining()).isCloseTo(before, within(2.0));
    }

    @Test
    void aLowerLevelThanBelievedIsTakenOverAtOnceAHigherOneByHalves() {
        Limit rpm600 = new Limit(REQUESTS_PER_MINUTE, 600);
        Quota quota = knowing(rpm600);
        Reservation first = granted(quota.reserve(Cost.ofTokens(1), 0));
        Reservation second = granted(quota.reserve(Cost.ofTokens(1), 300 * MS));
        granted(quota.reserve(Cost.ofTokens(1), 600 * MS));
        quota.settle(first, answered(new LimitState(rpm600, 300)), 600 * MS);
        assertThat(level(quota, REQUESTS_PER_MINUTE, 600 * MS).remaining()).isCloseTo(300, within(1.5));
        quota.settle(second, answered(new LimitState(rpm600, 450)), 600 * MS);
        assertThat(level(quota, REQUESTS_PER_MINUTE, 600 * MS).remaining()).isCloseTo((300 + 450) / 2.0, within(3.0));
    }

    @Test
    void answersThatOvertookEachOtherAreAppliedInTheOrderOfSending() {
        Quota quota = knowing(RPM_500);
        Reservation first = granted(quota.reserve(Cost.ofTokens(1), 0));
        Reservation second = granted(quota.reserve(Cost.ofTokens(1), SECOND));
        granted(quota.reserve(Cost.ofTokens(1), SECOND + 100 * MS));
        quota.settle(second, answered(new LimitState(RPM_500, 50)), 2 * SECOND);
        double after = level(quota, REQUESTS_PER_MINUTE, 2 * SECOND).remaining();
        quota.settle(first, answered(new LimitState(RPM_500, 499)), 2 * SECOND);
        assertThat(level(quota, REQUESTS_PER_MINUTE, 2 * SECOND).remaining()).isEqualTo(after);
    }

    @Test
    void aRefusalSetsTheLevelAndClosesTheLimitForEveryoneUntilThen() {
        Quota quota = knowing(RPM_500);
        Reservation reservation = granted(quota.reserve(Cost.ofTokens(1), 0));
        quota.settle(
                reservation,
                new Settlement.Refused(refusal(RPM_500, 500, 1, Duration.ofMillis(120)), List.of()),
                10 * MS);
        assertThat(level(quota, REQUESTS_PER_MINUTE, 10 * MS).remaining()).isZero();
        assertThat(quota.waitNanos(Cost.ofTokens(1), 10 * MS).orElseThrow()).isGreaterThanOrEqualTo(120 * MS);
        assertThat(quota.snapshot(10 * MS).refusals()).isEqualTo(1);
    }

    @Test
    void aRefusalWithALongWaitMeansThatTheProviderCountsWindows() {
        Quota quota = knowing(RPM_500);
        var sent = new ArrayList<Reservation>();
        sendUntil(quota, Cost.ofTokens(1), 0, 4 * SECOND, sent);
        quota.settle(
                sent.getLast(),
                new Settlement.Refused(refusal(RPM_500, 500, 1, Duration.ofSeconds(56)), List.of()),
                4 * SECOND);
        assertThat(level(quota, REQUESTS_PER_MINUTE, 4 * SECOND).windowed()).isTrue();
        assertThat(sendUntil(quota, Cost.ofTokens(1), 4 * SECOND, 60 * SECOND, sent))
                .isZero();
        assertThat(sendUntil(quota, Cost.ofTokens(1), 60 * SECOND, 65 * SECOND, sent))
                .isBetween(480, 500);
    }

    @Test
    void aRefusalInTheMiddleOfABurstTeachesTheDepth() {
        Quota quota = knowing(RPM_500);
        var sent = new ArrayList<Reservation>();
        sendUntil(quota, Cost.ofTokens(1), 0, 300 * MS, sent);
        int burst = sent.size();
        quota.settle(
                sent.getLast(),
                new Settlement.Refused(refusal(RPM_500, 500, 1, Duration.ofMillis(120)), List.of()),
                300 * MS);
        assertThat(level(quota, REQUESTS_PER_MINUTE, 300 * MS).depth()).isBetween(500 / 60.0, (double) burst);
    }

    @Test
    void aDailyLimitInTheHeadersImpliesTheMinuteLimitBehindIt() {
        Limit perDay = new Limit(REQUESTS_PER_DAY, 10_000);
        var quota = new Quota(QuotaSettings.learnEverything()
                .withHidden(shown ->
                        shown.stream().anyMatch(state -> state.limit().equals(perDay)) ? List.of(RPM_500) : List.of()));
        Reservation reservation = granted(quota.reserve(Cost.ofTokens(1), 0));
        quota.settle(reservation, answered(new LimitState(perDay, 9_999)), SECOND);
        assertThat(level(quota, REQUESTS_PER_MINUTE, SECOND).source()).isEqualTo(LimitSource.INFERRED);
        assertThat(sendUntil(quota, Cost.ofTokens(1), SECOND, 61 * SECOND, new ArrayList<>()))
                .isBetween(980, 1_001);
    }

    private static final Limit RPM_200 = new Limit(REQUESTS_PER_MINUTE, 200);
    private static final Limit RPD_200 = new Limit(REQUESTS_PER_DAY, 200);

    /** Of an account whose row in the table says 200 a day and, hidden, three a minute. */
    private static Quota ofTheFreeTier() {
        return new Quota(QuotaSettings.learnEverything()
                .withHidden(shown -> List.of(new Limit(REQUESTS_PER_MINUTE, 3), RPD_200)));
    }

    private static LimitState state(Limit limit, long used, Duration reset) {
        return new LimitState(limit, limit.amount() - used, Optional.of(reset));
    }

    @Test
    void aResetTooShortForADayImpliesNothingHidden() {
        Quota quota = ofTheFreeTier();
        Reservation first = granted(quota.reserve(Cost.ofTokens(1), 0));
        quota.settle(first, answered(state(RPM_200, 1, Duration.ofMillis(300))), 100 * MS);
        assertThat(quota.snapshot(SECOND).levels())
                .extracting(QuotaSnapshot.Level::limit)
                .containsExactly(RPM_200);
    }

    @Test
    void aResetThatMayBeOfADayImpliesWhatIsHidden() {
        Quota quota = ofTheFreeTier();
        Reservation first = granted(quota.reserve(Cost.ofTokens(1), 0));
        quota.settle(first, answered(state(RPM_200, 1, Duration.ofSeconds(432))), 100 * MS);
        assertThat(quota.snapshot(SECOND).levels())
                .extracting(QuotaSnapshot.Level::limit)
                .contains(RPD_200, new Limit(REQUESTS_PER_MINUTE, 3));
    }

    @Test
    void whatWasImpliedWhileNothingShowedTheWindowIsForgottenWhenResetsContradictIt() {
        Quota quota = ofTheFreeTier();
        long now = 0;
        for (int used = 0; used < 7; used++) {
            Reservation next = granted(quota.reserve(Cost.ofTokens(1), now));
            now += 100 * MS;
            quota.settle(next, answered(state(RPM_200, used, Duration.ofMillis(300L * used))), now);
            now += 25 * SECOND;
        }
        assertThat(quota.snapshot(now).levels())
                .extracting(QuotaSnapshot.Level::limit)
                .containsExactly(RPM_200);
    }

    @Test
    void theLastSecondsOfADayAreNotTakenForAMinute() {
        Quota quota = ofTheFreeTier();
        Duration left = Duration.ofSeconds(85);
        Reservation first = granted(quota.reserve(Cost.ofTokens(1), 0));
        quota.settle(first, answered(state(RPM_200, 1, Duration.ofDays(1))), 0);
        for (int used = 2; left.isPositive(); used++) {
            long now = DAY - left.toNanos();
            quota.settle(granted(quota.reserve(Cost.ofTokens(1), now)), answered(state(RPM_200, used, left)), now);
            left = left.minusSeconds(20);
        }
        assertThat(quota.snapshot(DAY).levels())
                .extracting(QuotaSnapshot.Level::limit)
                .contains(RPD_200, new Limit(REQUESTS_PER_MINUTE, 3));
    }

    @Test
    void aDayThatWasReadOnceHoldsThoughFewUnitsInUseFitItOnlyRoughly() {
        Limit perDay = new Limit(REQUESTS_PER_DAY, 10_000);
        Limit guessed = new Limit(REQUESTS_PER_MINUTE, 10_000);
        var quota = new Quota(QuotaSettings.learnEverything());
        long now = 0;
        for (int i = 0; i < 10; i++) {
            Reservation next = granted(quota.reserve(Cost.ofTokens(1), now));
            now += 100 * MS;
            // Another one each 6 s, of which 70 % of a unit flow back.
            double used = 1 + 0.3 * i;
            quota.settle(
                    next,
                    answered(state(i == 0 ? perDay : guessed, (long) Math.ceil(used), Duration.ofMillis((long)
                            (used * 8_640)))),
                    now);
            now += 6 * SECOND;
        }
        assertThat(quota.snapshot(now).levels())
                .extracting(QuotaSnapshot.Level::limit)
                .containsExactly(perDay);
    }

    @Test
    void anHourThatEndsAtAFixedTimeIsFoundAndUsedWholeBeforeItEnds() {
        Limit guessed = new Limit(REQUESTS_PER_MINUTE, 50);
        var quota = new Quota(QuotaSettings.learnEverything());
        long end = 40 * 60 * SECOND;
        long now = 0;
        // The last one is left: it cannot be told whether the one before it was counted when the answer was made.
        for (int used = 1; used <= 49; used++) {
            for (long wait = 1; wait > 0; now += wait) {
                wait = quota.waitNanos(Cost.ofTokens(1), now).orElseThrow();
            }
            Reservation next = granted(quota.reserve(Cost.ofTokens(1), now));
            Duration reset = Duration.ofNanos((end - now) / MS * MS);
            now += 200 * MS;
            quota.settle(next, answered(state(guessed, used, reset)), now);
        }
        assertThat(quota.snapshot(now).levels())
                .extracting(level -> level.limit().dimension().label())
                .containsExactly("requests per hour");
        assertThat(now).isLessThan(60 * SECOND);
        assertThat(now + quota.waitNanos(Cost.ofTokens(1), now).orElseThrow()).isBetween(end, end + SECOND);
    }

    @Test
    void aRefusalThatExplainsNothingPausesEverythingLongerEachTime() {
        Quota quota = knowing(RPM_500);
        long now = 0;
        for (long quarters : new long[] {1, 2, 4, 8}) {
            Reservation reservation = granted(quota.reserve(Cost.ofTokens(1), now));
            quota.settle(
                    reservation, new Settlement.Refused(LimitExceeded.unexplained(Optional.empty()), List.of()), now);
            assertThat(quota.waitNanos(Cost.ofTokens(1), now).orElseThrow()).isEqualTo(quarters * 250 * MS);
            now += 10 * SECOND;
        }
    }

    @Test
    void aRefusalWhoseHeadersShowTheLimitClosesThatLimitAlone() {
        Quota quota = knowing(RPM_500, TPM_200K);
        Reservation reservation = granted(quota.reserve(Cost.ofTokens(1_000), 0));
        quota.settle(
                reservation,
                new Settlement.Refused(
                        LimitExceeded.unexplained(Optional.of(Duration.ofSeconds(2))),
                        List.of(new LimitState(RPM_500, 400), new LimitState(TPM_200K, 300))),
                10 * MS);
        assertThat(level(quota, TOKENS_PER_MINUTE, 10 * MS).remaining()).isCloseTo(300, within(1.0));
        assertThat(quota.waitNanos(new Cost(1, 0, 0), 300 * MS)).hasValue(0);
        assertThat(quota.waitNanos(Cost.ofTokens(1), 300 * MS).orElseThrow()).isGreaterThan(SECOND);
    }

    @Test
    void aWindowThatWasMisreadOnceIsReadAnewAfterAFewAnswers() {
        var quota = new Quota(QuotaSettings.learnEverything());
        Limit perDay = new Limit(REQUESTS_PER_DAY, 10_000);
        Limit misread = new Limit(REQUESTS_PER_MINUTE, 10_000);
        long now = 0;
        for (int i = 0; i < 6; i++) {
            Reservation reservation = granted(quota.reserve(Cost.ofTokens(10), now));
            now += SECOND;
            quota.settle(
                    reservation,
                    answered(new LimitState(i == 0 ? misread : perDay, 9_999 - i), new LimitState(TPM_200K, 199_000)),
                    now);
        }
        assertThat(level(quota, REQUESTS_PER_DAY, now).limit().amount()).isEqualTo(10_000);
        assertThat(quota.snapshot(now).levels())
                .noneMatch(level -> level.limit().equals(misread));
    }

    @Test
    void refusalsThatExplainNothingAndGoOnSlowDownToAboutWhatWasDriven() {
        var quota = new Quota(QuotaSettings.learnEverything());
        long now = 0;
        for (int i = 0; i < 200; i++) {
            quota.settle(granted(quota.reserve(Cost.ofTokens(1), now)), answered(), now + 10 * MS);
            now += 50 * MS; // twenty a second
        }
        for (int i = 0; i < 10; i++) {
            Reservation refused = granted(quota.reserve(Cost.ofTokens(1), now));
            quota.settle(
                    refused,
                    new Settlement.Refused(LimitExceeded.unexplained(Optional.of(Duration.ofMillis(1))), List.of()),
                    now);
            now += 50 * MS;
        }
        // Without a limit an answer would follow the other at once, thousands of them.
        int inOneSecond = countAnswering(quota, now + MS, now + SECOND);
        assertThat(inOneSecond).isBetween(10, 30);
    }

    @Test
    void oneRefusalInAHundredThatExplainsNothingCostsAMoment() {
        var quota = new Quota(QuotaSettings.learnEverything());
        long now = 0;
        for (int i = 0; i < 1_000; i++) {
            while (!(quota.reserve(Cost.ofTokens(1), now) instanceof Granted(Reservation reservation))) {
                now += 10 * MS;
            }
            boolean unlucky = i % 100 == 99;
            quota.settle(
                    reservation,
                    unlucky
                            ? new Settlement.Refused(LimitExceeded.unexplained(Optional.empty()), List.of())
                            : answered(),
                    now + MS);
            now += 50 * MS;
        }
        assertThat(now).isLessThan(55 * SECOND); // fifty if nothing were refused
        assertThat(quota.snapshot(now).concurrencyLimit()).isGreaterThanOrEqualTo(16);
    }

    @Test
    void slowDownHoldsTheLoadForAQuarterOfAnHourAndThenLetsItGrowByHalf() {
        Quota quota = cappedBy(new Limit(REQUESTS_PER_MINUTE, 6_000));
        var sent = new ArrayList<Reservation>();
        sendUntil(quota, Cost.ofTokens(1), 0, 60 * SECOND, sent);
        sent.forEach(reservation -> quota.settle(reservation, answered(), 60 * SECOND));
        Reservation refused = granted(quota.reserve(Cost.ofTokens(1), 61 * SECOND));
        quota.settle(refused, new Settlement.SlowedDown(Optional.of(Duration.ofSeconds(5))), 61 * SECOND);
        long held = 66 * SECOND;
        int inAMinute = countAnswering(quota, held, held + 60 * SECOND);
        assertThat(inAMinute).isLessThan(6_000);
        int afterHalfAnHour = countAnswering(quota, 1861 * SECOND, 1921 * SECOND);
        assertThat((double) afterHalfAnHour / inAMinute).isCloseTo(1.5, within(0.1));
    }

    private static int countAnswering(Quota quota, long from, long until) {
        int count = 0;
        for (long now = from; now - until < 0; ) {
            switch (quota.reserve(Cost.ofTokens(1), now)) {
                case Granted(Reservation reservation) -> {
                    quota.settle(reservation, answered(), now);
                    count++;
                    assertThat(count).as("answers").isLessThan(100_000);
                }
                case Deferred(BlockedBy by, OptionalLong at) -> now = at.orElseThrow();
                case Impossible(BlockedBy.ByLimit by) -> throw new AssertionError(by.explanation());
            }
        }
        return count;
    }

    @Test
    void capsCountFromTheStartAndNotOnlySinceTheFirstReservation() {
        Quota quota = new Quota(QuotaSettings.capsAlone(List.of(new Limit(TOKENS_PER_MINUTE, 500))));
        assertThat(quota.neverFits(Cost.ofTokens(501))).isPresent();
        assertThat(quota.waitNanos(Cost.ofTokens(501), 0)).isEmpty();
        assertThat(quota.startsInNanos(Cost.ofTokens(500), Cost.ofTokens(500), 0))
                .hasValue(60 * SECOND);
        assertThat(quota.startsAfter(Cost.ofTokens(500), Cost.ofTokens(500), 0).map(BlockedBy::explanation))
                .hasValue("the limit of 500 tokens per minute (as configured)");
        assertThat(quota.startsAfter(new Cost(0, 0, 0), Cost.ofTokens(500), 0)).isEmpty();
    }

    @Test
    void changedCapsApplyAtOnceAndWhatWasUsedOfTheOthersStaysUsed() {
        Limit requests = new Limit(REQUESTS_PER_MINUTE, 1);
        Quota quota = new Quota(QuotaSettings.capsAlone(List.of(requests)));
        Reservation first = granted(quota.reserve(Cost.ofTokens(100), 0));
        quota.setCaps(List.of(requests, new Limit(TOKENS_PER_MINUTE, 50)), 1, 0);
        assertThat(quota.neverFits(Cost.ofTokens(51))).isPresent();
        assertThat(quota.reserve(Cost.ofTokens(1), 0))
                .isEqualTo(new Deferred(new BlockedBy.ByConcurrency(1), OptionalLong.empty()));
        quota.settle(first, answered(), SECOND);
        assertThat(quota.waitNanos(Cost.ofTokens(1), SECOND)).hasValue(59 * SECOND);
        quota.setCaps(List.of(), 1, SECOND);
        assertThat(quota.waitNanos(Cost.ofTokens(51), SECOND)).hasValue(0);
    }

    @Test
    void aDaysLimitWeighsAsMuchOfTheWholeAsAMinutesLimit() {
        Quota quota = new Quota(QuotaSettings.learnEverything()
                .withKnown(List.of(
                        new Limit(REQUESTS_PER_DAY, 10_000),
                        new Limit(REQUESTS_PER_MINUTE, 500),
                        new Limit(TOKENS_PER_MINUTE, 200_000))));
        granted(quota.reserve(Cost.ofTokens(1), 0));
        assertThat(quota.dominantSeconds(Cost.ofTokens(4_000))).isCloseTo(1.2, within(1e-9));
        assertThat(quota.dominantSeconds(Cost.ofTokens(100))).isCloseTo(0.12, within(1e-9));
    }

    @Test
    void whileCallsMayStillBecomeMoreTheirPresentNumberDelaysNobodyForGood() {
        Quota quota = new Quota(QuotaSettings.learnEverything());
        Reservation first = granted(quota.reserve(Cost.ofTokens(1), 0));
        quota.settle(first, answered(), 20 * SECOND);
        // Sixteen at a time for now; thousands as soon as limits are known.
        assertThat(quota.startsInNanos(new Cost(1_000, 1_000, 0), Cost.ofTokens(1), 20 * SECOND))
                .hasValue(0);
    }

    @Test
    void aStreamThatHasBegunRaisesTheCallsInFlightAsAnAnswerDoes() {
        var quota = new Quota(QuotaSettings.learnEverything());
        var streams = new ArrayList<Reservation>();
        long now = 0;
        // Each begins after 200 ms and goes on for minutes.
        for (int i = 0; i < 100; i++) {
            Optional<Reservation> next = reserved(quota, now);
            next.ifPresent(streams::add);
            now += 50 * MS;
            if (next.isPresent()) {
                quota.observed(next.get(), List.of(), now + 150 * MS);
            }
        }
        assertThat(streams.size()).isGreaterThan(90);
        assertThat(quota.snapshot(now).concurrencyLimit()).isGreaterThanOrEqualTo(100);
    }

    @Test
    void aStreamThatHasBegunDoesNotCountAgainWhenItEnds() {
        Quota streaming = new Quota(QuotaSettings.learnEverything());
        Quota waiting = new Quota(QuotaSettings.learnEverything());
        for (Quota quota : List.of(streaming, waiting)) {
            for (long now = 0; now < 10 * SECOND; now += SECOND) {
                var sent = new ArrayList<Reservation>();
                sendUntil(quota, Cost.ofTokens(1), now, now + 10 * MS, sent);
                long end = now + 500 * MS;
                for (Reservation reservation : sent) {
                    if (quota == streaming) {
                        quota.observed(reservation, List.of(), end);
                        quota.observed(reservation, List.of(), end);
                    }
                    quota.settle(reservation, answered(), end);
                }
                if (now == 2 * SECOND) { // from here on each answer counts for little
                    overload(quota, now);
                }
            }
        }
        assertThat(streaming.snapshot(0).concurrencyLimit())
                .isEqualTo(waiting.snapshot(0).concurrencyLimit());
    }

    private static void overload(Quota quota, long now) {
        for (int i = 0; i < 10; i++) {
            reserved(quota, now)
                    .ifPresent(reservation -> quota.settle(reservation, new Settlement.Failed(List.of(), true), now));
        }
    }

    private static Optional<Reservation> reserved(Quota quota, long now) {
        return quota.reserve(Cost.ofTokens(1), now) instanceof Granted(Reservation reservation)
                ? Optional.of(reservation)
                : Optional.empty();
    }

    @Test
    void aBackedOffConcurrencyDefersUntilSomethingSettles() {
        var quota = new Quota(
                QuotaSettings.learnEverything().withKnown(List.of(RPM_500)).withMaxConcurrency(2));
        Reservation first = granted(quota.reserve(Cost.ofTokens(1), 0));
        granted(quota.reserve(Cost.ofTokens(1), 100 * MS));
        assertThat(quota.reserve(Cost.ofTokens(1), SECOND))
                .isEqualTo(new Deferred(new BlockedBy.ByConcurrency(2), OptionalLong.empty()));
        quota.settle(first, answered(), SECOND);
        granted(quota.reserve(Cost.ofTokens(1), SECOND));
    }
}
