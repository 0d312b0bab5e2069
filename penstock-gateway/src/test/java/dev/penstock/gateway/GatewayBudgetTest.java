package dev.penstock.gateway;

import static dev.penstock.gateway.RunningGateway.chat;
import static dev.penstock.gateway.RunningGateway.chatStream;
import static dev.penstock.gateway.RunningGateway.keyed;
import static dev.penstock.gateway.RunningGateway.until;
import static dev.penstock.gateway.Tenants.keyOf;
import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.gateway.config.Budget;
import dev.penstock.gateway.config.QueueSettings;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a tenant may spend: never more, and no request is refused that only has to wait for others to tell their cost. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class GatewayBudgetTest {
    /** Enough for one request of 800 tokens at a time. */
    private static final long BUDGET = 1_000;

    private static final int MOST = 800;

    private final HeldAnswers script = new HeldAnswers();
    private final ScriptedUpstream upstream = ScriptedUpstream.answering(script);

    @AfterEach
    void stop() {
        upstream.close();
    }

    private RunningGateway spending(ScriptedUpstream upstream, QueueSettings queue, Budget.Period period) {
        return RunningGateway.of(RunningGateway.config(
                queue,
                Tenants.ring(Tenants.spending("web", BUDGET, period), Tenants.limited("free")),
                keyed("main", upstream.baseUri(), "sk-upstream")));
    }

    private RunningGateway spending() {
        return spending(upstream, QueueSettings.DEFAULT, Budget.Period.FOREVER);
    }

    private CompletableFuture<HttpResponse<String>> held(RunningGateway running) {
        CompletableFuture<HttpResponse<String>> first = running.askSoon(chat("hold", MOST), keyOf("web"));
        script.untilHeld(1);
        return first;
    }

    @Test
    void aRequestWaitsForWhatIsSetAsideForOthersThatRun() throws InterruptedException {
        try (RunningGateway running = spending()) {
            CompletableFuture<HttpResponse<String>> first = held(running);
            List<CompletableFuture<HttpResponse<String>>> others = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                others.add(running.askSoon(chat("Number " + i, MOST), keyOf("web")));
            }
            running.untilWaiting(5);
            assertThat(running.ask(chat("Other", MOST), keyOf("free")).statusCode())
                    .isEqualTo(200);
            assertThat(upstream.seen).hasSize(2);
            script.letGo();
            assertThat(first.join().statusCode()).isEqualTo(200);
            for (CompletableFuture<HttpResponse<String>> other : others) {
                assertThat(other.join().statusCode()).as(other.join().body()).isEqualTo(200);
            }
            running.untilIdle();
        }
    }

    @Test
    void aSmallOneDoesNotOvertakeALargeOneThatWaitsForTheBudget() {
        try (RunningGateway running = spending()) {
            CompletableFuture<HttpResponse<String>> first = held(running);
            CompletableFuture<HttpResponse<String>> large = running.askSoon(chat("Large", MOST), keyOf("web"));
            running.untilWaiting(1);
            CompletableFuture<HttpResponse<String>> small = running.askSoon(chat("Small", 10), keyOf("web"));
            running.untilWaiting(2);
            assertThat(upstream.seen).hasSize(1);
            script.letGo();
            assertThat(List.of(first, large, small))
                    .allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(200));
            assertThat(upstream.seen.get(1).body().toString()).contains("Large");
        }
    }

    @Test
    void oneThatStillWaitsForTheBudgetAtItsDeadlineIsRefusedAsSuch() {
        try (RunningGateway running = spending()) {
            CompletableFuture<HttpResponse<String>> first = held(running);
            HttpResponse<String> answer = running.askSoon(
                            chat("Second", MOST), keyOf("web", "x-request-deadline-ms", "300"))
                    .join();
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.body())
                    .contains("\"code\":\"budget_exceeded\"", "\"type\":\"insufficient_quota\"", "set aside");
            assertThat(answer.headers().firstValue("retry-after")).contains("1");
            script.letGo();
            assertThat(first.join().statusCode()).isEqualTo(200);
            assertThat(upstream.seen).hasSize(1);
            running.untilIdle();
        }
    }

    @Test
    void oneThatHangsUpWhileItWaitsForTheBudgetLeavesNothing() {
        try (RunningGateway running = spending()) {
            CompletableFuture<HttpResponse<String>> first = held(running);
            CompletableFuture<HttpResponse<String>> second = running.askSoon(chat("Second", MOST), keyOf("web"));
            running.untilWaiting(1);
            CompletableFuture<HttpResponse<String>> third = running.askSoon(chat("Third", MOST), keyOf("web"));
            running.untilWaiting(2);
            assertThat(second.cancel(true)).isTrue();
            running.untilWaiting(1);
            script.letGo();
            assertThat(first.join().statusCode()).isEqualTo(200);
            assertThat(third.join().statusCode()).isEqualTo(200);
            running.untilIdle();
            until("all have ended", () -> running.ended.size() == 3);
            assertThat(running.outcomes())
                    .containsExactlyInAnyOrder(Outcome.CANCELLED_BY_CLIENT, Outcome.ANSWERED, Outcome.ANSWERED);
        }
    }

    @Test
    void thoseThatWaitForTheBudgetCountInTheQueue() throws InterruptedException {
        try (RunningGateway running =
                spending(upstream, RunningGateway.holding(QueueSettings.DEFAULT, 2, 1 << 20), Budget.Period.FOREVER)) {
            assertThat(held(running)).isNotDone();
            for (int i = 1; i <= 2; i++) {
                CompletableFuture<HttpResponse<String>> waits = running.askSoon(chat("Wait", MOST), keyOf("web"));
                running.untilWaiting(i);
                assertThat(waits).isNotDone();
            }
            HttpResponse<String> answer = running.ask(chat("One too many", MOST), keyOf("web"));
            assertThat(answer.body()).contains("\"code\":\"queue_full\"");
        }
    }

    @Test
    void aBudgetThatIsSpentIsToldAtOnceAndNotToBeRetried() throws InterruptedException {
        try (ScriptedUpstream dear = ScriptedUpstream.answering((seen, response) ->
                        ScriptedUpstream.json(response, 200, ScriptedUpstream.chatAnswer(200, 700)));
                RunningGateway running = spending(dear, QueueSettings.DEFAULT, Budget.Period.FOREVER)) {
            assertThat(running.ask(chat("First", MOST), keyOf("web")).statusCode())
                    .isEqualTo(200);
            HttpResponse<String> answer = running.ask(chat("Second", MOST), keyOf("web"));
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.body())
                    .contains("\"code\":\"budget_exceeded\"", "\"type\":\"insufficient_quota\"", "100");
            assertThat(answer.headers().firstValue("x-should-retry")).contains("false");
            assertThat(answer.headers().firstValue("retry-after")).isEmpty();
            assertThat(running.ask(chat("Free", MOST), keyOf("free")).statusCode())
                    .isEqualTo(200);
            running.untilEnded(Outcome.ANSWERED, Outcome.REFUSED_BUDGET, Outcome.ANSWERED);
        }
    }

    @Test
    void aBudgetThatBeginsAnewSaysWhen() throws InterruptedException {
        try (ScriptedUpstream dear = ScriptedUpstream.answering((seen, response) ->
                        ScriptedUpstream.json(response, 200, ScriptedUpstream.chatAnswer(200, 700)));
                RunningGateway running = spending(dear, QueueSettings.DEFAULT, Budget.Period.MONTH)) {
            assertThat(running.ask(chat("First", MOST), keyOf("web")).statusCode())
                    .isEqualTo(200);
            HttpResponse<String> answer = running.ask(chat("Second", MOST), keyOf("web"));
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.headers().firstValueAsLong("retry-after").orElseThrow())
                    .isBetween(1L, Duration.ofDays(31).toSeconds());
        }
    }

    @Test
    void aStreamWithoutUsageCountsAtWhatWasSetAside() throws InterruptedException {
        try (RunningGateway running = spending()) {
            String stream = chatStream("Hello").replace("\"stream\":true", "\"stream\":true,\"max_tokens\":800");
            assertThat(running.ask(stream, keyOf("web")).statusCode()).isEqualTo(200);
            assertThat(running.ask(chat("Second", MOST), keyOf("web")).body()).contains("budget_exceeded");
            assertThat(running.ask(chat("Small", 10), keyOf("web")).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void oneThatSetsNoMaximumMayTakeAllThatItsModelCanPutOut() throws InterruptedException {
        try (RunningGateway running = spending()) {
            HttpResponse<String> answer = running.ask(RunningGateway.chat("Endless"), keyOf("web"));
            assertThat(answer.statusCode()).isEqualTo(429);
            assertThat(answer.body()).contains("budget_exceeded", "may take 16,4", "set a smaller maximum output");
            String unknown = RunningGateway.chat("Endless").replace("gpt-4o-mini", "home-made");
            assertThat(running.ask(unknown, keyOf("web")).body())
                    .contains("budget_exceeded", "nothing bounds how many this request takes; set a maximum output");
            assertThat(upstream.seen).isEmpty();
        }
    }

    @Test
    void anAttemptThatBrokeOffCountsAsMuchAsTheAnswer() throws InterruptedException {
        AtomicInteger calls = new AtomicInteger();
        try (ScriptedUpstream breaking = ScriptedUpstream.answering((seen, response) -> {
                    if (calls.getAndIncrement() == 0) {
                        response.reset();
                    } else {
                        ScriptedUpstream.json(response, 200, ScriptedUpstream.chatAnswer(100, 300));
                    }
                });
                RunningGateway running = spending(breaking, QueueSettings.DEFAULT, Budget.Period.FOREVER)) {
            assertThat(running.ask(chat("First", MOST), keyOf("web")).statusCode())
                    .isEqualTo(200);
            assertThat(calls.get()).isEqualTo(2);
            until("it has ended", () -> running.ended.size() == 1);
            HttpResponse<String> answer = running.ask(chat("Second", 400), keyOf("web"));
            assertThat(answer.body()).contains("budget_exceeded", "200 of 1,000 tokens");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 500, 503})
    void whatWasRefusedByTheUpstreamCostsNothing(int status) throws InterruptedException {
        try (ScriptedUpstream refusing = ScriptedUpstream.answering((seen, response) ->
                        ScriptedUpstream.json(response, status, "{\"error\":{\"message\":\"No\"}}"));
                RunningGateway running = spending(refusing, QueueSettings.DEFAULT, Budget.Period.FOREVER)) {
            for (int i = 0; i < 3; i++) {
                // With what it has tried before, it is tried once.
                assertThat(running.ask(chat("Bad", MOST), keyOf("web", "x-stainless-retry-count", "9"))
                                .statusCode())
                        .isEqualTo(status);
            }
            until("all have ended", () -> running.ended.size() == 3);
        }
    }
}
