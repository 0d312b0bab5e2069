package dev.penstock.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiChatModel.OpenAiChatModelBuilder;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel.OpenAiEmbeddingModelBuilder;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel.OpenAiStreamingChatModelBuilder;
import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.FaultPlan;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.pacing.Penstock;
import dev.penstock.retry.Backoff;
import dev.penstock.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;

/** One twin of the API and the pacing of one account, for one test. Closing it checks that nothing was left behind. */
final class TwinAndPenstock implements AutoCloseable {
    static final String MODEL = "gpt-4o-mini";
    private static final RetryPolicy QUICK = RetryPolicy.DEFAULT.withBackoff(
            new Backoff(Duration.ofMillis(10), Duration.ofMillis(20), Duration.ofMillis(100)));

    final Emulator emulator;
    final Penstock penstock;

    TwinAndPenstock(TwinSettings.Builder settings) {
        this(settings, Penstock.builder());
    }

    TwinAndPenstock(TwinSettings.Builder settings, Penstock.Builder pacing) {
        emulator = Emulator.start(EmulatorSettings.of(settings.build()));
        penstock = pacing.retry(QUICK).build();
    }

    /** A twin that answers at once and refuses nothing. */
    static TwinSettings.Builder generous() {
        return TwinSettings.builder();
    }

    static TwinSettings.Builder faulty(String plan) {
        return TwinSettings.builder().faults(FaultPlan.parse(plan));
    }

    /** This many a second, and no burst beyond that. */
    static TwinSettings.Builder perSecond(int requests) {
        return TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(new Limit(Dimension.REQUESTS_PER_MINUTE, 60L * requests))))
                .shape(Shape.quantized())
                .latency(Latency.parse("20ms..60ms"));
    }

    OpenAiChatModelBuilder chat() {
        return OpenAiChatModel.builder()
                .baseUrl(base())
                .apiKey("any")
                .modelName(MODEL)
                .maxCompletionTokens(50);
    }

    OpenAiStreamingChatModelBuilder streaming() {
        return OpenAiStreamingChatModel.builder()
                .baseUrl(base())
                .apiKey("any")
                .modelName(MODEL)
                .maxCompletionTokens(2_000);
    }

    OpenAiEmbeddingModelBuilder embeddings() {
        return OpenAiEmbeddingModel.builder().baseUrl(base()).apiKey("any").modelName("text-embedding-3-small");
    }

    private String base() {
        return emulator.baseUri().toString();
    }

    static ChatRequest question(int number) {
        return ChatRequest.builder()
                .messages(UserMessage.from("Question " + number))
                .build();
    }

    /** What each call gives, all of them made at once. */
    static <T> List<T> atOnce(int from, int count, IntFunction<T> call) {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<T>> running = new ArrayList<>();
            for (int i = from; i < from + count; i++) {
                int number = i;
                running.add(CompletableFuture.supplyAsync(() -> call.apply(number), threads));
            }
            return running.stream().map(CompletableFuture::join).toList();
        }
    }

    static void until(BooleanSupplier condition) {
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean() && System.nanoTime() - deadline < 0) {
            try {
                Thread.sleep(Duration.ofMillis(5));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    @Override
    public void close() {
        try (emulator;
                penstock) {
            until(() -> penstock.snapshot().running() == 0);
            assertThat(penstock.snapshot().waiting()).isZero();
            penstock.snapshot()
                    .lanes()
                    .forEach(lane -> assertThat(lane.quota().settledTwice()).isZero());
        }
    }
}
