package dev.penstock.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientImpl;
import com.openai.core.ClientOptions;
import com.openai.core.RequestOptions;
import com.openai.core.http.Headers;
import com.openai.core.http.HttpClient;
import com.openai.core.http.HttpMethod;
import com.openai.core.http.HttpRequest;
import com.openai.core.http.HttpRequestBody;
import com.openai.core.http.HttpResponse;
import com.openai.errors.OpenAIIoException;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.penstock.pacing.ClosedException;
import dev.penstock.pacing.Penstock;
import dev.penstock.retry.Backoff;
import dev.penstock.retry.RetryPolicy;
import dev.penstock.verdict.Verdict.Fault;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One answer at a time from a provider that says what it is told to. */
@Timeout(30)
final class PacedHttpClientTest {
    private static final String CHAT =
            "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    private static final String NO_CREDIT =
            "{\"error\":{\"message\":\"You exceeded your current quota, please check your plan and billing details.\","
                    + "\"type\":\"insufficient_quota\",\"param\":null,\"code\":\"insufficient_quota\"}}";

    private final Penstock penstock = Penstock.builder()
            .retry(RetryPolicy.DEFAULT.withBackoff(
                    new Backoff(Duration.ZERO, Duration.ofMillis(1), Duration.ofMillis(1))))
            .patience(Duration.ofSeconds(20))
            .build();
    private final Scripted provider = new Scripted();
    private final HttpClient client = PenstockOpenAI.pace(provider, penstock);

    @AfterEach
    void nothingIsLeft() {
        client.close();
        assertThat(penstock.snapshot().running()).isZero();
        assertThat(penstock.snapshot().leaked()).isZero();
    }

    /** Answers what it is told, in order. */
    private static final class Scripted implements HttpClient {
        final Deque<Supplier<HttpResponse>> answers = new ArrayDeque<>();
        final List<String> bodies = new ArrayList<>();

        Scripted then(int status, String type, String body) {
            answers.add(
                    () -> new Answer(status, type, new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8))));
            return this;
        }

        Scripted thenBroken(IOException cause) {
            answers.add(() -> {
                throw new OpenAIIoException("Request failed", cause);
            });
            return this;
        }

        @Override
        public HttpResponse execute(HttpRequest request, RequestOptions options) {
            HttpRequestBody body = request.body();
            if (body != null) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                body.writeTo(bytes);
                bodies.add(bytes.toString(StandardCharsets.UTF_8));
            }
            return answers.remove().get();
        }

        @Override
        public CompletableFuture<HttpResponse> executeAsync(HttpRequest request, RequestOptions options) {
            throw new AssertionError("asynchronous calls run on threads of their own");
        }

        @Override
        public void close() {}
    }

    private record Answer(int statusCode, String type, InputStream body) implements HttpResponse {
        @Override
        public Headers headers() {
            return Headers.builder().put("Content-Type", type).build();
        }

        @Override
        public void close() {}
    }

    /** A body that counts how often it was read. */
    private static final class Counted implements HttpRequestBody {
        private final boolean repeatable;
        int reads;

        Counted(boolean repeatable) {
            this.repeatable = repeatable;
        }

        @Override
        public void writeTo(OutputStream out) {
            reads++;
            try {
                out.write(CHAT.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String contentType() {
            return "application/json";
        }

        @Override
        public long contentLength() {
            return CHAT.length();
        }

        @Override
        public boolean repeatable() {
            return repeatable;
        }

        @Override
        public void close() {}
    }

    private static HttpRequest chat(HttpRequestBody body) {
        return HttpRequest.builder()
                .method(HttpMethod.POST)
                .baseUrl("http://127.0.0.1:1/v1")
                .addPathSegments("chat", "completions")
                .body(body)
                .build();
    }

    private static String text(HttpResponse response) throws IOException {
        try (response) {
            return new String(response.body().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void noCreditIsDeliveredAtOnceAsTheClientsOwnException() {
        provider.then(429, "application/json", NO_CREDIT);
        OpenAIClient whole = new OpenAIClientImpl(
                ClientOptions.builder().httpClient(client).apiKey("any").build());

        // The client would repeat it by its own rules, if it was not told otherwise.
        assertThatThrownBy(() -> whole.chat()
                        .completions()
                        .create(ChatCompletionCreateParams.builder()
                                .model("gpt-4o-mini")
                                .addUserMessage("Hi")
                                .build()))
                .isInstanceOfSatisfying(
                        RateLimitException.class,
                        refused -> assertThat(refused.code()).hasValue("insufficient_quota"));
        assertThat(provider.bodies).hasSize(1);
    }

    @Test
    void aBodyIsReadOnceAndSentAsOftenAsNeeded() throws IOException {
        provider.then(500, "application/json", "{}")
                .thenBroken(new ConnectException("refused"))
                .then(200, "application/json", "{\"ok\":true}");
        Counted body = new Counted(true);

        assertThat(text(client.execute(chat(body)))).isEqualTo("{\"ok\":true}");

        assertThat(body.reads).isEqualTo(1);
        assertThat(provider.bodies).containsExactly(CHAT, CHAT, CHAT);
    }

    @Test
    void aBodyThatCanBeReadOnceOnlyIsSentOnce() throws IOException {
        provider.then(500, "application/json", "{\"error\":{}}");
        Counted body = new Counted(false);

        HttpResponse answer = client.execute(chat(body));

        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(text(answer)).isEqualTo("{\"error\":{}}");
        assertThat(body.reads).isEqualTo(1);
    }

    @Test
    void anAnswerThatBreaksOffIsAskedForAgain() throws IOException {
        provider.answers.add(() -> new Answer(200, "application/json", new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("connection reset");
            }
        }));
        provider.then(200, "application/json", "{\"ok\":true}");

        assertThat(text(client.execute(chat(new Counted(true))))).isEqualTo("{\"ok\":true}");
    }

    @Test
    void aLongAnswerIsHandedOnWholeAndHoldsItsPlaceUntilItIsRead() throws IOException {
        String longAnswer = "{\"text\":\"" + "x".repeat(3 << 20) + "\"}";
        provider.then(200, "application/json; charset=utf-8", longAnswer);

        HttpResponse answer = client.execute(chat(new Counted(true)));

        assertThat(penstock.snapshot().running()).isEqualTo(1);
        assertThat(text(answer)).isEqualTo(longAnswer);
        assertThat(penstock.snapshot().running()).isZero();
    }

    @Test
    void anAnswerThatIsNeverReadGivesItsPlaceBackWhenItIsClosed() {
        provider.then(200, "audio/mpeg", "sound");

        client.execute(chat(new Counted(true))).close();

        assertThat(penstock.snapshot().running()).isZero();
    }

    @Test
    void aStreamThatBeginsWithAFailureThatStaysIsHandedOnAsItIs() throws IOException {
        String failed = "data: " + NO_CREDIT + "\n\ndata: [DONE]\n\n";
        provider.then(200, "text/event-stream", failed);

        assertThat(text(client.execute(chat(new Counted(true))))).isEqualTo(failed);
    }

    @Test
    void aStreamIsHandedOnByteByByteAsItCame() throws IOException {
        String stream = ": hello\r\n\r\ndata: {\"a\":1}\r\n\r\ndata: {\"b\":\"\u00e4\"}\n\ndata: [DONE]\n\n";
        provider.then(200, "text/event-stream", stream);

        assertThat(text(client.execute(chat(new Counted(true))))).isEqualTo(stream);
    }

    @Test
    void theLastExceptionIsDeliveredWhenAttemptsAreUsedUp() {
        for (int i = 0; i < 6; i++) {
            provider.thenBroken(new SocketTimeoutException("timeout " + i));
        }

        assertThatThrownBy(() -> client.execute(chat(new Counted(true))))
                .isInstanceOf(OpenAIIoException.class)
                .cause()
                .hasMessage("timeout 5");
    }

    @Test
    void aClosedPenstockRefusesAndAClosedClientTellsThroughTheFuture() {
        penstock.close();
        assertThatThrownBy(() -> client.execute(chat(new Counted(true)))).isInstanceOf(ClosedException.class);

        client.close();
        assertThat(client.executeAsync(chat(new Counted(true)))).isCompletedExceptionally();
    }

    @Test
    void onlyKindsOfFaultsAreToldAndNoAddresses() {
        OpenAIIoException thrown =
                new OpenAIIoException("Request failed", new ConnectException("http://user:secret@127.0.0.1"));

        assertThat(Faults.explanation(thrown)).doesNotContain("secret");
        assertThat(Faults.of(thrown)).isEqualTo(Fault.CONNECT_FAILED);
    }
}
