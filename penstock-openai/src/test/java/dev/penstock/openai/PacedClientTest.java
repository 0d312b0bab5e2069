package dev.penstock.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.HttpResponseFor;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.InternalServerException;
import com.openai.errors.OpenAIIoException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import dev.penstock.emulator.Emulator;
import dev.penstock.emulator.EmulatorSettings;
import dev.penstock.emulator.FamilyLimits;
import dev.penstock.emulator.Fault;
import dev.penstock.emulator.FaultPlan;
import dev.penstock.emulator.Latency;
import dev.penstock.emulator.Ledger;
import dev.penstock.emulator.TwinSettings;
import dev.penstock.emulator.limiter.Shape;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.pacing.Penstock;
import dev.penstock.pacing.TooLargeException;
import dev.penstock.pacing.TooLateException;
import dev.penstock.quota.BlockedBy;
import dev.penstock.retry.Backoff;
import dev.penstock.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The official Java client as it comes, paced, against the twin. */
@Timeout(60)
final class PacedClientTest {
    private static final RetryPolicy QUICK = RetryPolicy.DEFAULT.withBackoff(
            new Backoff(Duration.ofMillis(10), Duration.ofMillis(20), Duration.ofMillis(100)));

    private final List<AutoCloseable> open = new ArrayList<>();
    private final Penstock penstock = opened(
            Penstock.builder().retry(QUICK).patience(Duration.ofSeconds(50)).build());

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
        assertThat(penstock.snapshot().running()).isZero();
        assertThat(penstock.snapshot().waiting()).isZero();
        penstock.snapshot()
                .lanes()
                .forEach(lane -> assertThat(lane.quota().settledTwice()).isZero());
    }

    private <T extends AutoCloseable> T opened(T one) {
        open.add(one);
        return one;
    }

    private Emulator emulator(TwinSettings.Builder settings) {
        return opened(Emulator.start(EmulatorSettings.of(settings.build())));
    }

    private OpenAIClient client(Emulator emulator) {
        return client(emulator, penstock);
    }

    private OpenAIClient client(Emulator emulator, Penstock paces) {
        OpenAIClient client = PenstockOpenAI.pace(
                OpenAIOkHttpClient.builder()
                        .baseUrl(emulator.baseUri().toString())
                        .apiKey("any")
                        .build(),
                paces);
        open.add(client::close);
        return client;
    }

    /** This many a second, and no burst beyond that. */
    private static TwinSettings.Builder perSecond(int requests) {
        return TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(new Limit(Dimension.REQUESTS_PER_MINUTE, 60L * requests))))
                .shape(Shape.quantized())
                .latency(Latency.parse("20ms..60ms"));
    }

    private static ChatCompletionCreateParams.Builder ask(String prompt) {
        return ChatCompletionCreateParams.builder()
                .model("gpt-4o-mini")
                .maxCompletionTokens(50)
                .addUserMessage(prompt);
    }

    private static ChatCompletionCreateParams question(int number) {
        return ask("Question " + number).build();
    }

    @Test
    void threeTimesTheQuotaIsAnsweredWithoutAnExceptionOrARefusalOnceTheLimitIsKnown() {
        Emulator emulator = emulator(perSecond(20));
        OpenAIClient client = client(emulator);
        // The first second is for finding out how deep the limit is; nobody but Penstock sees that.
        allAreAnswered(client, 0, 40);
        long refusedAtFirst = emulator.ledger().refusedTotal();

        allAreAnswered(client, 40, 60);

        Ledger ledger = emulator.ledger();
        assertThat(ledger.answered()).isEqualTo(100);
        assertThat(ledger.admitted()).isEqualTo(100);
        assertThat(ledger.refusedTotal() - refusedAtFirst).isLessThanOrEqualTo(1);
    }

    private static void allAreAnswered(OpenAIClient client, int from, int count) {
        List<CompletableFuture<ChatCompletion>> answers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            answers.add(client.async().chat().completions().create(question(from + i)));
        }
        Set<String> ids = new HashSet<>();
        answers.forEach(answer -> ids.add(answer.join().id()));
        assertThat(ids).hasSize(count);
    }

    @Test
    void aBucketThatShowsItsLimitsIsNeverOverdrawn() {
        Emulator emulator = emulator(TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(
                        new Limit(Dimension.REQUESTS_PER_MINUTE, 600), new Limit(Dimension.TOKENS_PER_MINUTE, 30_000))))
                .shape(Shape.parse("bucket:2s"))
                .latency(Latency.parse("20ms..60ms")));
        OpenAIClient client = client(emulator);

        allAreAnswered(client, 0, 60);

        assertThat(emulator.ledger().answered()).isEqualTo(60);
        assertThat(emulator.ledger().refusedTotal()).isLessThanOrEqualTo(3);
    }

    @Test
    void blockingCallsOfManyThreadsAreAnswered() throws InterruptedException {
        Emulator emulator = emulator(perSecond(30));
        OpenAIClient client = client(emulator);
        Set<String> ids = java.util.concurrent.ConcurrentHashMap.newKeySet();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            int number = i;
            threads.add(Thread.ofVirtual()
                    .start(() -> ids.add(
                            client.chat().completions().create(question(number)).id())));
        }
        for (Thread thread : threads) {
            assertThat(thread.join(Duration.ofSeconds(50))).isTrue();
        }

        assertThat(ids).hasSize(60);
        assertThat(emulator.ledger().answered()).isEqualTo(60);
    }

    @Test
    void twoClientsOfOnePenstockShareTheQuota() {
        Emulator emulator = emulator(perSecond(20));
        OpenAIClient first = client(emulator);
        OpenAIClient second = client(emulator);
        allAreAnswered(first, 0, 30);
        long refusedAtFirst = emulator.ledger().refusedTotal();

        List<CompletableFuture<ChatCompletion>> answers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            answers.add(
                    (i % 2 == 0 ? first : second).async().chat().completions().create(question(100 + i)));
        }
        answers.forEach(CompletableFuture::join);

        assertThat(emulator.ledger().answered()).isEqualTo(70);
        assertThat(emulator.ledger().refusedTotal() - refusedAtFirst).isLessThanOrEqualTo(1);
    }

    @Test
    void moreThanSixtyFourAsynchronousCallsRunAtATime() {
        Emulator emulator = emulator(TwinSettings.builder()
                .limits(FamilyLimits.same(List.of(new Limit(Dimension.REQUESTS_PER_MINUTE, 60_000))))
                .latency(Latency.parse("1s")));
        OpenAIClient client = client(emulator);
        client.chat().completions().create(question(0)); // tells the limits

        allAreAnswered(client, 1, 300);

        assertThat(emulator.ledger().peakConcurrency()).isGreaterThan(200);
    }

    @Test
    void aStreamArrivesWhileItIsProducedAndHoldsItsPlaceUntilItsEnd() {
        Emulator emulator = emulator(TwinSettings.builder().latency(Latency.parse("tokens:20ms,300/s")));
        OpenAIClient client = client(emulator);
        StringBuilder text = new StringBuilder();

        try (StreamResponse<ChatCompletionChunk> stream = client.chat()
                .completions()
                .createStreaming(
                        ask("Tell me a story.").maxCompletionTokens(2_000).build())) {
            Iterator<ChatCompletionChunk> chunks = stream.stream().iterator();
            assertThat(chunks.next().choices()).isNotEmpty();
            // The provider has not finished when the caller has its first event.
            assertThat(emulator.ledger().answered()).isZero();
            assertThat(penstock.snapshot().running()).isEqualTo(1);
            chunks.forEachRemaining(chunk -> chunk.choices()
                    .forEach(choice -> text.append(choice.delta().content().orElse(""))));
        }

        assertThat(text).isNotBlank();
        assertThat(emulator.ledger().answered()).isEqualTo(1);
        assertThat(penstock.snapshot().running()).isZero();
    }

    @Test
    void aStreamOfResponsesArrivesWhole() {
        Emulator emulator = emulator(TwinSettings.builder().latency(Latency.parse("tokens:20ms,300/s")));
        OpenAIClient client = client(emulator);
        boolean completed = false;

        try (StreamResponse<ResponseStreamEvent> stream = client.responses()
                .createStreaming(ResponseCreateParams.builder()
                        .model("gpt-4o-mini")
                        .input("Tell me a story.")
                        .maxOutputTokens(200)
                        .build())) {
            Iterator<ResponseStreamEvent> events = stream.stream().iterator();
            while (events.hasNext()) {
                completed |= events.next().completed().isPresent();
            }
        }

        assertThat(completed).isTrue();
    }

    @Test
    void aStreamThatIsClosedEarlyGivesItsPlaceBackAndHangsUp() {
        Emulator emulator = emulator(TwinSettings.builder().latency(Latency.parse("tokens:20ms,50/s")));
        OpenAIClient client = client(emulator);

        try (StreamResponse<ChatCompletionChunk> stream = client.chat()
                .completions()
                .createStreaming(
                        ask("Tell me a story.").maxCompletionTokens(2_000).build())) {
            assertThat(stream.stream().iterator().next().choices()).isNotEmpty();
        }

        assertThat(penstock.snapshot().running()).isZero();
        until(() -> emulator.ledger().inFlight() == 0);
        assertThat(emulator.ledger().answered()).isZero();
    }

    @Test
    void anAsynchronousStreamArrivesWhole() {
        Emulator emulator = emulator(TwinSettings.builder().latency(Latency.parse("tokens:20ms,300/s")));
        OpenAIClient client = client(emulator);
        StringBuffer text = new StringBuffer();

        client.async()
                .chat()
                .completions()
                .createStreaming(ask("Tell me a story.").build())
                .subscribe(chunk -> chunk.choices()
                        .forEach(choice -> text.append(choice.delta().content().orElse(""))))
                .onCompleteFuture()
                .join();

        assertThat(text).isNotBlank();
        until(() -> penstock.snapshot().running() == 0);
    }

    @Test
    void aRefusalAsTheFirstEventOfAStreamIsNotSeen() {
        Emulator emulator = emulator(TwinSettings.builder().faults(FaultPlan.parse("stream429-first=30%")));
        OpenAIClient client = client(emulator);

        // A refusal that says nothing of its limit stops everybody for longer each time.
        for (int i = 0; i < 30 && emulator.ledger().faults(Fault.STREAM_429_FIRST) == 0; i++) {
            try (StreamResponse<ChatCompletionChunk> stream =
                    client.chat().completions().createStreaming(question(i))) {
                assertThat(stream.stream().count()).isPositive();
            }
        }

        assertThat(emulator.ledger().faults(Fault.STREAM_429_FIRST)).isPositive();
    }

    @Test
    void faultsAreRepeatedAndNotSeen() {
        Emulator emulator =
                emulator(TwinSettings.builder().faults(FaultPlan.parse("500=5%,reset=5%,reset-body=5%,503=2%,429=3%")));
        OpenAIClient client = client(emulator);

        allAreAnswered(client, 0, 100);

        assertThat(emulator.ledger().faults(Fault.SERVER_ERROR)).isPositive();
        assertThat(emulator.ledger().faults(Fault.RESET_IN_BODY)).isPositive();
        assertThat(emulator.ledger().answered()).isGreaterThanOrEqualTo(100);
    }

    @Test
    void whatStaysBrokenFailsWithTheClientsOwnExceptionAfterItsAttempts() {
        Emulator emulator = emulator(TwinSettings.builder().faults(FaultPlan.parse("500=100%")));
        OpenAIClient client = client(emulator);

        assertThatThrownBy(() -> client.chat().completions().create(question(1)))
                .isInstanceOf(InternalServerException.class);

        assertThat(emulator.ledger().admitted()).isEqualTo(6);
    }

    @Test
    void retriesOfTheClientThatAreSwitchedOnAgainDoNotMultiply() {
        Emulator emulator = emulator(TwinSettings.builder().faults(FaultPlan.parse("500=100%")));
        OpenAIClient client = client(emulator).withOptions(options -> options.maxRetries(5));

        assertThatThrownBy(() -> client.chat().completions().create(question(1)))
                .isInstanceOf(InternalServerException.class);

        assertThat(emulator.ledger().admitted()).isEqualTo(6);
    }

    @Test
    void aRequestThatIsWrongFailsAtOnceWithTheClientsOwnException() {
        Emulator emulator = emulator(TwinSettings.builder());
        OpenAIClient client = client(emulator);

        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(ask("Hello").n(100_000).build()))
                .isInstanceOf(BadRequestException.class);

        assertThat(emulator.ledger().invalid()).isEqualTo(1);
    }

    @Test
    void aProviderThatCannotBeReachedFailsWithTheClientsOwnException() {
        Emulator gone =
                Emulator.start(EmulatorSettings.of(TwinSettings.builder().build()));
        OpenAIClient client = client(gone);
        gone.close();

        assertThatThrownBy(() -> client.chat().completions().create(question(1)))
                .isInstanceOf(OpenAIIoException.class);
    }

    @Test
    void aDeadlineThatCannotBeMetFailsBeforeAnythingIsSent() {
        Emulator emulator = emulator(TwinSettings.builder());
        Penstock capped = opened(Penstock.builder()
                .requestsPerMinute(1)
                .patience(Duration.ofSeconds(5))
                .build());
        OpenAIClient client = client(emulator, capped);
        client.chat().completions().create(question(1));

        assertThatThrownBy(() -> client.chat().completions().create(question(2)))
                .isInstanceOfSatisfying(TooLateException.class, late -> {
                    assertThat(late.blocked().orElseThrow().by()).isInstanceOf(BlockedBy.ByLimit.class);
                    assertThat(late.blocked().orElseThrow().freeIn().orElseThrow())
                            .isGreaterThan(Duration.ofSeconds(5));
                });
        assertThatThrownBy(() ->
                        client.async().chat().completions().create(question(3)).join())
                .hasCauseInstanceOf(TooLateException.class);
        assertThat(emulator.ledger().arrived()).isEqualTo(1);
    }

    @Test
    void aRequestLargerThanTheLimitFailsBeforeItIsSent() {
        Emulator emulator = emulator(TwinSettings.builder());
        Penstock capped = opened(Penstock.builder().tokensPerMinute(1_000).build());
        OpenAIClient client = client(emulator, capped);

        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(ask("Hello").maxCompletionTokens(5_000).build()))
                .isInstanceOf(TooLargeException.class);

        assertThat(emulator.ledger().arrived()).isZero();
    }

    @Test
    void anInterruptEndsABlockingCallAndItsPlace() throws InterruptedException {
        Emulator emulator = emulator(TwinSettings.builder().faults(FaultPlan.parse("hang=100%")));
        OpenAIClient client = client(emulator);
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Thread calling = Thread.ofVirtual().start(() -> {
            try {
                client.chat().completions().create(question(1));
            } catch (RuntimeException e) {
                failure.complete(e);
            }
        });
        until(() -> emulator.ledger().admitted() == 1);

        calling.interrupt();

        assertThat(failure.join()).isInstanceOf(OpenAIIoException.class);
        assertThat(penstock.snapshot().running()).isZero();
        assertThat(emulator.ledger().admitted()).isEqualTo(1);
    }

    @Test
    void cancellingAnAsynchronousAttemptEndsItAndItsPlace() {
        Emulator emulator = emulator(TwinSettings.builder().faults(FaultPlan.parse("hang=100%")));
        com.openai.core.http.HttpClient paced = PenstockOpenAI.pace(
                com.openai.client.okhttp.OkHttpClient.builder().build(), penstock);
        opened(paced);
        var request = com.openai.core.http.HttpRequest.builder()
                .method(com.openai.core.http.HttpMethod.GET)
                .baseUrl(emulator.baseUri().toString())
                .addPathSegment("models")
                .build();
        var chat = com.openai.core.http.HttpRequest.builder()
                .method(com.openai.core.http.HttpMethod.POST)
                .baseUrl(emulator.baseUri().toString())
                .addPathSegments("chat", "completions")
                .body(new HeldBody(
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}"
                                .getBytes(java.nio.charset.StandardCharsets.UTF_8),
                        "application/json"))
                .build();
        try (var models = paced.execute(request)) {
            assertThat(models.statusCode()).isEqualTo(200);
        }
        CompletableFuture<com.openai.core.http.HttpResponse> answer = paced.executeAsync(chat);
        until(() -> emulator.ledger().admitted() == 1);

        assertThat(answer.cancel(true)).isTrue();

        until(() -> penstock.snapshot().running() == 0);
        until(() -> emulator.ledger().hangUps() == 1);
    }

    @Test
    void theHeadersOfARawResponseAreVisible() {
        Emulator emulator = emulator(perSecond(20));
        OpenAIClient client = client(emulator);

        try (HttpResponseFor<ChatCompletion> raw =
                client.chat().completions().withRawResponse().create(question(1))) {
            assertThat(raw.statusCode()).isEqualTo(200);
            assertThat(raw.headers().values("x-ratelimit-remaining-requests")).hasSize(1);
            assertThat(raw.parse().choices()).hasSize(1);
        }
    }

    @Test
    void listsAreReadThroughItToo() {
        Emulator emulator = emulator(TwinSettings.builder());

        assertThat(client(emulator).models().list()).isNotNull();
        assertThat(Optional.of(penstock.snapshot().granted())).hasValue(1L);
    }

    @Test
    void theSnippetThatNeedsNoKeyRuns() {
        Emulator emulator = emulator(TwinSettings.builder());

        assertThat(OpenAISnippets.use(client(emulator))).isNotBlank();
    }

    private static void until(BooleanSupplier condition) {
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
}
