package dev.penstock.gateway.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.HttpResponseFor;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import dev.penstock.emulator.Latency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The official Java client, as it comes, through the gateway. */
@Timeout(60)
final class OpenAiJavaTest {
    private final ServedApi api = ServedApi.gateway(20, Latency.parse("tokens:20ms,300/s"));
    private final OpenAIClient client = OpenAIOkHttpClient.builder()
            .baseUrl(api.baseUrl().toString())
            .apiKey("any")
            .timeout(Duration.ofSeconds(50))
            .build();

    @AfterEach
    void close() {
        client.close();
        api.close();
    }

    @Test
    void aCallIsAnswered() {
        ChatCompletion answer = client.chat().completions().create(ask("Hello").build());
        assertThat(answer.choices().getFirst().message().content().orElseThrow())
                .isNotBlank();
        assertThat(api.ledger().answered()).isEqualTo(1);
    }

    @Test
    void twoHundredCallsAtOnceAreAllAnsweredOnce() {
        List<CompletableFuture<ChatCompletion>> answers = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            answers.add(client.async()
                    .chat()
                    .completions()
                    .create(ask("Question " + i).build()));
        }
        Set<String> ids = new HashSet<>();
        for (CompletableFuture<ChatCompletion> answer : answers) {
            ids.add(answer.join().id());
        }
        assertThat(ids).hasSize(200);
        assertThat(api.ledger().answered()).isEqualTo(200);
        // More would be repetitions by the client.
        assertThat(api.ledger().admitted()).isEqualTo(200);
        // How deep the limit is has to be found out; nobody but the gateway sees these.
        assertThat(api.ledger().refusedTotal()).isLessThanOrEqualTo(40);
    }

    @Test
    void aChatStreamArrivesWhileItIsProducedAndEndsWithItsUsage() {
        ChatCompletionCreateParams ask = ask("Tell me a story.")
                .maxCompletionTokens(2_000)
                .streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        StringBuilder text = new StringBuilder();
        long words = 0;
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(ask)) {
            Iterator<ChatCompletionChunk> chunks = stream.stream().iterator();
            assertThat(chunks.next().choices()).isNotEmpty();
            // The upstream has not finished when the client has its first event.
            assertThat(api.ledger().answered()).isZero();
            while (chunks.hasNext()) {
                ChatCompletionChunk chunk = chunks.next();
                chunk.choices()
                        .forEach(choice -> text.append(choice.delta().content().orElse("")));
                words = chunk.usage().map(usage -> usage.completionTokens()).orElse(words);
            }
        }
        assertThat(text.toString().split(" ", -1)).hasSize(Math.toIntExact(words));
        assertThat(api.ledger().answered()).isEqualTo(1);
    }

    @Test
    void aResponseStreamArrivesWhileItIsProducedAndEndsWithItsUsage() {
        ResponseCreateParams ask = ResponseCreateParams.builder()
                .model("gpt-4o-mini")
                .input("Tell me a story.")
                .maxOutputTokens(2_000)
                .build();
        StringBuilder text = new StringBuilder();
        long words = 0;
        try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(ask)) {
            Iterator<ResponseStreamEvent> events = stream.stream().iterator();
            assertThat(events.next().created()).isPresent();
            assertThat(api.ledger().answered()).isZero();
            while (events.hasNext()) {
                ResponseStreamEvent event = events.next();
                event.outputTextDelta().ifPresent(delta -> text.append(delta.delta()));
                words = event.completed()
                        .flatMap(completed -> completed.response().usage())
                        .map(usage -> usage.outputTokens())
                        .orElse(words);
            }
        }
        assertThat(text.toString().split(" ", -1)).hasSize(Math.toIntExact(words));
    }

    @Test
    void theHeadersOfARawResponseAreVisible() {
        try (HttpResponseFor<ChatCompletion> raw = client.chat()
                .completions()
                .withRawResponse()
                .create(ask("Hello").build())) {
            assertThat(raw.statusCode()).isEqualTo(200);
            assertThat(raw.requestId().orElseThrow()).startsWith("req_");
            assertThat(raw.headers().values("openai-processing-ms")).hasSize(1);
            assertThat(raw.headers().values("x-ratelimit-remaining-requests")).hasSize(1);
            assertThat(raw.headers().values("x-penstock-queue-ms")).hasSize(1);
            assertThat(raw.parse().choices()).hasSize(1);
        }
    }

    private static ChatCompletionCreateParams.Builder ask(String prompt) {
        return ChatCompletionCreateParams.builder().model("gpt-4o-mini").addUserMessage(prompt);
    }
}
