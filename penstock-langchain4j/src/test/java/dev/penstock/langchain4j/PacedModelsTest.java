package dev.penstock.langchain4j;

import static dev.penstock.langchain4j.TwinAndPenstock.atOnce;
import static dev.penstock.langchain4j.TwinAndPenstock.faulty;
import static dev.penstock.langchain4j.TwinAndPenstock.generous;
import static dev.penstock.langchain4j.TwinAndPenstock.perSecond;
import static dev.penstock.langchain4j.TwinAndPenstock.question;
import static dev.penstock.langchain4j.TwinAndPenstock.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.pacing.Ask;
import dev.penstock.pacing.PacingListener;
import dev.penstock.pacing.Penstock;
import dev.penstock.retry.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Models that are paced from outside, so that their headers are not seen, against the twin. */
@Timeout(60)
final class PacedModelsTest {
    private static ChatModel chat(TwinAndPenstock twin) {
        return PenstockLangChain4j.pace(twin.chat().maxRetries(0).build(), twin.penstock);
    }

    private static StreamingChatModel streaming(TwinAndPenstock twin) {
        return PenstockLangChain4j.pace((StreamingChatModel) twin.streaming().build(), twin.penstock);
    }

    @Test
    void threeTimesTheQuotaIsAnsweredWithoutAnExceptionOrARefusalOnceTheLimitIsKnown() {
        try (TwinAndPenstock twin = new TwinAndPenstock(perSecond(20))) {
            ChatModel model = chat(twin);
            // No header is seen around a model: the limit is known once it was met, which these are enough for.
            List<String> begin = atOnce(0, 60, i -> model.chat(question(i)).id());
            long refusedAtFirst = twin.emulator.ledger().refusedTotal();

            List<String> ids = atOnce(60, 60, i -> model.chat(question(i)).id());

            assertThat(refusedAtFirst).isPositive();
            assertThat(begin).doesNotHaveDuplicates();
            assertThat(ids).doesNotHaveDuplicates();
            assertThat(twin.emulator.ledger().answered()).isEqualTo(120);
            assertThat(twin.emulator.ledger().refusedTotal() - refusedAtFirst).isLessThanOrEqualTo(1);
        }
    }

    @Test
    void faultsAreRepeatedAndNotSeen() {
        try (TwinAndPenstock twin = new TwinAndPenstock(faulty("500=5%,reset=5%,503=2%,429=3%"))) {
            ChatModel model = chat(twin);

            List<String> ids = atOnce(0, 60, i -> model.chat(question(i)).id());

            assertThat(ids).hasSize(60).doesNotHaveDuplicates();
        }
    }

    @Test
    void whatStaysBrokenFailsWithLangChain4jsOwnException() {
        try (TwinAndPenstock twin = new TwinAndPenstock(faulty("500=100%"))) {
            ChatModel model = chat(twin);

            assertThatThrownBy(() -> model.chat("Hello")).isInstanceOf(InternalServerException.class);

            assertThat(twin.emulator.ledger().admitted()).isEqualTo(6);
        }
    }

    @Test
    void aStreamIsRepeatedBeforeItsBeginningAndArrivesWhole() {
        try (TwinAndPenstock twin = new TwinAndPenstock(faulty("500=30%"))) {
            StreamingChatModel model = streaming(twin);

            for (int i = 0; i < 10; i++) {
                ChatRequest question = question(i);
                Heard heard = Heard.of(handler -> model.chat(question, handler));
                assertThat(heard.answer().aiMessage().text())
                        .isEqualTo(heard.text())
                        .isNotBlank();
                assertThat(heard.ends()).isEqualTo(1);
            }
        }
    }

    @Test
    void aStreamThatIsCancelledGivesItsPlaceBack() {
        TwinSettings.Builder slow = TwinSettings.builder().latency(Latency.parse("tokens:20ms,50/s"));
        try (TwinAndPenstock twin = new TwinAndPenstock(slow)) {
            StreamingChatModel model = streaming(twin);
            Heard heard = Heard.of(handler -> model.chat("Tell me a story.", handler));
            heard.first.join();
            assertThat(twin.penstock.snapshot().running()).isEqualTo(1);

            heard.first.join().streamingHandle().cancel();

            assertThat(twin.penstock.snapshot().running()).isZero();
            until(() -> twin.emulator.ledger().inFlight() == 0);
        }
    }

    @Test
    void anEmbeddingThatIsWrongFailsAtOnceWithLangChain4jsOwnException() {
        try (TwinAndPenstock twin = new TwinAndPenstock(generous())) {
            EmbeddingModel model = PenstockLangChain4j.pace(
                    (EmbeddingModel)
                            twin.embeddings().dimensions(5_000).maxRetries(0).build(),
                    twin.penstock);

            assertThatThrownBy(() -> model.embed("text")).isInstanceOf(InvalidRequestException.class);

            assertThat(twin.emulator.ledger().arrived()).isEqualTo(1);
        }
    }

    @Test
    void anEmbeddingIsPacedOnceForEachCall() {
        try (TwinAndPenstock twin = new TwinAndPenstock(generous())) {
            EmbeddingModel model = PenstockLangChain4j.pace(
                    (EmbeddingModel) twin.embeddings().maxRetries(0).build(), twin.penstock);

            assertThat(model.embed("text").content().vector()).isNotEmpty();
            assertThat(model.dimension()).isPositive();

            assertThat(twin.penstock.snapshot().granted()).isEqualTo(1);
            assertThat(model.modelName()).isEqualTo("text-embedding-3-small");
        }
    }

    /** A model of a provider of which nothing is known, without HTTP. */
    private record Stub(AtomicInteger calls, int refusals, RuntimeException refusal) implements ChatModel {
        @Override
        public ChatResponse chat(ChatRequest request) {
            if (calls.incrementAndGet() <= refusals) {
                throw refusal;
            }
            return ChatResponse.builder().aiMessage(AiMessage.from("answer")).build();
        }
    }

    @Test
    void aRefusalThatIsOnlyAnExceptionCostsNoAttempt() {
        Stub stub = new Stub(
                new AtomicInteger(),
                3,
                new RateLimitException("Rate limit reached for m on requests per min (RPM): Limit 60000, Used 60000,"
                        + " Requested 1. Please try again in 1ms."));
        try (Penstock penstock =
                Penstock.builder().retry(RetryPolicy.DEFAULT.withMaxAttempts(1)).build()) {
            ChatModel model = PenstockLangChain4j.pace((ChatModel) stub, penstock);

            assertThat(model.chat("Hello")).isEqualTo("answer");

            assertThat(stub.calls.get()).isEqualTo(4);
        }
    }

    @Test
    void anExceptionOfTheModelItselfIsPassedOnAtOnce() {
        Stub stub = new Stub(new AtomicInteger(), 1, new IllegalArgumentException("a mistake of the caller"));
        try (Penstock penstock = Penstock.create()) {
            ChatModel model = PenstockLangChain4j.pace((ChatModel) stub, penstock);

            assertThatThrownBy(() -> model.chat("Hello")).isSameAs(stub.refusal);

            assertThat(stub.calls.get()).isEqualTo(1);
            assertThat(penstock.snapshot().running()).isZero();
        }
    }

    @Test
    void theCostFollowsFromMessagesToolsPicturesAndTheMostOutput() {
        Stub stub = new Stub(new AtomicInteger(), 0, new IllegalStateException("none"));
        try (Penstock penstock = Penstock.create()) {
            List<Ask> asked = new CopyOnWriteArrayList<>();
            penstock.listen(new PacingListener() {
                @Override
                public void granted(Ask ask, Duration waited) {
                    asked.add(ask);
                }
            });
            ChatModel model = PenstockLangChain4j.pace((ChatModel) stub, penstock);
            ChatRequest.Builder small = ChatRequest.builder()
                    .modelName("some-model")
                    .messages(SystemMessage.from("Be brief."), UserMessage.from("Hello"));
            ChatRequest.Builder large = ChatRequest.builder()
                    .modelName("some-model")
                    .maxOutputTokens(1_000)
                    .toolSpecifications(ToolSpecification.builder()
                            .name("weather")
                            .description("Tells the weather of a place on a day.")
                            .build())
                    .messages(
                            SystemMessage.from("Be brief."),
                            UserMessage.from(
                                    TextContent.from("Hello"), ImageContent.from("https://example.com/picture.png")));

            assertThat(model.chat(small.build()).aiMessage().text()).isEqualTo("answer");
            assertThat(model.chat(large.build()).aiMessage().text()).isEqualTo("answer");

            assertThat(asked).extracting(Ask::family).containsOnly("some-model");
            long difference = asked.get(1).cost().tokens() - asked.get(0).cost().tokens();
            // 1,000 - 16 of output that was not told, 1,105 of the picture, some of the tool, and the estimate's
            // margin.
            assertThat(difference).isBetween(2_100L, 2_200L);
        }
    }
}
