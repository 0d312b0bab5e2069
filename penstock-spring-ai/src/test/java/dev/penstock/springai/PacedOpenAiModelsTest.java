package dev.penstock.springai;

import static dev.penstock.springai.TwinApplication.atOnce;
import static dev.penstock.springai.TwinApplication.faulty;
import static dev.penstock.springai.TwinApplication.generous;
import static dev.penstock.springai.TwinApplication.perSecond;
import static dev.penstock.springai.TwinApplication.question;
import static dev.penstock.springai.TwinApplication.text;
import static dev.penstock.springai.TwinApplication.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.OpenAIIoException;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.Fault;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.pacing.TooLateException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.openai.OpenAiEmbeddingOptions;
import reactor.core.Disposable;

/** Spring AI's OpenAI models as Spring Boot makes them, against the twin. */
@Timeout(60)
final class PacedOpenAiModelsTest {
    private static String id(ChatModel model, int number) {
        return model.call(question(number)).getMetadata().getId();
    }

    @Test
    void threeTimesTheQuotaIsAnsweredWithoutAnExceptionOrARefusalOnceTheLimitIsKnown() {
        try (TwinApplication twin = TwinApplication.start(perSecond(20))) {
            ChatModel model = twin.bean(ChatModel.class);
            // The first second is for finding out how deep the limit is; nobody but Penstock sees that.
            List<String> ids = new ArrayList<>(atOnce(0, 30, i -> id(model, i)));
            long refusedAtFirst = twin.emulator.ledger().refusedTotal();

            ids.addAll(atOnce(30, 60, i -> id(model, i)));

            assertThat(ids).doesNotHaveDuplicates().hasSize(90);
            assertThat(twin.emulator.ledger().answered()).isEqualTo(90);
            assertThat(twin.emulator.ledger().refusedTotal() - refusedAtFirst).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void streamsAtThreeTimesTheQuotaArriveWhole() {
        try (TwinApplication twin = TwinApplication.start(perSecond(20))) {
            ChatModel model = twin.bean(ChatModel.class);
            List<String> first = streamed(model, 0, 20);
            long refusedAtFirst = twin.emulator.ledger().refusedTotal();

            List<String> texts = streamed(model, 20, 60);

            assertThat(first).noneMatch(String::isBlank);
            assertThat(texts).hasSize(60).noneMatch(String::isBlank);
            assertThat(twin.emulator.ledger().answered()).isEqualTo(80);
            assertThat(twin.emulator.ledger().refusedTotal() - refusedAtFirst).isLessThanOrEqualTo(1);
        }
    }

    private static List<String> streamed(ChatModel model, int from, int count) {
        List<CompletableFuture<String>> running = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            running.add(model.stream(question(i))
                    .map(TwinApplication::text)
                    .reduce("", String::concat)
                    .toFuture()
                    .orTimeout(50, TimeUnit.SECONDS));
        }
        return running.stream().map(CompletableFuture::join).toList();
    }

    @Test
    void aStreamArrivesWhileItIsProducedAndHoldsItsPlaceUntilItsEnd() {
        TwinSettings.Builder slow = TwinSettings.builder().latency(Latency.parse("tokens:20ms,100/s"));
        try (TwinApplication twin = TwinApplication.start(slow)) {
            ChatModel model = twin.bean(ChatModel.class);
            CompletableFuture<String> first = new CompletableFuture<>();
            CompletableFuture<@Nullable String> whole = model.stream(question(1))
                    .map(TwinApplication::text)
                    .doOnNext(first::complete)
                    .reduce("", String::concat)
                    .toFuture();

            assertThat(first.join()).isNotNull();
            // The provider has not finished when the caller has its first part.
            assertThat(twin.emulator.ledger().answered()).isZero();
            assertThat(twin.penstock().snapshot().running()).isEqualTo(1);
            assertThat(whole.join()).isNotBlank();
            until(() -> twin.penstock().snapshot().running() == 0);
        }
    }

    @Test
    void aStreamThatNobodyWantsAnyMoreGivesItsPlaceBackAtItsEnd() {
        TwinSettings.Builder slow = TwinSettings.builder().latency(Latency.parse("tokens:20ms,100/s"));
        try (TwinApplication twin = TwinApplication.start(slow)) {
            ChatModel model = twin.bean(ChatModel.class);
            CompletableFuture<String> first = new CompletableFuture<>();
            Disposable subscription =
                    model.stream(question(1)).map(TwinApplication::text).subscribe(first::complete);
            first.join();

            subscription.dispose();

            // Spring AI does not tell its client of it, so the answer runs to its end.
            until(() -> twin.penstock().snapshot().running() == 0);
            assertThat(twin.emulator.ledger().inFlight()).isZero();
        }
    }

    @Test
    void moreStreamsRunAtATimeThanTheHttpLibraryLets() {
        TwinSettings.Builder slow = TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(new Limit(Dimension.REQUESTS_PER_MINUTE, 60_000))))
                .latency(Latency.parse("1s"));
        try (TwinApplication twin = TwinApplication.start(slow)) {
            ChatModel model = twin.bean(ChatModel.class);
            assertThat(text(model.call(question(0)))).isNotBlank(); // tells the limits

            assertThat(streamed(model, 1, 150)).hasSize(150);

            assertThat(twin.emulator.ledger().peakConcurrency()).isGreaterThan(100);
        }
    }

    @Test
    void embeddingsAreAnsweredTooAndHaveTheLimitsOfTheirOwnFamily() {
        try (TwinApplication twin = TwinApplication.start(perSecond(20))) {
            EmbeddingModel model = twin.bean(EmbeddingModel.class);

            List<Integer> sizes =
                    atOnce(0, 30, i -> model.embed(List.of("one " + i, "two")).size());

            assertThat(sizes).hasSize(30).containsOnly(2);
            assertThat(twin.penstock().snapshot().lanes())
                    .anyMatch(lane -> lane.family().startsWith("text-embedding-"));
        }
    }

    @Test
    void faultsAreRepeatedAndNotSeen() {
        try (TwinApplication twin = TwinApplication.start(faulty("500=10%,reset=10%,reset-body=10%"))) {
            ChatModel model = twin.bean(ChatModel.class);

            Set<String> ids = new HashSet<>(atOnce(0, 50, i -> id(model, i)));

            assertThat(ids).hasSize(50);
            assertThat(twin.emulator.ledger().faults(Fault.SERVER_ERROR)).isPositive();
        }
    }

    @Test
    void whatStaysBrokenFailsWithTheClientsOwnExceptionAfterItsAttemptsAndNoMore() {
        // Spring AI's own three retries are on, as they are unless somebody says otherwise.
        try (TwinApplication twin = TwinApplication.start(faulty("500=100%"))) {
            ChatModel model = twin.bean(ChatModel.class);

            assertThatThrownBy(() -> model.call(question(1))).isInstanceOf(InternalServerException.class);

            assertThat(twin.emulator.ledger().admitted()).isEqualTo(6);
        }
    }

    @Test
    void aStreamThatStaysBrokenFailsAfterItsAttemptsAndNoMore() {
        try (TwinApplication twin = TwinApplication.start(faulty("500=100%"))) {
            ChatModel model = twin.bean(ChatModel.class);

            assertThatThrownBy(() -> streamed(model, 0, 1)).hasRootCauseInstanceOf(InternalServerException.class);

            assertThat(twin.emulator.ledger().admitted()).isEqualTo(6);
        }
    }

    @Test
    void aRequestThatIsWrongFailsAtOnceWithTheClientsOwnException() {
        try (TwinApplication twin =
                TwinApplication.start(generous(), Map.of("spring.ai.openai.embedding.dimensions", "5000"))) {
            EmbeddingModel model = twin.bean(EmbeddingModel.class);

            assertThatThrownBy(() -> model.embed("text")).isInstanceOf(BadRequestException.class);

            assertThat(twin.emulator.ledger().arrived()).isEqualTo(1);
        }
    }

    @Test
    void aDeadlineThatCannotBeMetFailsBeforeAnythingIsSent() {
        try (TwinApplication twin = TwinApplication.start(
                generous(), Map.of("penstock.requests-per-minute", "1", "penstock.patience", "5s"))) {
            ChatModel model = twin.bean(ChatModel.class);
            assertThat(text(model.call(question(1)))).isNotBlank();

            assertThatThrownBy(() -> model.call(question(2))).isInstanceOf(TooLateException.class);
            assertThatThrownBy(() -> streamed(model, 3, 1)).hasRootCauseInstanceOf(TooLateException.class);

            assertThat(twin.emulator.ledger().arrived()).isEqualTo(1);
        }
    }

    @Test
    void anInterruptEndsACallAndItsPlace() {
        try (TwinApplication twin = TwinApplication.start(faulty("hang=100%"))) {
            ChatModel model = twin.bean(ChatModel.class);
            CompletableFuture<Throwable> failure = new CompletableFuture<>();
            Thread calling = Thread.ofVirtual().start(() -> {
                try {
                    failure.completeExceptionally(new AssertionError(text(model.call(question(1)))));
                } catch (RuntimeException e) {
                    failure.complete(e);
                }
            });
            until(() -> twin.emulator.ledger().admitted() == 1);

            calling.interrupt();

            assertThat(failure.join()).isInstanceOf(OpenAIIoException.class);
            assertThat(twin.penstock().snapshot().running()).isZero();
            assertThat(twin.emulator.ledger().admitted()).isEqualTo(1);
        }
    }

    @Test
    void theWaitIsNotCountedAsTimeOfTheCall() {
        // Two calls a second, six at once, and one second for each: the last starts after its time would be over.
        try (TwinApplication twin = TwinApplication.start(perSecond(2), Map.of("spring.ai.openai.timeout", "1s"))) {
            ChatModel model = twin.bean(ChatModel.class);

            assertThat(atOnce(0, 6, i -> id(model, i))).hasSize(6).doesNotHaveDuplicates();
        }
    }

    @Test
    void aModelIsPacedOnceAndKeepsItsOptions() {
        try (TwinApplication twin = TwinApplication.start(generous())) {
            OpenAiChatModel paced = twin.bean(OpenAiChatModel.class);
            OpenAiEmbeddingModel embeddings = twin.bean(OpenAiEmbeddingModel.class);

            assertThat(PenstockOpenAiModels.pace(paced, twin.penstock())).isSameAs(paced);
            assertThat(PenstockOpenAiModels.pace(embeddings, twin.penstock())).isSameAs(embeddings);
            assertThat(paced.getOptions().getModel()).isEqualTo("gpt-4o-mini");
            assertThat(text(paced.call(question(1)))).isNotBlank();

            assertThat(twin.penstock().snapshot().granted()).isEqualTo(1);
        }
    }

    @Test
    void aModelOfAnApplicationThatHasNoSpringBootIsPacedByHand() {
        try (TwinApplication twin = TwinApplication.start(generous())) {
            OpenAiEmbeddingModel own = OpenAiEmbeddingModel.builder()
                    .options(OpenAiEmbeddingOptions.builder()
                            .baseUrl(twin.emulator.baseUri().toString())
                            .apiKey("any")
                            .model("text-embedding-3-small")
                            .build())
                    .build();
            OpenAiChatModel chat = OpenAiChatModel.builder()
                    .options(OpenAiChatOptions.builder()
                            .baseUrl(twin.emulator.baseUri().toString())
                            .apiKey("any")
                            .timeout(Duration.ofSeconds(20))
                            .model("gpt-4o-mini")
                            .build())
                    .build();

            assertThat(PenstockOpenAiModels.pace(own, twin.penstock()).embed("text"))
                    .isNotEmpty();
            assertThat(text(PenstockOpenAiModels.pace(chat, twin.penstock()).call(question(1))))
                    .isNotBlank();

            assertThat(twin.penstock().snapshot().granted()).isEqualTo(2);
        }
    }
}
