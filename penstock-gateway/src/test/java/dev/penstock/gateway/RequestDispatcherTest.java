package dev.penstock.gateway;

import static dev.penstock.gateway.Desk.SECOND;
import static dev.penstock.gateway.Desk.fault;
import static dev.penstock.gateway.Desk.sent;
import static dev.penstock.gateway.Desk.stopped;
import static dev.penstock.gateway.Desk.throttled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.penstock.gateway.Desk.Request;
import dev.penstock.gateway.config.Tenant;
import dev.penstock.gateway.config.Upstream;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitState;
import dev.penstock.queue.Priority;
import dev.penstock.queue.QueueBounds;
import dev.penstock.verdict.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class RequestDispatcherTest {
    private static final Upstream ONE = Upstreams.withKey("one", 1);
    private static final Upstream TWO = Upstreams.withKey("two", 1);
    /** One call at a time. */
    private static final Upstream NARROW = Upstreams.capped(ONE, 1);

    private static final Duration HALF_A_MINUTE = Duration.ofSeconds(30);

    private static Limit rpm(long amount) {
        return new Limit(Dimension.REQUESTS_PER_MINUTE, amount);
    }

    private static Limit tpm(long amount) {
        return new Limit(Dimension.TOKENS_PER_MINUTE, amount);
    }

    private static Tenant tenant(String name, OptionalInt concurrency, Limit... limits) {
        return new Tenant(name, 1, Priority.INTERACTIVE, List.of(), List.of(limits), concurrency, Optional.empty());
    }

    // Bounds and refusals.

    @Test
    void theQueueIsBoundedInNumber() {
        Desk desk = new Desk(new QueueBounds(2, 1 << 20), NARROW).ask("runs").pump();
        desk.ask("a").ask("b").ask("c");
        assertThat(desk.refusal("c").outcome()).isEqualTo(Outcome.REFUSED_QUEUE_FULL);
        assertThat(desk.refusal("c").message()).contains("2 of 2 requests");
        desk.leave("a").ask("d");
        assertThat(desk.refusals).containsOnlyKeys("c");
    }

    @Test
    void theQueueIsBoundedInBytes() {
        Desk desk = new Desk(new QueueBounds(100, 5_000), NARROW).ask("runs").pump();
        desk.ask("a", new Request().bytes(3_000)).ask("b", new Request().bytes(2_001));
        assertThat(desk.refusal("b").outcome()).isEqualTo(Outcome.REFUSED_QUEUE_FULL);
        desk.ask("c", new Request().bytes(2_000));
        assertThat(desk.refusals).containsOnlyKeys("b");
        assertThat(desk.bounds.bytes()).isEqualTo(5_000);
    }

    @Test
    void whoBacksOffCountsAgainstTheBoundsToo() {
        Desk desk = new Desk(new QueueBounds(1, 1 << 20), NARROW).ask("a").pump();
        assertThat(desk.settle("a", fault(Verdict.Fault.SERVER_ERROR))).isEqualTo("again");
        assertThat(desk.bounds.count()).isOne();
        desk.ask("b");
        assertThat(desk.refusal("b").outcome()).isEqualTo(Outcome.REFUSED_QUEUE_FULL);
    }

    @Test
    void aRequestThatWouldStartTooLateIsRefusedAtOnceWithTheTimeThatItLacks() {
        Desk desk = Desk.known(Upstreams.capped(ONE, 0, rpm(2))); // one is used up
        desk.ask("a").pump();
        // The next one starts 30 s after the first was sent, 0.1 s ago.
        desk.ask("late", new Request().within(Duration.ofSeconds(20)));
        Refusal refusal = desk.refusal("late");
        assertThat(refusal.outcome()).isEqualTo(Outcome.REFUSED_DEADLINE);
        assertThat(refusal.retryAfter().orElseThrow().toMillis()).isCloseTo(9_900, within(2L));
        assertThat(refusal.message())
                .contains("2 requests per minute")
                .contains("29.9 s")
                .contains("20.0 s");
        assertThat(desk.done()).containsExactly("send a to one", "refuse late");
        // Who comes back then is served.
        desk.wait(refusal.retryAfter().orElseThrow().plusMillis(1));
        desk.ask("late", new Request().within(Duration.ofSeconds(20))).pump().wait(Duration.ofSeconds(20));
        assertThat(desk.done()).containsExactly("send late to one");
    }

    @Test
    void whoGoesBeforeIsPartOfThePrediction() {
        Desk desk = Desk.known(Upstreams.capped(ONE, 0, rpm(2)))
                .ask("a")
                .pump()
                .ask("b")
                .ask("c");
        desk.ask("late", new Request().of("t").within(Duration.ofSeconds(80)).priority(Priority.BULK));
        assertThat(desk.refusal("late").message()).contains("89.9 s");
        assertThat(Forecast.expectedStartNanos(desk.flight("c"), desk.now).orElseThrow())
                .isCloseTo(59_900_000_000L, within(2_000_000L));
        assertThat(Forecast.expectedStartNanos(desk.flight("a"), desk.now)).isEmpty();
    }

    @Test
    void whatIsTooLargeNeverWaits() {
        Desk desk = new Desk(Upstreams.capped(ONE, 0, tpm(1_000)));
        desk.ask("large", new Request().tokens(1_001));
        assertThat(desk.refusal("large").outcome()).isEqualTo(Outcome.REFUSED_TOO_LARGE);
        assertThat(desk.refusal("large").retryAfter()).isEmpty();
        assertThat(desk.refusal("large").shouldRetry()).isFalse();
        assertThat(desk.refusal("large").message()).contains("1,001 tokens").contains("1,000 tokens per minute");
        desk.assertNothingLeft();
    }

    @Test
    void whatIsTooLargeForTheTenantsOwnLimitsNeverWaits() {
        Desk desk = new Desk(ONE);
        desk.ask(
                "large",
                new Request().of(tenant("small", OptionalInt.empty(), tpm(500))).tokens(501));
        assertThat(desk.refusal("large").outcome()).isEqualTo(Outcome.REFUSED_TOO_LARGE);
        desk.assertNothingLeft();
    }

    @Test
    void whatTurnsOutTooLargeIsToldAsSoonAsThatIsKnown() {
        Desk desk = new Desk(ONE).ask("a").pump().ask("large", new Request().tokens(5_000));
        desk.answer("a", List.of(new LimitState(tpm(4_000), 3_900)));
        assertThat(desk.refusal("large").outcome()).isEqualTo(Outcome.REFUSED_TOO_LARGE);
        desk.assertNothingLeft();
    }

    @Test
    void whoHasWaitedInVainIsToldAtTheDeadline() {
        Desk desk = Desk.known(NARROW).ask("runs").pump();
        desk.ask("a", new Request().within(HALF_A_MINUTE)).pump();
        assertThat(desk.wake).hasValue(desk.now + HALF_A_MINUTE.toNanos());
        desk.wait(HALF_A_MINUTE.minusNanos(1));
        assertThat(desk.refusals).isEmpty();
        desk.wait(Duration.ofNanos(1));
        assertThat(desk.refusal("a").outcome()).isEqualTo(Outcome.REFUSED_DEADLINE);
        assertThat(desk.refusal("a").message())
                .startsWith("Its deadline came before its turn: it waited for")
                .contains("1 calls in flight");
        assertThat(desk.flight("a").waitedNanos()).isEqualTo(HALF_A_MINUTE.toNanos());
        desk.answer("runs").assertNothingLeft();
    }

    @Test
    void atTheDeadlineItselfARequestMayStillStart() {
        Desk desk = Desk.known(ONE)
                .ask("now or never", new Request().within(Duration.ZERO))
                .pump();
        assertThat(desk.done()).isEqualTo(sent("now or never"));
    }

    @Test
    void waitingAndRunningAreTimedApart() {
        Desk desk = Desk.known(NARROW).ask("runs").pump();
        desk.ask("a", new Request().within(HALF_A_MINUTE))
                .wait(Duration.ofSeconds(29))
                .answer("runs");
        desk.wait(Duration.ofMinutes(5)); // it runs far beyond its deadline, which is for the start alone
        desk.answer("a");
        assertThat(desk.done()).isEqualTo(sent("runs", "a"));
        assertThat(desk.flight("a").waitedNanos()).isEqualTo(29 * SECOND);
        assertThat(desk.flight("a").firstSentAt).isEqualTo(desk.now - 300 * SECOND);
        desk.assertNothingLeft();
    }

    @Test
    void aModelThatNobodyServesIsRefused() {
        Upstream other = new Upstream(
                "one",
                ONE.baseUrl(),
                ONE.key(),
                Optional.empty(),
                Optional.empty(),
                1,
                List.of("gpt-5*"),
                List.of(),
                OptionalInt.empty());
        Desk desk = new Desk(other).ask("a");
        assertThat(desk.refusal("a").code()).isEqualTo("model_not_served");
    }

    // Order.

    @Test
    void theMoreUrgentBandGoesFirst() {
        Desk desk = Desk.known(NARROW).ask("runs").pump();
        desk.ask("bulk", new Request().priority(Priority.BULK)).ask("normal");
        desk.ask("interactive", new Request().priority(Priority.INTERACTIVE));
        desk.answer("runs").answer("interactive").answer("normal").answer("bulk");
        assertThat(desk.done()).isEqualTo(sent("runs", "interactive", "normal", "bulk"));
    }

    @Test
    void theEarliestDeadlineGoesFirstInsideATenant() {
        Desk desk = Desk.known(NARROW).ask("runs").pump();
        desk.ask("60 s", new Request().within(Duration.ofSeconds(60)));
        desk.ask("20 s", new Request().within(Duration.ofSeconds(20)));
        desk.ask("40 s", new Request().within(Duration.ofSeconds(40)));
        desk.answer("runs").answer("20 s").answer("40 s");
        assertThat(desk.done()).isEqualTo(sent("runs", "20 s", "40 s", "60 s"));
    }

    @Test
    void tenantsTakeTurns() {
        Desk desk = Desk.known(NARROW).ask("runs").pump();
        for (int i = 0; i < 3; i++) {
            desk.ask("a" + i, new Request().of("a"));
        }
        desk.ask("b0", new Request().of("b")).ask("b1", new Request().of("b"));
        desk.answer("runs").answer("a0").answer("b0").answer("a1").answer("b1");
        assertThat(desk.done()).isEqualTo(sent("runs", "a0", "b0", "a1", "b1", "a2"));
    }

    @Test
    void whoComesBeforeAnythingIsKnownPaysAsMuchAsWhoComesLater() {
        Desk desk = new Desk(NARROW).ask("runs").pump();
        for (int i = 0; i < 20; i++) {
            desk.ask("early" + i, new Request().of("early").tokens(400));
        }
        desk.answer("runs", List.of(new LimitState(rpm(5_000), 4_999), new LimitState(tpm(2_000_000), 1_999_000)));
        for (int i = 0; i < 20; i++) {
            desk.ask("late" + i, new Request().of("late").tokens(400));
        }
        List<String> order = new ArrayList<>(desk.done());
        for (int i = 0; i < 20; i++) {
            String running = order.getLast().split(" ")[1];
            order.addAll(desk.answer(running).wait(Duration.ofSeconds(3)).done());
        }
        assertThat(order.stream().filter(step -> step.startsWith("send late"))).hasSizeBetween(9, 11);
    }

    @Test
    void aDaysLimitDoesNotMakeLargeRequestsAsCheapAsSmallOnes() {
        Desk desk = new Desk(NARROW).ask("runs").pump();
        desk.answer(
                "runs",
                List.of(
                        new LimitState(new Limit(Dimension.REQUESTS_PER_DAY, 10_000), 9_999),
                        new LimitState(tpm(200_000), 199_900)));
        desk.ask("runs", new Request().tokens(400))
                .pump()
                .wait(Duration.ofSeconds(3))
                .done();
        for (int i = 0; i < 40; i++) {
            desk.ask("small" + i, new Request().of("small").tokens(800));
            desk.ask("large" + i, new Request().of("large").tokens(4_000));
        }
        String running = "runs";
        List<String> order = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            order.addAll(desk.answer(running).wait(Duration.ofSeconds(3)).done());
            running = order.getLast().split(" ")[1];
        }
        assertThat(order.stream().filter(step -> step.startsWith("send large"))).hasSizeBetween(3, 5);
    }

    @Test
    void aTenantAtItsOwnConcurrencyHoldsBackOnlyItself() {
        Desk desk = Desk.known(ONE);
        Tenant single = tenant("single", OptionalInt.of(1));
        desk.ask("s0", new Request().of(single)).pump();
        desk.ask("s1", new Request().of(single))
                .ask("other", new Request().of("other"))
                .pump();
        assertThat(desk.done()).isEqualTo(sent("s0", "other"));
        desk.answer("s0");
        assertThat(desk.done()).isEqualTo(sent("s1"));
    }

    @Test
    void aTenantsConcurrencyCountsOverAllModels() {
        Desk desk = Desk.known(ONE);
        Tenant single = tenant("single", OptionalInt.of(1));
        desk.ask("mini", new Request().of(single)).pump();
        desk.ask("large", new Request().of(single).family("gpt-4o")).pump();
        assertThat(desk.done()).isEqualTo(sent("mini"));
        desk.answer("mini");
        assertThat(desk.done()).isEqualTo(sent("large"));
    }

    @Test
    void aTenantsOwnLimitHoldsBackOnlyItself() {
        Desk desk = Desk.known(ONE);
        Tenant slow = tenant("slow", OptionalInt.empty(), rpm(2));
        desk.ask("s0", new Request().of(slow)).ask("s1", new Request().of(slow)).ask("s2", new Request().of(slow));
        desk.ask("other", new Request().of("other")).pump();
        assertThat(desk.done()).containsExactlyInAnyOrderElementsOf(sent("s0", "s1", "other"));
        desk.wait(Duration.ofMillis(29_999));
        assertThat(desk.done()).isEmpty();
        desk.wait(Duration.ofMillis(2));
        assertThat(desk.done()).isEqualTo(sent("s2"));
    }

    @Test
    void aTenantsOwnLimitIsNamedInTheRefusal() {
        Desk desk = Desk.known(ONE);
        Tenant slow = tenant("slow", OptionalInt.empty(), rpm(1));
        desk.ask("s0", new Request().of(slow))
                .pump()
                .ask("s1", new Request().of(slow).within(HALF_A_MINUTE));
        assertThat(desk.refusal("s1").message()).contains("the tenant's own limits");
        assertThat(desk.refusal("s1").retryAfter().orElseThrow().toMillis()).isCloseTo(30_000, within(2L));
    }

    @Test
    void aRefusalByTheUpstreamIsNotChargedToTheTenant() {
        Desk desk = Desk.known(ONE);
        Tenant slow = tenant("slow", OptionalInt.empty(), rpm(1));
        desk.ask("s0", new Request().of(slow)).pump();
        assertThat(desk.settle("s0", throttled(Duration.ofSeconds(2)))).isEqualTo("again");
        desk.wait(Duration.ofMillis(2_100));
        assertThat(desk.done()).isEqualTo(sent("s0", "s0"));
    }

    // Attempts.

    @Test
    void eachAttemptTakesItsOwnReservation() {
        Desk desk = Desk.known(Upstreams.capped(ONE, 0, rpm(3))); // two are left
        desk.ask("a").pump();
        assertThat(desk.settle("a", fault(Verdict.Fault.SERVER_ERROR))).isEqualTo("again");
        desk.wait(Duration.ofSeconds(3)); // the backoff after the first fault is at most 2 s
        desk.ask("b").pump();
        assertThat(desk.done()).isEqualTo(sent("a", "a"));
        desk.wait(Duration.ofSeconds(18));
        assertThat(desk.done()).isEqualTo(sent("b"));
    }

    @Test
    void aRefusalForQuotaCostsNoAttemptAndTheRequestGoesFirstAgain() {
        Desk desk = Desk.known(NARROW).ask("a", new Request().attempts(1)).pump();
        desk.ask("b", new Request().within(Duration.ofSeconds(40)));
        for (int i = 0; i < 5; i++) {
            assertThat(desk.settle("a", throttled(Duration.ofSeconds(1)))).isEqualTo("again");
            desk.wait(Duration.ofMillis(1_500));
        }
        assertThat(desk.flight("a").sendings()).isGreaterThan(1);
        assertThat(desk.done()).allMatch(step -> step.equals("send a to one"));
    }

    @Test
    void aRefusalThatEndsAfterTheDeadlineIsToldAtOnce() {
        Desk desk =
                Desk.known(ONE).ask("a", new Request().within(HALF_A_MINUTE)).pump();
        Verdict verdict = new Verdict.SlowDown(Optional.of(Duration.ofSeconds(50)), "Slow down.");
        assertThat(desk.settle("a", verdict)).isEqualTo("refuse");
        assertThat(desk.refusal("a").retryAfter().orElseThrow()).isEqualTo(Duration.ofSeconds(20));
        desk.assertNothingLeft();
    }

    @Test
    void faultsBackOffAndAttemptsAreCounted() {
        Desk desk = Desk.known(ONE).ask("a", new Request().attempts(2)).pump();
        assertThat(desk.settle("a", fault(Verdict.Fault.SERVER_ERROR))).isEqualTo("again");
        desk.wait(Duration.ofMillis(999));
        assertThat(desk.done()).isEqualTo(sent("a"));
        desk.wait(Duration.ofMillis(1_001));
        assertThat(desk.done()).isEqualTo(sent("a"));
        assertThat(desk.settle("a", fault(Verdict.Fault.SERVER_ERROR))).isEqualTo("pass on");
        desk.assertNothingLeft();
    }

    @Test
    void retriesOfFaultsStayWithinTheBudget() {
        Desk desk = Desk.known(ONE);
        int asked = 1_000;
        for (int i = 0; i < asked; i++) {
            desk.ask("r" + i, new Request().attempts(6)).pump();
        }
        long sendings = 0;
        for (int round = 0; round < 1_000 && desk.dispatcher.running() > 0; round++) {
            for (Flight<String> flight : List.copyOf(desk.flights.values())) {
                if (flight.phase == Flight.Phase.RUNNING) {
                    sendings++;
                    desk.settle(flight.item(), fault(Verdict.Fault.SERVER_ERROR));
                }
            }
            desk.wait(Duration.ofSeconds(2));
        }
        // A fifth of the requests and one a second, for the ten minutes until the deadline.
        assertThat(sendings).isBetween(asked + 100L, asked + asked / 5 + 660L);
    }

    @Test
    void anEmptyBudgetEndsAtTheDeadline() {
        Desk desk = Desk.known(ONE);
        for (int i = 0; i < 200; i++) {
            desk.ask("r" + i, new Request().within(Duration.ofSeconds(10)).attempts(6))
                    .pump();
        }
        for (int i = 0; i < 200; i++) {
            desk.settle("r" + i, fault(Verdict.Fault.SERVER_ERROR));
        }
        for (int second = 0; second < 12; second++) {
            desk.wait(Duration.ofSeconds(1));
            for (Flight<String> flight : List.copyOf(desk.flights.values())) {
                if (flight.phase == Flight.Phase.RUNNING) {
                    desk.settle(flight.item(), fault(Verdict.Fault.SERVER_ERROR));
                }
            }
        }
        desk.assertNothingLeft();
    }

    @ParameterizedTest
    @EnumSource(Verdict.Fault.class)
    void whatTheClientHasSeenAPartOfIsNeverSentAgain(Verdict.Fault fault) {
        Desk desk = Desk.known(ONE).ask("a").pump();
        if (fault != Verdict.Fault.CONNECT_FAILED) { // then there is no answer of which it could have seen a part
            assertThat(desk.settle("a", fault(fault), true)).isEqualTo("pass on");
            desk.assertNothingLeft();
        }
    }

    @Test
    void noRefusalIsRepeatedWhenTheClientHasSeenAPart() {
        Desk desk = Desk.known(ONE, TWO);
        List<Verdict> verdicts = List.of(
                throttled(Duration.ofSeconds(1)), new Verdict.SlowDown(Optional.empty(), "Slow down."), stopped());
        for (Verdict verdict : verdicts) {
            desk.ask("a").pump();
            assertThat(desk.settle("a", verdict, true)).isEqualTo("pass on");
            desk.wait(Duration.ofSeconds(5));
        }
        desk.assertNothingLeft();
    }

    @Test
    void whatCannotBeRepeatedIsNeverSentAgain() {
        Desk desk = Desk.known(ONE, TWO);
        List<Verdict> verdicts = List.of(
                throttled(Duration.ofSeconds(1)),
                new Verdict.SlowDown(Optional.empty(), "Slow down."),
                fault(Verdict.Fault.SERVER_ERROR),
                fault(Verdict.Fault.CONNECTION_LOST),
                stopped());
        for (Verdict verdict : verdicts) {
            desk.ask("a", new Request().unrepeatable()).pump();
            assertThat(desk.settle("a", verdict)).as(verdict.explanation()).isEqualTo("pass on");
            desk.wait(Duration.ofSeconds(5));
        }
        desk.assertNothingLeft();
    }

    @Test
    void whatWasCertainlyNotSentUsesUpNoAttempt() {
        Desk desk = Desk.known(ONE)
                .ask("a", new Request().attempts(1).unrepeatable())
                .pump();
        for (int i = 0; i < 3; i++) {
            assertThat(desk.settle("a", fault(Verdict.Fault.CONNECT_FAILED))).isEqualTo("again");
            desk.wait(Duration.ofSeconds(9));
        }
        assertThat(desk.flight("a").sendings()).isEqualTo(4);
        desk.answer("a").assertNothingLeft();
    }

    // Pools.

    @Test
    void upstreamsShareTheWorkByWeight() {
        Desk desk = Desk.known(Upstreams.withKey("one", 1), Upstreams.withKey("two", 3));
        for (int i = 0; i < 400; i++) {
            desk.ask("r" + i).pump();
        }
        long one = desk.done().stream().filter(step -> step.endsWith("to one")).count();
        assertThat(one).isBetween(98L, 103L);
    }

    @Test
    void anExhaustedKeyFallsBackBeforeAnybodyWaits() {
        Desk desk = Desk.known(Upstreams.capped(ONE, 0, rpm(3)), Upstreams.capped(TWO, 0, rpm(10)));
        for (int i = 0; i < 11; i++) {
            desk.ask("r" + i).pump();
        }
        List<String> done = desk.done();
        assertThat(done).hasSize(11);
        assertThat(done.stream().filter(step -> step.endsWith("to one"))).hasSize(2);
    }

    @Test
    void anUpstreamThatWasAwayDoesNotGetAllThatItMissed() {
        Desk desk = Desk.known(ONE, TWO);
        desk.dispatcher.crowded("one", true);
        for (int i = 0; i < 100; i++) {
            desk.ask("r" + i).pump();
        }
        assertThat(desk.done()).allMatch(step -> step.endsWith("to two"));
        desk.dispatcher.crowded("one", false);
        for (int i = 0; i < 20; i++) {
            desk.ask("s" + i).pump();
        }
        assertThat(desk.done().stream().filter(step -> step.endsWith("to one"))).hasSizeBetween(9, 11);
    }

    @Test
    void aStoppedAccountIsAvoidedAndItsRequestGoesToAnother() {
        Desk desk = Desk.known(ONE, TWO).ask("a").pump();
        assertThat(desk.done()).isEqualTo(sent("a"));
        assertThat(desk.settle("a", stopped())).isEqualTo("again");
        for (int i = 0; i < 5; i++) {
            desk.ask("r" + i).pump();
        }
        assertThat(desk.done()).hasSize(6).allMatch(step -> step.endsWith("to two"));
        // After a while it is asked again.
        desk.wait(Duration.ofSeconds(61));
        for (int i = 0; i < 4; i++) {
            desk.ask("s" + i).pump();
        }
        assertThat(desk.done()).anyMatch(step -> step.endsWith("to one"));
    }

    @Test
    void theLastAccountThatIsStoppedPassesOnWhatItSaid() {
        Desk desk = Desk.known(ONE, TWO).ask("a").pump();
        assertThat(desk.settle("a", stopped())).isEqualTo("again");
        assertThat(desk.settle("a", stopped())).isEqualTo("pass on");
        desk.assertNothingLeft();
    }

    @Test
    void aBadKeyOfTheClientsOwnIsPassedOnAndStopsNobodyElse() {
        Upstream one = Upstream.passingOn("one", ONE.baseUrl());
        Upstream two = Upstream.passingOn("two", TWO.baseUrl());
        Desk desk = Desk.known(one, two).ask("a").pump();
        assertThat(desk.settle("a", stopped())).isEqualTo("pass on");
        desk.ask("b").ask("c").pump();
        assertThat(desk.done()).hasSize(3).anyMatch(step -> step.endsWith("to one"));
    }

    @Test
    void anUnreachableUpstreamIsProbedByOneRequestAtATime() {
        Desk desk = Desk.known(ONE);
        for (int i = 0; i < 10; i++) {
            desk.ask("r" + i).pump();
        }
        for (int i = 0; i < 10; i++) {
            assertThat(desk.settle("r" + i, fault(Verdict.Fault.CONNECT_FAILED)))
                    .isEqualTo("again");
        }
        assertThat(desk.done()).hasSize(10);
        desk.wait(Duration.ofSeconds(3)); // the first pause is at most 2 s
        List<String> probes = desk.done();
        assertThat(probes).hasSize(1);
        assertThat(desk.dispatcher.running()).isOne();
        // As soon as it answers, all others go, also those of other models.
        desk.ask("other model", new Request().family("gpt-4o")).pump();
        assertThat(desk.done()).isEmpty();
        desk.answer(probes.getFirst().split(" ")[1]);
        assertThat(desk.done()).contains("send other model to one").hasSize(10);
    }

    @Test
    void theHeadOfAnAnswerShowsThatAnUpstreamIsBack() {
        Desk desk = Desk.known(ONE).ask("a").ask("b").pump();
        desk.settle("a", fault(Verdict.Fault.CONNECT_FAILED));
        desk.settle("b", fault(Verdict.Fault.CONNECT_FAILED));
        desk.done();
        desk.wait(Duration.ofSeconds(3));
        assertThat(desk.done()).hasSize(1);
        String probe = desk.flight("a").phase == Flight.Phase.RUNNING ? "a" : "b";
        desk.dispatcher.observed(desk.flight(probe), List.of(), desk.now);
        assertThat(desk.pump().done()).hasSize(1);
    }

    @Test
    void whenTheRequestThatProbedHangsUpAnotherOneProbes() {
        Desk desk = Desk.known(ONE)
                .ask("a")
                .ask("b", new Request().family("gpt-4o"))
                .pump();
        desk.settle("a", fault(Verdict.Fault.CONNECT_FAILED));
        desk.settle("b", fault(Verdict.Fault.CONNECT_FAILED));
        desk.done();
        desk.wait(Duration.ofSeconds(3));
        boolean aProbes = desk.flight("a").phase == Flight.Phase.RUNNING;
        assertThat(desk.done()).hasSize(1);
        desk.leave(aProbes ? "a" : "b");
        assertThat(desk.done()).isEqualTo(sent(aProbes ? "b" : "a"));
    }

    @Test
    void oneUnreachableUpstreamOfAPoolHoldsBackNobody() {
        Desk desk = Desk.known(ONE, TWO).ask("a").pump();
        assertThat(desk.settle("a", fault(Verdict.Fault.CONNECT_FAILED))).isEqualTo("again");
        assertThat(desk.done()).containsExactly("send a to one", "send a to two");
    }

    @Test
    void anAddressThatNeverAnsweredIsGivenUpAndTheNextToComeTriesAgain() {
        Desk desk = new Desk(ONE).ask("a").ask("b").pump();
        long since = desk.now;
        for (int tries = 0; !desk.refusals.containsKey("a"); tries++) {
            assertThat(tries).isLessThan(50);
            desk.done();
            for (String each : List.of("a", "b")) {
                if (desk.flight(each).phase == Flight.Phase.RUNNING) {
                    assertThat(desk.settle(each, fault(Verdict.Fault.CONNECT_FAILED)))
                            .isEqualTo("again");
                }
            }
            if (!desk.refusals.containsKey("a")) {
                desk.now = desk.wake.orElseThrow();
                desk.pump();
            }
        }
        // In the middle of a pause, if need be.
        assertThat(Duration.ofNanos(desk.now - since)).isEqualTo(Duration.ofSeconds(15));
        for (String each : List.of("a", "b")) {
            assertThat(desk.refusal(each).code()).isEqualTo("upstream_unreachable");
            assertThat(desk.refusal(each).message()).contains("It broke.", "nothing has answered there");
            assertThat(desk.refusal(each).shouldRetry()).isFalse();
        }
        desk.ask("too soon").assertNothingLeft();
        assertThat(desk.refusal("too soon").code()).isEqualTo("upstream_unreachable");
        desk.wait(desk.refusal("too soon").retryAfter().orElseThrow())
                .ask("in time")
                .pump();
        assertThat(desk.done()).contains("send in time to one");
        desk.answer("in time").ask("after it").pump();
        assertThat(desk.done()).containsExactly("send after it to one");
    }

    @Test
    void anOutageIsNotToldAsIfItWereALimit() {
        Desk desk =
                Desk.known(ONE).ask("a", new Request().within(HALF_A_MINUTE)).pump();
        desk.settle("a", fault(Verdict.Fault.CONNECT_FAILED));
        long tries = desk.wake.orElseThrow();
        desk.ask("hurried", new Request().within(Duration.ofNanos(tries - desk.now - 1)));
        Refusal refusal = desk.refusal("hurried");
        assertThat(refusal.code()).isEqualTo("upstream_unreachable");
        assertThat(refusal.message()).contains("The upstream cannot be reached. It broke.", "It is tried again in");
        assertThat(refusal.retryAfter())
                .hasValueSatisfying(after -> assertThat(after)
                        .isGreaterThanOrEqualTo(Duration.ofSeconds(1))
                        .isGreaterThanOrEqualTo(Duration.ofNanos(tries - desk.now)));
        desk.ask("patient").pump();
        for (int i = 0; i < 50 && !desk.refusals.containsKey("a"); i++) {
            desk.now = desk.wake.orElseThrow();
            desk.pump();
            for (String each : List.of("a", "patient")) {
                if (desk.flight(each).phase == Flight.Phase.RUNNING) {
                    String unused = desk.settle(each, fault(Verdict.Fault.CONNECT_FAILED));
                }
            }
        }
        assertThat(desk.refusal("a").code()).isEqualTo("upstream_unreachable");
        assertThat(desk.refusals).doesNotContainKey("patient");
    }

    // Waking.

    @Test
    void whoWaitsBehindOneThatLeavesIsLookedAtAtOnce() {
        Desk desk = Desk.known(Upstreams.capped(ONE, 0, tpm(1_000)));
        desk.ask("large", new Request().tokens(950))
                .ask("small", new Request().tokens(50))
                .pump();
        assertThat(desk.done()).isEmpty();
        desk.leave("large");
        assertThat(desk.done()).isEqualTo(sent("small"));
    }

    @Test
    void whoWaitsBehindOneThatExpiresIsLookedAtAtOnce() {
        Desk desk = Desk.known(Upstreams.capped(ONE, 0, tpm(1_000)), TWO);
        desk.dispatcher.crowded("two", true);
        desk.ask("large", new Request().tokens(950).within(Duration.ofSeconds(2)));
        desk.ask("small", new Request().tokens(50)).pump();
        assertThat(desk.done()).doesNotContain("send small to one");
        desk.wait(Duration.ofSeconds(2));
        assertThat(desk.done()).contains("send small to one");
    }

    // The end.

    @Test
    void stoppingAnswersAllThatWaitAndLetsTheOthersEnd() {
        Desk desk = Desk.known(NARROW).ask("runs").ask("waits").pump();
        Desk fresh = desk.ask("breaks", new Request().family("gpt-4o")).pump();
        fresh.settle("breaks", fault(Verdict.Fault.SERVER_ERROR));
        desk.done();
        desk.dispatcher.stop(desk.now);
        assertThat(desk.pump().done()).containsExactlyInAnyOrder("refuse waits", "refuse breaks");
        assertThat(desk.refusal("waits").outcome()).isEqualTo(Outcome.REFUSED_STOPPING);
        desk.ask("late");
        assertThat(desk.refusal("late").outcome()).isEqualTo(Outcome.REFUSED_STOPPING);
        desk.answer("runs").assertNothingLeft();
    }

    @Test
    void whatIsRefusedUpstreamWhileStoppingIsNotSentAgain() {
        Desk desk = Desk.known(ONE).ask("a").ask("b").pump();
        desk.dispatcher.stop(desk.now);
        assertThat(desk.settle("a", throttled(Duration.ofSeconds(1)))).isEqualTo("refuse");
        assertThat(desk.settle("b", fault(Verdict.Fault.SERVER_ERROR))).isEqualTo("refuse");
        assertThat(desk.refusal("a").outcome()).isEqualTo(Outcome.REFUSED_STOPPING);
        desk.assertNothingLeft();
    }

    @Test
    void tenThousandHangUpsInEveryPhaseLeaveNothingBehind() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(3);
        Desk desk = new Desk(new QueueBounds(20_000, 1 << 30), Upstreams.capped(ONE, 50));
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            names.add("r" + i);
            desk.ask("r" + i, new Request().of("t" + i % 37)).pump();
            desk.wait(Duration.ofMillis(1));
            if (i % 5 == 0) {
                desk.flights.values().stream()
                        .filter(flight -> flight.phase == Flight.Phase.RUNNING)
                        .findFirst()
                        .ifPresent(flight -> desk.settle(
                                flight.item(),
                                random.nextBoolean() ? fault(Verdict.Fault.SERVER_ERROR) : new Verdict.Accepted()));
            }
        }
        assertThat(desk.flights.values().stream().map(flight -> flight.phase))
                .contains(Flight.Phase.WAITING, Flight.Phase.BACKING_OFF, Flight.Phase.RUNNING, Flight.Phase.ENDED);
        Collections.shuffle(names, new java.util.Random(3));
        for (String name : names) {
            desk.leave(name);
            desk.leave(name); // a second time changes nothing
        }
        desk.assertNothingLeft();
        assertThat(desk.wake).isEmpty();
    }

    // Changes of the configuration.

    @Test
    void reconfiguringKeepsWhatIsKnownOfAnAccount() {
        Desk desk = Desk.known(Upstreams.capped(ONE, 0, rpm(3)));
        desk.ask("a").ask("b").ask("c").pump();
        assertThat(desk.done()).isEqualTo(sent("a", "b"));
        desk.dispatcher.reconfigure(List.of(Upstreams.capped(Upstreams.withKey("one", 5), 0, rpm(3)), TWO), desk.now);
        desk.pump();
        assertThat(desk.done()).containsExactly("send c to two");
        desk.dispatcher.reconfigure(List.of(Upstreams.capped(ONE, 0, rpm(3))), desk.now);
        desk.ask("d").pump();
        assertThat(desk.done()).isEmpty();
    }

    @Test
    void changedCapsApplyAtOnceAndWhatWasLearnedStays() {
        Desk desk = new Desk(Upstreams.capped(ONE, 0, rpm(100))).ask("a").pump();
        desk.answer("a", List.of(new LimitState(tpm(123_000), 50_000)));
        desk.done();
        desk.dispatcher.reconfigure(List.of(Upstreams.capped(ONE, 0, rpm(1))), desk.now);
        desk.ask("b", new Request().tokens(50))
                .ask("c", new Request().tokens(50))
                .pump();
        assertThat(desk.done()).isEqualTo(sent("b"));
        desk.ask("large", new Request().tokens(123_001));
        assertThat(desk.refusal("large").outcome()).isEqualTo(Outcome.REFUSED_TOO_LARGE);
    }

    @Test
    void reconfiguringForgetsThatConnectionsWereBeingOpened() {
        Desk desk = Desk.known(ONE);
        desk.dispatcher.crowded("one", true);
        desk.ask("a").pump();
        assertThat(desk.done()).isEmpty();
        // Whoever opens connections is exchanged as well, and has nothing to tell until it is used.
        desk.dispatcher.reconfigure(List.of(ONE), desk.now);
        assertThat(desk.pump().done()).isEqualTo(sent("a"));
    }

    @Test
    void reconfiguringDropsNoRequest() {
        Desk desk = Desk.known(NARROW).ask("runs").ask("waits").pump();
        desk.dispatcher.reconfigure(List.of(TWO), desk.now);
        desk.pump();
        assertThat(desk.done()).containsExactly("send runs to one", "send waits to two");
        assertThat(desk.settle("runs", throttled(Duration.ofSeconds(1)))).isEqualTo("again");
        desk.wait(Duration.ofMillis(100));
        assertThat(desk.done()).containsExactly("send runs to two");
        desk.answer("runs").answer("waits").assertNothingLeft();
    }

    @Test
    void whoWaitsForAModelThatNobodyServesAnyMoreIsToldSo() {
        Desk desk = Desk.known(NARROW).ask("runs").ask("waits").pump();
        Upstream other = new Upstream(
                "two",
                TWO.baseUrl(),
                TWO.key(),
                Optional.empty(),
                Optional.empty(),
                1,
                List.of("gpt-5*"),
                List.of(),
                OptionalInt.empty());
        desk.dispatcher.reconfigure(List.of(other), desk.now);
        desk.pump();
        assertThat(desk.refusal("waits").code()).isEqualTo("model_not_served");
        desk.answer("runs").assertNothingLeft();
    }

    @Test
    void aTenantsChangedLimitsApplyAtOnceAndToThoseThatComeLaterAlike() {
        Desk desk = Desk.known(ONE);
        Tenant before = tenant("t", OptionalInt.empty(), rpm(2));
        Tenant after = tenant("t", OptionalInt.empty(), rpm(100));
        desk.ask("a", new Request().of(before))
                .ask("b", new Request().of(before))
                .ask("c", new Request().of(before));
        desk.pump();
        assertThat(desk.done()).isEqualTo(sent("a", "b"));
        desk.ask("d", new Request().of(after)).pump();
        assertThat(desk.done()).isEqualTo(sent("c", "d"));
        // What was sent under the old ones ends under them.
        desk.answer("a").answer("b").ask("e", new Request().of(after)).pump();
        assertThat(desk.done()).isEqualTo(sent("e"));
        desk.answer("c").answer("d").answer("e").assertNothingLeft();
    }

    // Hostile clients.

    @Test
    void namesThatClientsInventAreForgotten() {
        Desk desk = Desk.known(ONE);
        int most = Math.max(RequestDispatcher.MOST_LANES, RequestDispatcher.MOST_TENANTS);
        for (int i = 0; i < 3 * most; i++) {
            desk.ask("r", new Request().of("tenant " + i).family("model " + i))
                    .pump()
                    .leave("r");
        }
        assertThat(desk.dispatcher.lanes()).hasSizeLessThanOrEqualTo(RequestDispatcher.MOST_LANES);
        assertThat(desk.dispatcher.tenants()).hasSizeLessThanOrEqualTo(RequestDispatcher.MOST_TENANTS);
        desk.assertNothingLeft();
    }

    @Test
    void aTenantsLimitIsNotToBeHadAnewByInventingOthers() {
        Desk desk = Desk.known(ONE);
        Tenant limited = tenant("limited", OptionalInt.empty(), rpm(1));
        desk.ask("l0", new Request().of(limited)).pump().answer("l0");
        for (int i = 0; i < 3 * RequestDispatcher.MOST_TENANTS; i++) {
            desk.ask("r", new Request().of("tenant " + i)).pump().leave("r");
        }
        desk.done();
        desk.ask("l1", new Request().of(limited)).pump();
        assertThat(desk.done()).isEmpty();
    }

    @Test
    void thousandsOfLanesThatWaitAreNotAskedEachTime() {
        Desk desk = new Desk(new QueueBounds(20_000, 1 << 30), Upstreams.capped(ONE, 1));
        for (int i = 0; i < 5_000; i++) {
            desk.ask("runs " + i, new Request().family("model " + i))
                    .ask("waits " + i, new Request().family("model " + i));
        }
        desk.pump().done();
        for (int i = 0; i < 5_000; i++) {
            desk.answer("runs " + i);
            assertThat(desk.done()).hasSize(1);
        }
    }
}
