package dev.penstock.langchain4j;

import dev.langchain4j.exception.HttpException;
import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpRequest;
import dev.langchain4j.http.client.SuccessfulHttpResponse;
import dev.langchain4j.http.client.sse.ServerSentEventListener;
import dev.langchain4j.http.client.sse.ServerSentEventParser;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.openai.OpenAiChatModel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP client that always gets the same refusal. */
final class Scripted implements HttpClient {
    private final int status;
    private final String body;
    private final AtomicInteger calls = new AtomicInteger();

    private Scripted(int status, String body) {
        this.status = status;
        this.body = body;
    }

    static Scripted refusing(int status, String body) {
        return new Scripted(status, body);
    }

    int calls() {
        return calls.get();
    }

    ChatModel chat(HttpClientBuilder builder) {
        return OpenAiChatModel.builder()
                .baseUrl("http://127.0.0.1:1/v1")
                .apiKey("any")
                .modelName(TwinAndPenstock.MODEL)
                .httpClientBuilder(builder)
                .maxRetries(0)
                .build();
    }

    HttpClientBuilder builder() {
        return new HttpClientBuilder() {
            @Override
            public Duration connectTimeout() {
                return Duration.ofSeconds(1);
            }

            @Override
            public HttpClientBuilder connectTimeout(Duration timeout) {
                return this;
            }

            @Override
            public Duration readTimeout() {
                return Duration.ofSeconds(1);
            }

            @Override
            public HttpClientBuilder readTimeout(Duration timeout) {
                return this;
            }

            @Override
            public HttpClient build() {
                return Scripted.this;
            }
        };
    }

    @Override
    public SuccessfulHttpResponse execute(HttpRequest request) {
        calls.incrementAndGet();
        throw new HttpException(status, body);
    }

    @Override
    public void execute(HttpRequest request, ServerSentEventParser parser, ServerSentEventListener listener) {
        calls.incrementAndGet();
        listener.onError(new HttpException(status, body));
    }
}
