package dev.penstock.langchain4j;

import dev.langchain4j.http.client.HttpClient;
import dev.langchain4j.http.client.HttpClientBuilder;
import dev.penstock.pacing.Penstock;
import java.time.Duration;

/** Hands all settings on, and wraps what is built. As thread-safe as the builder behind it. */
final class PacedHttpClientBuilder implements HttpClientBuilder {
    private final HttpClientBuilder builder;
    private final Penstock penstock;

    PacedHttpClientBuilder(HttpClientBuilder builder, Penstock penstock) {
        this.builder = builder;
        this.penstock = penstock;
    }

    @Override
    public Duration connectTimeout() {
        return builder.connectTimeout();
    }

    @Override
    public HttpClientBuilder connectTimeout(Duration timeout) {
        return new PacedHttpClientBuilder(builder.connectTimeout(timeout), penstock);
    }

    @Override
    public Duration readTimeout() {
        return builder.readTimeout();
    }

    @Override
    public HttpClientBuilder readTimeout(Duration timeout) {
        return new PacedHttpClientBuilder(builder.readTimeout(timeout), penstock);
    }

    @Override
    public HttpClient build() {
        return new PacedHttpClient(builder.build(), penstock);
    }
}
