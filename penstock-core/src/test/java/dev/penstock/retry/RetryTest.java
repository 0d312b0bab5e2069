package dev.penstock.retry;

import static dev.penstock.retry.RetryScenario.io;
import static dev.penstock.retry.RetryScenario.seconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.penstock.retry.RetryReport.Ending;
import dev.penstock.time.CancelSignal;
import dev.penstock.time.Deadline;
import dev.penstock.time.VirtualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class RetryTest {
    private final VirtualTime time = new VirtualTime();
    private final AtomicInteger attempts = new AtomicInteger();
    private final List<String> events = new ArrayList<>();

    private Retry.Builder policy() {
        return RetryScenario.policy()
                .time(time)
                .wait(Wait.fixed(seconds(10)))
                .listener(event -> events.add(event.getClass().getSimpleName()));
    }

    private String fails() throws IOException {
        throw io("attempt " + attempts.incrementAndGet());
    }

    @AfterEach
    void nobodyIsLeftInterruptedAndNothingScheduled() {
        assertThat(Thread.interrupted()).isFalse();
        assertThat(time.scheduled()).isZero();
    }

    @Test
    void theDefaultsAreSixAttemptsWithFullJitter() {
        assertThat(Retry.defaults())
                .hasToString("name retry; stop anyOf(attempts(6), beforeElapsed(10m)); wait fullJitter(1s, 1m);"
                        + " when exception(java.lang.Exception)");
        Retry retry = Retry.builder().time(time).build();

        assertThatThrownBy(() -> retry.call(this::fails))
                .isInstanceOf(IOException.class)
                .hasMessage("attempt 6");
        assertThat(time.passed()).isBetween(seconds(5), seconds(62));
    }

    @Test
    void foreverNeedsAWait() {
        assertThatThrownBy(() -> Retry.forever(Wait.none())).hasMessageContaining("never stops and does not wait");
        assertThat(Retry.forever(Wait.fixed(seconds(1)))).asString().contains("stop never; wait fixed(1s)");
    }

    @Test
    void r6ADerivedPolicyKeepsNameMapperFallbackListenersAndStatistics() {
        Retry first = policy().stop(Stop.attempts(5))
                .onExhausted(report -> new IllegalStateException("mapped " + report.sent()))
                .build();
        Retry second = first.with(b -> b.stop(Stop.attempts(2)));

        assertThatThrownBy(() -> second.call(this::fails))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("mapped 2")
                .satisfies(thrown ->
                        assertThat(thrown.getSuppressed()).singleElement().isInstanceOf(IOException.class));
        assertThat(second.name()).isEqualTo("scenario");
        assertThat(events).contains("Started", "GaveUp");
        assertThat(first.statistics().attempts()).isEqualTo(2);

        var wrapped = first.wrap(this::fails, (report, last) -> report.name() + " " + report.sent());
        assertThat(catchThrowable(() -> assertThat(
                                wrapped.with(b -> b.stop(Stop.attempts(3))).call())
                        .isEqualTo("scenario 3")))
                .isNull();
    }

    @Test
    void aFallbackHidesNoDefect() throws Exception {
        Retry retry = policy().when(When.exception(IOException.class))
                .stop(Stop.attempts(2))
                .build();

        assertThat(retry.callOr(this::fails, (report, last) -> "fallback " + report.ending()))
                .isEqualTo("fallback ATTEMPTS_USED_UP");
        assertThatThrownBy(() -> retry.callOr(
                        () -> {
                            throw new IllegalStateException("a defect");
                        },
                        (report, last) -> "fallback"))
                .hasMessage("a defect");
    }

    @Test
    void theFallbackSeesTheLastValueAndOwnsIt() {
        List<Object> discarded = new ArrayList<>();
        Retry retry = policy().when(When.result(value -> true))
                .stop(Stop.attempts(3))
                .onDiscard(discarded::add)
                .build();

        String value = retry.callOr(
                () -> "value " + attempts.incrementAndGet(),
                (report, last) ->
                        last.orElseThrow() instanceof Outcome.Returned<String> returned ? returned.value() : "none");

        assertThat(value).isEqualTo("value 3");
        assertThat(discarded).containsExactly("value 1", "value 2");
    }

    @Test
    void r11CancelledDuringAWaitNoFurtherAttemptIsMade() {
        var cancel = new CancelSignal();
        Runnable undo = time.schedule(seconds(4), cancel::give);
        assertThat(undo).isNotNull();

        assertThatThrownBy(() -> policy().build().call(this::fails, cancel))
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("gave up after 1 attempt in 4 s")
                .satisfies(thrown ->
                        assertThat(thrown.getSuppressed()).singleElement().isInstanceOf(IOException.class));
        assertThat(attempts).hasValue(1);
        assertThat(events).containsExactly("Started", "AttemptFailed", "Waiting", "GaveUp");
    }

    @Test
    void r11CancelledDuringAnAsynchronousWaitTheTimerGoes() {
        Retry retry = policy().build();
        CompletableFuture<String> future =
                retry.callAsync(() -> CompletableFuture.failedFuture(io("attempt " + attempts.incrementAndGet())));
        assertThat(time.scheduled()).isEqualTo(1);

        assertThat(future.cancel(true)).isTrue();

        assertThat(time.scheduled()).isZero();
        time.advance(seconds(100));
        assertThat(attempts).hasValue(1);
        assertThat(events).last().isEqualTo("GaveUp");
        assertThat(retry.statistics().endings()).containsEntry(Ending.CANCELLED, 1L);
    }

    @Test
    void r11CancellingTheFutureCancelsTheStageUnderWay() {
        var stage = new CompletableFuture<String>();
        Retry retry = policy().build();
        CompletableFuture<String> future = retry.callAsync(() -> stage);

        assertThat(future.cancel(true)).isTrue();

        assertThat(stage).isCancelled();
        assertThat(time.scheduled()).isZero();
        assertThat(events).containsExactly("Started", "GaveUp");
        assertThat(retry.statistics().calls()).isEqualTo(1);
    }

    @Test
    void r11WithoutAWaitNoTimerIsTouched() {
        Retry retry = policy().wait(Wait.none()).stop(Stop.attempts(1_000)).build();
        List<Integer> timers = new ArrayList<>();

        CompletableFuture<String> future = retry.with(b -> b.budget(plenty())).callAsync(() -> {
            timers.add(time.scheduled());
            return CompletableFuture.failedFuture(io("attempt " + attempts.incrementAndGet()));
        });

        assertThat(future).isCompletedExceptionally();
        assertThat(attempts).hasValue(1_000);
        assertThat(timers).containsOnly(0);
        assertThat(time.passed()).isZero();
    }

    private RetryBudget plenty() {
        return new RetryBudget(new RetryBudget.Settings(1_000, 1_000, seconds(10)), time.nanos());
    }

    private static final class Closeable implements AutoCloseable {
        private int closed;

        @Override
        public void close() {
            closed++;
        }
    }

    @Test
    void r11ValuesThatAreNotUsedAreClosedOnceAndTheAcceptedOneIsNot() {
        List<Closeable> made = new ArrayList<>();
        Retry retry = policy().when(When.result(value -> made.size() < 3)).build();
        Closeable accepted = retry.call(() -> {
            made.add(new Closeable());
            return made.getLast();
        });

        assertThat(accepted).isSameAs(made.getLast());
        assertThat(made).extracting(value -> value.closed).containsExactly(1, 1, 0);

        made.clear();
        assertThatThrownBy(() -> retry.with(b -> b.stop(Stop.attempts(2))).call(() -> {
                    made.add(new Closeable());
                    return made.getLast();
                }))
                .isInstanceOf(RetryExhaustedException.class);
        assertThat(made).extracting(value -> value.closed).containsExactly(1, 1);
    }

    private Closeable made(List<Closeable> all) {
        all.add(new Closeable());
        return all.getLast();
    }

    @Test
    void r11NothingStaysOpenDuringAWait() {
        List<Closeable> made = new ArrayList<>();
        Retry retry = policy().when(When.result(value -> made.size() % 2 == 1)).build();
        List<Integer> closedInTheWait = new ArrayList<>();
        Runnable look = () -> closedInTheWait.add(made.getLast().closed);

        Runnable undo = time.schedule(seconds(5), look);
        assertThat(retry.call(() -> made(made))).isSameAs(made.getLast());

        Runnable undoToo = time.schedule(seconds(5), look);
        CompletableFuture<Closeable> future = retry.callAsync(() -> CompletableFuture.completedFuture(made(made)));
        time.runAll(10);

        assertThat(List.of(undo, undoToo)).isNotEmpty();
        assertThat(future.join()).isSameAs(made.getLast());
        assertThat(closedInTheWait).containsExactly(1, 1);
        assertThat(made).extracting(value -> value.closed).containsExactly(1, 0, 1, 0);
    }

    @Test
    void r11AValueWhoseConditionThrowsIsClosed() {
        List<Closeable> made = new ArrayList<>();
        Retry retry = policy().classify(outcome -> {
                    throw new IllegalStateException("a defect of the condition");
                })
                .build();
        RetryLoop loop = retry.loop();
        assertThat(loop.next().retryCount()).isZero();

        assertThatThrownBy(() -> retry.call(() -> made(made))).hasMessage("a defect of the condition");
        assertThat(retry.callAsync(() -> CompletableFuture.completedFuture(made(made))))
                .isCompletedExceptionally();
        assertThatThrownBy(() -> loop.accepts(made(made))).hasMessage("a defect of the condition");

        assertThat(made).extracting(value -> value.closed).containsExactly(1, 1, 1);
    }

    @Test
    void r11AFallbackAfterAWaitGetsNoClosedValue() {
        var gate = new SharedGate();
        Retry retry = policy().when(When.always())
                .stop(Stop.beforeElapsed(seconds(60)))
                .gate(gate)
                .build();
        Runnable undo = time.schedule(seconds(5), () -> gate.throttled(seconds(3_600), time.nanos()));
        assertThat(retry.<Object, RuntimeException>callOr(
                        Closeable::new, (report, last) -> report.ending() + " " + last))
                .isEqualTo("DEADLINE Optional.empty");

        time.advance(seconds(4_000));
        Runnable undoToo = time.schedule(seconds(5), () -> gate.throttled(seconds(3_600), time.nanos()));
        assertThat(retry.callOr(() -> "plain", (report, last) -> report.ending() + " " + last))
                .isEqualTo("DEADLINE Optional[Returned[value=plain]]");
        assertThat(List.of(undo, undoToo)).isNotEmpty();
    }

    @Test
    void r17AnAttemptThatAnInterruptForestalledIsNotCounted() {
        Retry retry = policy().wait(Wait.none()).build();

        Throwable thrown = catchThrowable(() -> retry.call(() -> {
            Thread.currentThread().interrupt();
            return fails();
        }));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(thrown).isInstanceOf(CancellationException.class).hasMessageContaining("gave up after 1 attempt in");

        RetryLoop loop = retry.loop();
        assertThat(loop.next().retryCount()).isZero();
        assertThat(catchThrowable(() -> loop.failed(io("attempt 2")))).isNull();
        Thread.currentThread().interrupt();
        assertThatThrownBy(loop::next).hasMessageContaining("gave up after 1 attempt in");
        assertThat(Thread.interrupted()).isTrue();

        assertThat(attempts).hasValue(1);
        assertThat(retry.statistics().attempts()).isEqualTo(2);
    }

    @Test
    void r17AnInterruptAtTheEndOfAWaitMakesNoAttempt() {
        Runnable undo = time.schedule(seconds(10), () -> Thread.currentThread().interrupt());
        assertThat(undo).isNotNull();

        Throwable thrown = catchThrowable(() -> policy().build().call(this::fails));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(thrown).hasMessageContaining("gave up after 1 attempt in 10 s");
        assertThat(events).doesNotContain("Retrying");
    }

    @Test
    void r14APushbackIsKeptAndTheSeriesBeginsAnew() {
        List<Duration> begun = new ArrayList<>();
        Retry retry = policy().wait(Wait.exponential(seconds(1), 2, seconds(60)))
                .classify(outcome -> switch (begun.size()) {
                    case 3 -> Judgement.tryAgain("busy", seconds(30));
                    case 4 -> Judgement.tryAgain("busy", Duration.ZERO);
                    case 6 -> Judgement.accept();
                    default -> Judgement.tryAgain("fault");
                })
                .build();

        retry.run(() -> begun.add(time.passed()));

        // 1, 2, 30 and half of 3, then 1 again for the hint of zero (longer than its spread), 2.
        assertThat(begun)
                .containsExactly(Duration.ZERO, seconds(1), seconds(3), seconds(34.5), seconds(35.5), seconds(37.5));
    }

    @Test
    void r14ANegativePushbackStops() {
        Retry retry = policy().classify(outcome -> Judgement.tryAgain("busy", seconds(-1)))
                .build();

        assertThatThrownBy(() -> retry.call(this::fails)).hasMessage("attempt 1");
        assertThat(retry.statistics().endings()).containsEntry(Ending.STOPPED, 1L);
    }

    @Test
    void r14WhatWasNotSentIsNotCountedAndStillBounded() {
        Retry retry = policy().stop(Stop.attempts(2))
                .classify(outcome ->
                        attempts.get() <= 5 ? Judgement.notSent("not connected") : Judgement.tryAgain("fault"))
                .build();
        assertThatThrownBy(() -> retry.call(this::fails)).hasMessage("attempt 7");

        attempts.set(0);
        Retry neverSent = retry.with(b -> b.classify(outcome -> Judgement.notSent("not connected")));
        assertThatThrownBy(() -> neverSent.call(this::fails)).isInstanceOf(IOException.class);
        assertThat(neverSent.statistics().endings()).containsEntry(Ending.DEADLINE, 1L);
        assertThat(time.passed()).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(11));
    }

    @Test
    void r14AfterACommitNothingIsTriedAgain() {
        Retry retry = policy().build();

        assertThatThrownBy(() -> retry.call((Attempt attempt) -> {
                    attempt.commit();
                    return fails();
                }))
                .hasMessage("attempt 1")
                .satisfies(thrown -> assertThat(((RetryExhaustedException) thrown.getSuppressed()[0])
                                .report()
                                .explanation())
                        .contains("after a part of the answer was passed on"));
    }

    @Test
    void r14WhatCannotBeTriedAgainIsNot() {
        Retry retry =
                policy().classify(outcome -> Judgement.abort("bad request")).build();

        assertThatThrownBy(() -> retry.call(this::fails)).hasMessage("attempt 1");
        assertThatThrownBy(() -> retry.call(() -> "value")).isInstanceOf(RetryExhaustedException.class);
    }

    @Test
    void r14OneDeadlineSpansNestedCalls() {
        Deadline deadline = Deadline.after(seconds(25), time);
        Retry inner = policy().stop(Stop.at(deadline)).build();
        Retry outer = inner.with(b -> b.name("outer"));

        assertThatThrownBy(() -> outer.call(() -> inner.call(this::fails))).hasMessage("attempt 3");
        assertThat(time.passed()).isEqualTo(seconds(20));
    }

    @Test
    void r15EachAttemptKnowsHowManyWereBeforeAndWhatTimeIsLeft() {
        List<String> seen = new ArrayList<>();
        policy().stop(Stop.beforeElapsed(seconds(60)))
                .when(When.result(value -> seen.size() < 3))
                .build()
                .call((Attempt attempt) ->
                        seen.add(attempt.retryCount() + " " + attempt.left().orElseThrow()));

        assertThat(seen).containsExactly("0 PT1M", "1 PT50S", "2 PT40S");
    }

    @Test
    void r16AnEmptyBudgetPutsRetriesOffAndItsRefusalNamesCostAndBalance() {
        var none = new RetryBudget(new RetryBudget.Settings(0, 0.1, seconds(10)), time.nanos());
        Retry retry =
                policy().wait(Wait.none()).budget(none).stop(Stop.attempts(3)).build();
        assertThatThrownBy(() -> retry.call(this::fails)).hasMessage("attempt 3");
        assertThat(time.passed()).as("one retry in 10 s").isBetween(seconds(10), seconds(12));
        assertThat(retry.statistics().budgetRefusals()).isPositive();

        Retry hurried = retry.with(b -> b.stop(Stop.beforeElapsed(seconds(5))));
        assertThatThrownBy(() -> hurried.call(this::fails))
                .satisfies(thrown ->
                        assertThat(thrown.getSuppressed()[0]).hasMessageContaining("a retry costs 1 and 0 are left"));
    }

    @Test
    void r17AnInterruptDuringAWaitEndsTheCallAndStays() {
        Runnable undo = time.schedule(seconds(1), () -> Thread.currentThread().interrupt());
        assertThat(undo).isNotNull();

        Throwable thrown = catchThrowable(() -> policy().build().call(this::fails));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(thrown).isInstanceOf(CancellationException.class);
        assertThat(attempts).hasValue(1);
    }

    @Test
    void r17AnInterruptedBodyIsNotTriedAgainAndTheFlagIsRestored() {
        Throwable thrown = catchThrowable(() -> policy().build().call(() -> {
            attempts.incrementAndGet();
            throw new InterruptedException("in the body");
        }));

        assertThat(Thread.interrupted()).isTrue();
        assertThat(thrown).isInstanceOf(InterruptedException.class);
        assertThat(attempts).hasValue(1);
    }

    @Test
    void r17AnErrorPassesThroughUntouched() {
        var error = new StackOverflowError();

        Throwable thrown = catchThrowable(() -> policy().build().run(() -> {
            throw error;
        }));
        CompletableFuture<String> future = policy().build().callAsync(() -> CompletableFuture.failedFuture(error));

        assertThat(thrown).isSameAs(error);
        assertThat(error.getSuppressed()).isEmpty();
        assertThat(future.handle((value, failure) -> failure).join()).isSameAs(error);
    }

    @Test
    void rulesCountTheirOwnFailures() {
        Retry retry = policy().wait(Wait.fixed(seconds(1)))
                .stop(Stop.attempts(10))
                .rule(When.exception(TimeoutException.class), Wait.fixed(seconds(5)), Stop.attempts(2))
                .build();
        List<Duration> begun = new ArrayList<>();

        assertThatThrownBy(() -> retry.call(() -> {
                    begun.add(time.passed());
                    throw begun.size() % 2 == 0 ? new TimeoutException() : io("fault");
                }))
                .isInstanceOf(TimeoutException.class);
        assertThat(begun).containsExactly(Duration.ZERO, seconds(1), seconds(6), seconds(7));
    }

    @Test
    void aListOfWaitsEndsTheCall() {
        Retry retry = policy().stop(Stop.attempts(100))
                .wait(Wait.list(seconds(1), seconds(5)))
                .build();

        assertThatThrownBy(() -> retry.call(this::fails)).hasMessage("attempt 3");
        assertThat(time.passed()).isEqualTo(seconds(6));
    }

    @Test
    void aConditionThatThrowsIsNotTakenForANo() {
        Retry retry = policy().when(When.result(value -> {
                    throw new IllegalStateException("a defect of the condition");
                }))
                .build();

        assertThatThrownBy(() -> retry.call(() -> "value")).hasMessage("a defect of the condition");
        assertThat(retry.callAsync(() -> CompletableFuture.completedFuture("value"))
                        .handle((value, failure) -> failure.getMessage())
                        .join())
                .isEqualTo("a defect of the condition");
    }

    @Test
    void statisticsAddUp() throws Exception {
        Retry retry = policy().stop(Stop.attempts(2)).build();
        retry.run(() -> {});
        assertThat(retry.call(() -> attempts.incrementAndGet() == 1 ? fails() : "second"))
                .isEqualTo("second");
        assertThatThrownBy(() -> retry.call(this::fails)).isInstanceOf(IOException.class);

        RetryStatistics statistics = retry.statistics();
        assertThat(statistics.calls()).isEqualTo(3);
        assertThat(statistics.succeededAtFirst()).isEqualTo(1);
        assertThat(statistics.succeededAfterRetry()).isEqualTo(1);
        assertThat(statistics.endings())
                .containsEntry(Ending.ATTEMPTS_USED_UP, 1L)
                .hasSize(Ending.values().length);
        assertThat(statistics.attempts()).isEqualTo(5);
        assertThat(statistics.waited()).isEqualTo(seconds(20));
    }

    @Test
    void oneThrottleHoldsBackOtherCallsAndTheyComeByAndBy() {
        Retry retry = policy().throttledWhen(When.exception(TimeoutException.class))
                .hint(outcome -> Optional.of(seconds(30)))
                .build();
        List<Duration> begun = new ArrayList<>();
        CompletableFuture<String> refused = retry.callAsync(
                () -> begun.isEmpty() ? firstRefusal(begun) : CompletableFuture.completedFuture("again"));
        for (int i = 0; i < 6; i++) {
            CompletableFuture<String> other = retry.callAsync(() -> {
                begun.add(time.passed());
                return CompletableFuture.completedFuture("other");
            });
            assertThat(other).isNotDone();
        }
        time.runAll(100);

        assertThat(refused.join()).isEqualTo("again");
        assertThat(begun)
                .containsExactly(
                        Duration.ZERO, seconds(30), seconds(31), seconds(31), seconds(32), seconds(32), seconds(32));
    }

    private CompletableFuture<String> firstRefusal(List<Duration> begun) {
        begun.add(time.passed());
        return CompletableFuture.failedFuture(new TimeoutException());
    }

    @Test
    void theLoopRefusesToGoOnWithoutAResult() {
        var loop = policy().build().loop();
        Attempt first = loop.next();

        assertThat(first.retryCount()).isZero();
        assertThatThrownBy(loop::next).isInstanceOf(IllegalStateException.class).hasMessageContaining("accepts(value)");
        assertThat(loop.report()).isEmpty();
        assertThat(loop.accepts("value")).isTrue();
        assertThat(loop.report().orElseThrow().ending()).isEqualTo(Ending.SUCCEEDED);
    }

    @Test
    void r11WhatIsCancelledBeforeItBeginsMakesNoAttempt() {
        var cancel = new CancelSignal();
        cancel.give();

        assertThatThrownBy(() -> policy().build().call(this::fails, cancel))
                .isInstanceOf(CancellationException.class)
                .hasMessageContaining("gave up after 0 attempts in 0 s");
        assertThat(attempts).hasValue(0);
    }

    @Test
    void r18AHintOfDaysEndsACallThatHasOnlyForgottenTheTime() {
        Retry retry = policy().stop(Stop.attempts(6))
                .hint(outcome -> Optional.of(Duration.ofDays(3)))
                .build();

        assertThatThrownBy(() -> retry.call(this::fails))
                .satisfies(thrown -> assertThat(thrown.getSuppressed()[0])
                        .hasMessageContaining("the server asks to wait 259200 s, and without a limit in time the policy"
                                + " waits no longer than 600 s"));
        assertThat(time.passed()).isZero();

        attempts.set(0);
        Retry forever = retry.with(b -> b.stop(Stop.never()).when(When.result(value -> attempts.get() < 2)));
        assertThat(forever.call(attempts::incrementAndGet)).isEqualTo(2);
        assertThat(time.passed()).isGreaterThanOrEqualTo(Duration.ofDays(3));
    }

    @Test
    void aMachineThatIsDrivenWronglySaysSo() {
        RetryMachine machine = policy().build().machine();
        var step = machine.start(time.nanos());

        assertThat(step).isInstanceOf(RetryMachine.Step.Try.class);
        assertThatThrownBy(() -> machine.resumed(time.nanos(), new RetryScenario.HalfRandom()))
                .hasMessageContaining("does not wait");
        assertThat(machine.settled(new Outcome.Failed<>(io("x")), time.nanos(), new RetryScenario.HalfRandom()))
                .isEqualTo(new RetryMachine.Step.Pause(seconds(10)));
        assertThat(machine.resumed(time.nanos() + seconds(4).toNanos(), new RetryScenario.HalfRandom()))
                .as("woken too early")
                .isEqualTo(new RetryMachine.Step.Pause(seconds(6)));
        assertThatThrownBy(() ->
                        machine.settled(new Outcome.Failed<>(io("x")), time.nanos(), new RetryScenario.HalfRandom()))
                .hasMessageContaining("no attempt is under way");
    }

    @Test
    void withoutALimitInTimeACallDoesNotWaitADayAtAGateThatAnotherClosed() {
        var gate = new SharedGate();
        gate.throttled(Duration.ofDays(1), time.nanos());

        assertThatThrownBy(
                        () -> policy().stop(Stop.attempts(3)).gate(gate).build().call(this::fails))
                .hasMessageContaining("the quota is used up for 86400 s, and without a limit in time");
        assertThat(attempts).hasValue(0);
        assertThat(time.passed()).isZero();
    }

    @Test
    void r18AHintBeyondAnElapsedLimitIsNotSleptOutEither() {
        Retry retry = policy().stop(Stop.afterElapsed(seconds(30)))
                .hint(outcome -> Optional.of(Duration.ofDays(1)))
                .build();

        for (When throttle : List.of(When.never(), When.exception(IOException.class))) {
            assertThatThrownBy(() -> retry.with(b -> b.throttledWhen(throttle).gate(new SharedGate()))
                            .call(this::fails))
                    .isInstanceOf(IOException.class);
            assertThat(time.passed()).isZero();
        }
        assertThat(retry.statistics().endings()).containsEntry(Ending.DEADLINE, 2L);
    }

    @Test
    void r6ADisabledPolicyPassesAClosedGate() {
        var gate = new SharedGate();
        gate.throttled(seconds(3_600), time.nanos());

        String value = policy().gate(gate).enabled(false).build().call(() -> "answer");

        assertThat(value).isEqualTo("answer");
        assertThat(time.passed()).isZero();
    }

    @Test
    void r11AFutureThatIsCompletedFromOutsideIsNotTriedAgain() {
        CompletableFuture<String> future = policy().build()
                .callAsync(() -> CompletableFuture.failedFuture(io("attempt " + attempts.incrementAndGet())));

        assertThat(future.complete("from elsewhere")).isTrue();

        assertThat(time.scheduled()).isZero();
        time.advance(seconds(100));
        assertThat(attempts).hasValue(1);
    }

    @Test
    void aRulesStopHoldsWhileTheBudgetIsEmpty() {
        var empty = new RetryBudget(new RetryBudget.Settings(0, 0, seconds(10)), time.nanos());
        Retry retry = policy().rule(When.exception(IOException.class), Wait.none(), Stop.beforeElapsed(seconds(5)))
                .budget(empty)
                .build();

        assertThatThrownBy(() -> retry.call(this::fails)).isInstanceOf(IOException.class);

        assertThat(time.passed()).isZero();
        assertThat(retry.statistics().endings()).containsEntry(Ending.BUDGET, 1L);
    }

    @Test
    void aConditionToStopIsAskedOnceAfterEachFault() {
        var asked = new AtomicInteger();
        Retry retry =
                policy().stop(Stop.when(() -> asked.incrementAndGet() >= 3)).build();

        assertThatThrownBy(() -> retry.call(this::fails)).hasMessage("attempt 3");
    }

    @Test
    void aLoopThatHasSucceededHasNoNextAttempt() {
        RetryLoop loop = policy().build().loop();
        assertThat(loop.next().retryCount()).isZero();
        assertThat(loop.accepts("answer")).isTrue();

        assertThatThrownBy(loop::next).isInstanceOf(IllegalStateException.class);
    }
}
