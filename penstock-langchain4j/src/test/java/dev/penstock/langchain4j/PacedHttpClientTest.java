package dev.penstock.langchain4j;

import static dev.penstock.langchain4j.TwinAndPenstock.atOnce;
import static dev.penstock.langchain4j.TwinAndPenstock.faulty;
import static dev.penstock.langchain4j.TwinAndPenstock.generous;
import static dev.penstock.langchain4j.TwinAndPenstock.perSecond;
import static dev.penstock.langchain4j.TwinAndPenstock.question;
import static dev.penstock.langchain4j.TwinAndPenstock.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.NonRetriableException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.jdk.JdkHttpClient;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.penstock.emulator.Fault;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.pacing.Ask;
import dev.penstock.pacing.PacingListener;
import dev.penstock.pacing.Penstock;
import dev.penstock.pacing.RefusedException;
import dev.penstock.pacing.TooLargeException;
import dev.penstock.pacing.TooLateException;
import dev.penstock.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** LangChain4j's OpenAI models as they come, over a paced HTTP client, against the twin. */
@Timeout(60)
final class PacedHttpClientTest {
    private static ChatModel chat(TwinAndPenstock twin) {
        return PenstockOpenAiModels.pace(twin.chat(), twin.penstock).build();
    }

    private static StreamingChatModel streaming(TwinAndPenstock twin) {
        return PenstockOpenAiModels.pace(twin.streaming(), twin.penstock).build();
    }

    @Test
    void threeTimesTheQuotaIsAnsweredWithoutAnExceptionOrARefusalOnceTheLimitIsKnown() {
        try (TwinAndPenstock twin = new TwinAndPenstock(perSecond(20))) {
            ChatModel model = chat(twin);
            // The first second is for finding out how deep the limit is; nobody but Penstock sees that.
            List<String> ids =
                    new ArrayList<>(atOnce(0, 30, i -> model.chat(question(i)).id()));
            long refusedAtFirst = twin.emulator.ledger().refusedTotal();

            ids.addAll(atOnce(30, 60, i -> model.chat(question(i)).id()));

            assertThat(ids).doesNotHaveDuplicates().hasSize(90);
            assertThat(twin.emulator.ledger().answered()).isEqualTo(90);
            assertThat(twin.emulator.ledger().refusedTotal() - refusedAtFirst).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void streamsAtThreeTimesTheQuotaAreAnsweredWithoutAnErrorAndWithoutThreadsThatWait() {
        try (TwinAndPenstock twin = new TwinAndPenstock(perSecond(20))) {
            StreamingChatModel model = streaming(twin);
            List<Heard> first = heard(model, 0, 30);
            first.forEach(Heard::answer);
            long refusedAtFirst = twin.emulator.ledger().refusedTotal();

            List<Heard> all = heard(model, 30, 60);
            all.forEach(Heard::answer);

            assertThat(all).allMatch(one -> one.ends() == 1 && !one.text().isBlank());
            assertThat(twin.emulator.ledger().answered()).isEqualTo(90);
            assertThat(twin.emulator.ledger().refusedTotal() - refusedAtFirst).isLessThanOrEqualTo(1);
        }
    }

    private static List<Heard> heard(StreamingChatModel model, int from, int count) {
        List<Heard> all = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            ChatRequest question = question(i);
            all.add(Heard.of(handler -> model.chat(question, handler)));
        }
        return all;
    }

    @Test
    void embeddingsAreAnsweredTooAndHaveTheLimitsOfTheirOwnFamily() {
        try (TwinAndPenstock twin = new TwinAndPenstock(perSecond(20))) {
            EmbeddingModel model =
                    PenstockOpenAiModels.pace(twin.embeddings(), twin.penstock).build();

            List<Integer> sizes = atOnce(
                    0,
                    30,
                    i -> model.embedAll(List.of(TextSegment.from("one " + i), TextSegment.from("two")))
                            .content()
                            .size());

            assertThat(sizes).hasSize(30).containsOnly(2);
            assertThat(twin.penstock.snapshot().lane("text-embedding-3-small")).isPresent();
        }
    }

    @Test
    void aStreamArrivesWhileItIsProducedAndHoldsItsPlaceUntilItsEnd() {
        TwinSettings.Builder slow = TwinSettings.builder().latency(Latency.parse("tokens:20ms,300/s"));
        try (TwinAndPenstock twin = new TwinAndPenstock(slow)) {
            StreamingChatModel model = streaming(twin);

            Heard heard = Heard.of(handler -> model.chat("Tell me a story.", handler));
            assertThat(heard.first.join()).isNotNull();
            // The provider has not finished when the caller has its first part.
            assertThat(twin.emulator.ledger().answered()).isZero();
            assertThat(twin.penstock.snapshot().running()).isEqualTo(1);

            assertThat(heard.answer().aiMessage().text())
                    .isEqualTo(heard.text())
                    .isNotBlank();
            until(() -> twin.penstock.snapshot().running() == 0);
        }
    }

    @Test
    void aStreamThatIsCancelledGivesItsPlaceBackAndHangsUp() {
        TwinSettings.Builder slow = TwinSettings.builder().latency(Latency.parse("tokens:20ms,50/s"));
        try (TwinAndPenstock twin = new TwinAndPenstock(slow)) {
            StreamingChatModel model = streaming(twin);
            Heard heard = Heard.of(handler -> model.chat("Tell me a story.", handler));

            heard.first.join().streamingHandle().cancel();

            assertThat(twin.penstock.snapshot().running()).isZero();
            until(() -> twin.emulator.ledger().inFlight() == 0);
            assertThat(twin.emulator.ledger().answered()).isZero();
        }
    }

    @Test
    void aRefusalAsTheFirstEventOfAStreamIsNotSeen() {
        try (TwinAndPenstock twin = new TwinAndPenstock(faulty("stream429-first=50%"))) {
            StreamingChatModel model = streaming(twin);

            for (Heard heard : heard(model, 0, 10)) {
                assertThat(heard.answer().aiMessage().text()).isNotBlank();
            }

            assertThat(twin.emulator.ledger().faults(Fault.STREAM_429_FIRST)).isPositive();
        }
    }

    @Test
    void faultsAreRepeatedAndNotSeen() {
        try (TwinAndPenstock twin = new TwinAndPenstock(faulty("500=5%,reset=5%,reset-body=5%,503=2%,429=3%"))) {
            ChatModel model = chat(twin);

            Set<String> ids =
                    new HashSet<>(atOnce(0, 100, i -> model.chat(question(i)).id()));

            assertThat(ids).hasSize(100);
            assertThat(twin.emulator.ledger().faults(Fault.SERVER_ERROR)).isPositive();
            assertThat(twin.emulator.ledger().faults(Fault.RESET_IN_BODY)).isPositive();
        }
    }

    @Test
    void faultsBeforeTheFirstEventOfAStreamAreRepeatedAndNotSeen() {
        try (TwinAndPenstock twin = new TwinAndPenstock(faulty("500=10%,reset=10%,503=5%"))) {
            StreamingChatModel model = streaming(twin);

            List<Heard> all = heard(model, 0, 40);

            all.forEach(heard -> assertThat(heard.answer().aiMessage().text()).isNotBlank());
            assertThat(all).allMatch(one -> one.ends() == 1);
            assertThat(twin.emulator.ledger().faults(Fault.RESET_BEFORE)).isPositive();
        }
    }

    @Test
    void whatStaysBrokenFailsWithLangChain4jsOwnExceptionAfterItsAttemptsAndNoMore() {
        try (TwinAndPenstock twin = new TwinAndPenstock(faulty("500=100%"))) {
            ChatModel model = chat(twin);

            assertThatThrownBy(() -> model.chat(question(1))).isInstanceOf(InternalServerException.class);

            assertThat(twin.emulator.ledger().admitted()).isEqualTo(6);
        }
    }

    @Test
    void retriesOfLangChain4jThatAreLeftOnMultiplyPenstocks() {
        try (TwinAndPenstock twin = new TwinAndPenstock(faulty("500=100%"));
                Penstock once = Penstock.builder()
                        .retry(RetryPolicy.DEFAULT.withMaxAttempts(1))
                        .build()) {
            ChatModel model = twin.chat()
                    .httpClientBuilder(PenstockLangChain4j.httpClientBuilder(once))
                    .build();

            assertThatThrownBy(() -> model.chat(question(1))).isInstanceOf(InternalServerException.class);

            // Why the page says maxRetries(0): no exception can stop them and still be of the kind that callers expect.
            assertThat(twin.emulator.ledger().admitted()).isEqualTo(3);
        }
    }

    @Test
    void aStreamThatStaysBrokenFailsOnceWithLangChain4jsOwnException() {
        try (TwinAndPenstock twin = new TwinAndPenstock(faulty("500=100%"))) {
            StreamingChatModel model = streaming(twin);

            Heard heard = Heard.of(handler -> model.chat(question(1), handler));

            assertThatThrownBy(heard::answer).hasCauseInstanceOf(InternalServerException.class);
            assertThat(heard.ends()).isEqualTo(1);
            assertThat(twin.emulator.ledger().admitted()).isEqualTo(6);
        }
    }

    @Test
    void aRequestThatIsWrongFailsAtOnceWithLangChain4jsOwnException() {
        try (TwinAndPenstock twin = new TwinAndPenstock(generous())) {
            EmbeddingModel model = PenstockOpenAiModels.pace(twin.embeddings().dimensions(5_000), twin.penstock)
                    .build();

            assertThatThrownBy(() -> model.embed("text")).isInstanceOf(InvalidRequestException.class);

            assertThat(twin.emulator.ledger().arrived()).isEqualTo(1);
        }
    }

    @Test
    void aDeadlineThatCannotBeMetFailsBeforeAnythingIsSentAndIsNotRepeated() {
        Penstock.Builder capped = Penstock.builder().requestsPerMinute(1).patience(Duration.ofSeconds(5));
        try (TwinAndPenstock twin = new TwinAndPenstock(generous(), capped)) {
            // Not told to be without retries: this failure says by itself that they are in vain.
            ChatModel model = twin.chat()
                    .httpClientBuilder(PenstockLangChain4j.pace(JdkHttpClient.builder(), twin.penstock))
                    .build();
            model.chat(question(1));
            List<Throwable> refused = new ArrayList<>();
            twin.penstock.listen(new PacingListener() {
                @Override
                public void refused(Ask ask, RefusedException why) {
                    refused.add(why);
                }
            });

            assertThatThrownBy(() -> model.chat(question(2)))
                    .isInstanceOf(NonRetriableException.class)
                    .hasCauseInstanceOf(TooLateException.class);

            assertThat(refused).hasSize(1);
            assertThat(twin.emulator.ledger().arrived()).isEqualTo(1);
        }
    }

    @Test
    void aStreamLargerThanTheLimitFailsBeforeItIsSent() {
        Penstock.Builder capped = Penstock.builder().tokensPerMinute(1_000);
        try (TwinAndPenstock twin = new TwinAndPenstock(generous(), capped)) {
            StreamingChatModel model = streaming(twin);

            Heard heard = Heard.of(handler -> model.chat(question(1), handler));

            assertThatThrownBy(heard::answer)
                    .cause()
                    .isInstanceOf(NonRetriableException.class)
                    .hasCauseInstanceOf(TooLargeException.class);
            assertThat(twin.emulator.ledger().arrived()).isZero();
        }
    }

    @Test
    void anInterruptEndsACallAndItsPlace() {
        try (TwinAndPenstock twin = new TwinAndPenstock(faulty("hang=100%"))) {
            ChatModel model = chat(twin);
            CompletableFuture<Throwable> failure = new CompletableFuture<>();
            Thread calling = Thread.ofVirtual().start(() -> {
                try {
                    model.chat(question(1));
                } catch (RuntimeException e) {
                    failure.complete(e);
                }
            });
            until(() -> twin.emulator.ledger().admitted() == 1);

            calling.interrupt();

            assertThat(failure.join()).hasRootCauseInstanceOf(InterruptedException.class);
            assertThat(twin.penstock.snapshot().running()).isZero();
            assertThat(twin.emulator.ledger().admitted()).isEqualTo(1);
        }
    }

    @Test
    void anInterruptEndsTheWaitForQuota() {
        Penstock.Builder capped = Penstock.builder().requestsPerMinute(1);
        try (TwinAndPenstock twin = new TwinAndPenstock(generous(), capped)) {
            ChatModel model = chat(twin);
            model.chat(question(1));
            CompletableFuture<Throwable> failure = new CompletableFuture<>();
            Thread calling = Thread.ofVirtual().start(() -> {
                try {
                    model.chat(question(2));
                } catch (RuntimeException e) {
                    failure.complete(e);
                }
            });
            until(() -> twin.penstock.snapshot().waiting() == 1);

            calling.interrupt();

            assertThat(failure.join()).hasRootCauseInstanceOf(InterruptedException.class);
            assertThat(twin.penstock.snapshot().waiting()).isZero();
            assertThat(twin.emulator.ledger().arrived()).isEqualTo(1);
        }
    }

    @Test
    void timeoutsOfTheBuilderHoldForTheClientBehindIt() {
        try (Penstock penstock = Penstock.create()) {
            HttpClientBuilder builder = PenstockLangChain4j.pace(JdkHttpClient.builder(), penstock);

            HttpClientBuilder told =
                    builder.connectTimeout(Duration.ofSeconds(3)).readTimeout(Duration.ofSeconds(4));

            assertThat(told.connectTimeout()).isEqualTo(Duration.ofSeconds(3));
            assertThat(told.readTimeout()).isEqualTo(Duration.ofSeconds(4));
            assertThat(told.build()).isInstanceOf(PacedHttpClient.class);
        }
    }

    @Test
    void anAccountWithoutCreditFailsAtOnceWithLangChain4jsOwnException() {
        Scripted account = Scripted.refusing(
                429,
                "{\"error\":{\"message\":\"You exceeded your current quota.\","
                        + "\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}");
        try (Penstock penstock = Penstock.create()) {
            ChatModel model = account.chat(PenstockLangChain4j.pace(account.builder(), penstock));

            assertThatThrownBy(() -> model.chat(question(1))).isInstanceOf(RateLimitException.class);

            assertThat(account.calls()).isEqualTo(1);
            assertThat(penstock.snapshot().running()).isZero();
        }
    }

    @Test
    void aKeyThatIsNotAcceptedFailsAtOnceWithLangChain4jsOwnException() {
        Scripted account = Scripted.refusing(401, "{\"error\":{\"code\":\"invalid_api_key\"}}");
        try (Penstock penstock = Penstock.create()) {
            ChatModel model = account.chat(PenstockLangChain4j.pace(account.builder(), penstock));

            assertThatThrownBy(() -> model.chat(question(1))).isInstanceOf(AuthenticationException.class);

            assertThat(account.calls()).isEqualTo(1);
        }
    }
}
