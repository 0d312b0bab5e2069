package dev.penstock.pacing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.penstock.quota.BlockedBy;
import dev.penstock.time.VirtualTime;
import dev.penstock.verdict.Verdict.Fault;
import dev.penstock.wire.HeaderLookup;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of a call after each attempt, in virtual time. */
@Timeout(30)
final class PacedCallTest {
    private static final HeaderLookup NONE = HeaderLookup.none();
    private static final byte[] CHAT = """
            {"model": "gpt-4o-mini", "max_completion_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}""".getBytes(StandardCharsets.UTF_8);
    private static final HeaderLookup LIMITS = HeaderLookup.of(Map.of(
            "x-ratelimit-limit-requests", "60",
            "x-ratelimit-remaining-requests", "59",
            "x-ratelimit-reset-requests", "1s",
            "x-ratelimit-limit-tokens", "200000",
            "x-ratelimit-remaining-tokens", "199880",
            "x-ratelimit-reset-tokens", "36ms"));
    private static final byte[] NO_ROOM = """
            {"error": {"message": "Rate limit reached for gpt-4o-mini in organization org-x on requests per min (RPM): \
            Limit 60, Used 60, Requested 1. Please try again in 1s.", "type": "requests", "param": null, \
            "code": "rate_limit_exceeded"}}""".getBytes(StandardCharsets.UTF_8);

    private final VirtualTime time = new VirtualTime();
    private final Penstock penstock =
            Penstock.builder().time(time).executor(Runnable::run).build();

    private static PacedRequest chat() {
        return PacedRequest.read("POST", "/v1/chat/completions", "application/json", CHAT);
    }

    @Test
    void anAnswerTellsTheLimitsWithItsHeadAndEndsWithItsBody() throws InterruptedException {
        PacedCall call = penstock.paced(chat());
        assertThat(call.awaitTurn()).isTrue();

        call.accepted(LIMITS);
        assertThat(penstock.snapshot().running()).isEqualTo(1);
        assertThat(penstock.snapshot().lane("gpt-4o-mini").orElseThrow().quota().levels())
                .extracting(level -> level.limit().amount())
                .contains(60L, 200_000L);
        call.ended();
        call.close();

        assertThat(penstock.snapshot().running()).isZero();
        assertThat(call.sendings()).isEqualTo(1);
    }

    @Test
    void aRefusalByQuotaCostsNoAttemptAndIsSentAgainWhenThereIsRoom() throws InterruptedException {
        PacedCall call = penstock.paced(chat());
        for (int i = 0; i < 20; i++) {
            assertThat(call.awaitTurn()).isTrue();
            assertThat(call.refused(429, NONE, NO_ROOM)).isInstanceOf(Next.WaitForQuota.class);
        }
        assertThat(call.awaitTurn()).isTrue();
        call.ended();

        // A second each, as the provider said.
        assertThat(time.passed()).isGreaterThanOrEqualTo(Duration.ofSeconds(20));
        assertThat(call.sendings()).isEqualTo(21);
        assertThat(penstock.snapshot().waiting()).isZero();
    }

    @Test
    void aRefusalByQuotaThatOutlastsTheDeadlineIsDelivered() throws InterruptedException {
        PacedCall call = penstock.paced(chat().withPatience(Duration.ofMillis(500)));
        assertThat(call.awaitTurn()).isTrue();

        assertThat(call.refused(429, NONE, NO_ROOM)).isInstanceOf(Next.GiveUp.class);
    }

    @Test
    void aFaultBacksOffAndSixAttemptsAreAll() throws InterruptedException {
        PacedCall call = penstock.paced(chat());
        List<Next> next = new ArrayList<>();
        do {
            assertThat(call.awaitTurn()).isTrue();
            next.add(call.refused(500, NONE, new byte[0]));
        } while (!(next.getLast() instanceof Next.GiveUp) && next.size() < 100);

        assertThat(next).hasSize(6);
        assertThat(next.subList(0, 5)).allMatch(step -> step instanceof Next.BackOff);
        assertThat(next.getLast().why()).contains("attempt 6 of 6");
        assertThat(time.passed()).isGreaterThanOrEqualTo(Duration.ofSeconds(5));
        assertThat(penstock.snapshot().running()).isZero();
    }

    @Test
    void whatCannotSucceedIsDeliveredAtOnce() throws InterruptedException {
        byte[] noCredit = """
                {"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}}""".getBytes(StandardCharsets.UTF_8);
        PacedCall stopped = penstock.paced(chat());
        assertThat(stopped.awaitTurn()).isTrue();
        assertThat(stopped.refused(429, NONE, noCredit)).isInstanceOf(Next.GiveUp.class);

        PacedCall bad = penstock.paced(chat());
        assertThat(bad.awaitTurn()).isTrue();
        assertThat(bad.refused(400, NONE, new byte[0])).isInstanceOf(Next.GiveUp.class);
    }

    @Test
    void aBodyThatIsNotAtHandIsSentOnce() throws InterruptedException {
        PacedCall call = penstock.paced(PacedRequest.unread("POST"));
        assertThat(call.awaitTurn()).isTrue();

        assertThat(call.refused(429, NONE, NO_ROOM)).isInstanceOf(Next.GiveUp.class);
    }

    @Test
    void whatCreatesSomethingIsNotRepeatedUnlessItWasNeverSentOrHasAKey() throws InterruptedException {
        PacedRequest file = PacedRequest.read("POST", "/v1/batches", "application/json", new byte[] {'{', '}'});
        PacedCall call = penstock.paced(file);
        assertThat(call.awaitTurn()).isTrue();
        assertThat(call.broke(Fault.CONNECT_FAILED, "No connection.")).isInstanceOf(Next.BackOff.class);
        assertThat(call.awaitTurn()).isTrue();
        assertThat(call.broke(Fault.CONNECTION_LOST, "Lost.")).isInstanceOf(Next.GiveUp.class);

        PacedCall keyed = penstock.paced(file.withIdempotencyKey());
        assertThat(keyed.awaitTurn()).isTrue();
        assertThat(keyed.broke(Fault.CONNECTION_LOST, "Lost.")).isInstanceOf(Next.BackOff.class);
        keyed.close();
    }

    @Test
    void anEmptyRetryBudgetDelaysAndTheDeadlineEndsIt() throws InterruptedException {
        List<CompletableFuture<Boolean>> turns = new ArrayList<>();
        List<PacedCall> calls = new ArrayList<>();
        int delivered = 0;
        for (int i = 0; i < 40; i++) {
            PacedCall call = penstock.paced(chat().withPatience(Duration.ofSeconds(60)));
            if (call.awaitTurn() && call.broke(Fault.SERVER_ERROR, "Down.") instanceof Next.BackOff) {
                calls.add(call);
            } else {
                delivered++;
            }
        }
        // Not before all were sent: what comes back while others wait for their first turn would take their places.
        calls.forEach(call -> turns.add(call.turn()));
        int sentAgain = 0;
        for (int second = 0; second < 100; second++) {
            time.advance(Duration.ofSeconds(1));
            for (int i = 0; i < turns.size(); i++) {
                if (turns.get(i).isDone() && turns.get(i).join() && calls.get(i).sendings() == 2) {
                    sentAgain++;
                    calls.get(i).ended();
                    turns.set(i, CompletableFuture.completedFuture(false));
                }
            }
        }

        assertThat(delivered).isLessThan(40);
        // A fifth of the calls, and one a second beside that.
        assertThat(sentAgain).isLessThanOrEqualTo(8 + 70);
        assertThat(turns).allMatch(CompletableFuture::isDone);
        calls.forEach(PacedCall::close);
        assertThat(penstock.snapshot().running()).isZero();
        assertThat(penstock.snapshot().backingOff()).isZero();
    }

    @Test
    void aCallThatIsClosedWhileItWaitsLeavesItsQueue() throws InterruptedException {
        PacedCall first = penstock.paced(chat());
        assertThat(first.awaitTurn()).isTrue();
        first.refused(429, NONE, NO_ROOM);
        CompletableFuture<Boolean> turn = first.turn();
        assertThat(penstock.snapshot().waiting()).isEqualTo(1);

        first.close();

        assertThat(penstock.snapshot().waiting()).isZero();
        assertThat(turn).isCancelled();
    }

    @Test
    void aCallThatIsClosedWhileItRunsGivesItsPlaceBack() throws InterruptedException {
        PacedCall call = penstock.paced(chat());
        assertThat(call.awaitTurn()).isTrue();

        call.close();

        assertThat(penstock.snapshot().running()).isZero();
        // What its attempt says afterwards changes nothing.
        assertThat(call.refused(500, NONE, new byte[0])).isInstanceOf(Next.GiveUp.class);
        assertThat(penstock.snapshot().lanes().getFirst().quota().settledTwice())
                .isZero();
    }

    @Test
    void aCallThatBacksOffIsRefusedWhenThePenstockCloses() throws InterruptedException {
        PacedCall call = penstock.paced(chat());
        assertThat(call.awaitTurn()).isTrue();
        assertThat(call.broke(Fault.SERVER_ERROR, "Down.")).isInstanceOf(Next.BackOff.class);
        CompletableFuture<Boolean> turn = call.turn();

        penstock.close();

        assertThat(turn)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(ClosedException.class);
        assertThat(time.scheduled()).isZero();
    }

    @Test
    void aDeadlineThatCannotBeMetIsToldBeforeAnythingIsSent() throws InterruptedException {
        PacedCall first = penstock.paced(chat());
        assertThat(first.awaitTurn()).isTrue();
        first.refused(429, NONE, NO_ROOM);

        PacedCall hurried = penstock.paced(chat().withPatience(Duration.ofMillis(300)));
        assertThatThrownBy(hurried::awaitTurn)
                .isInstanceOfSatisfying(
                        TooLateException.class,
                        late -> assertThat(late.blocked().orElseThrow().by()).isInstanceOf(BlockedBy.ByLimit.class));
        assertThat(time.passed()).isZero();
    }

    @Test
    void theEndOfThePathSaysWhatACallIs() {
        assertThat(PacedRequest.read("post", "/v1/chat/completions?x=1", null, CHAT)
                        .facts())
                .isPresent();
        assertThat(PacedRequest.read("POST", "/openai/deployments/mine/chat/completions", null, CHAT)
                        .facts())
                .isPresent();
        assertThat(PacedRequest.read("GET", "/v1/chat/completions", null, CHAT).facts())
                .isEmpty();
        assertThat(PacedRequest.read("POST", "/v1/files", null, CHAT).facts()).isEmpty();
        assertThat(PacedRequest.read("POST", "/v1/chat/completions", null, new byte[] {'?'})
                        .facts())
                .isEmpty();
    }
}
