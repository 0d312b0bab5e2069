package dev.penstock.langchain4j;

import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.http.client.HttpClientBuilderLoader;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.penstock.pacing.Penstock;

/**
 * Models of LangChain4j, paced: calls wait for quota instead of failing with a
 * {@link dev.langchain4j.exception.RateLimitException}, faults are repeated within a retry budget, and what cannot succeed
 * fails at once, with LangChain4j's own exceptions.
 *
 * <p>There are two ways, and {@link PenstockOpenAiModels} is the short form of the first:
 *
 * <ul>
 *   <li><b>Below the model</b>: {@link #pace(HttpClientBuilder, Penstock)} goes between a model and its HTTP client. It sees
 *       each request and what answers say of the limits, so that nothing has to be told. It knows the endpoints of OpenAI
 *       and of those who serve the same; of others each call is one request to no model.
 *   <li><b>Around the model</b>: {@link #pace(ChatModel, Penstock)} and the like, for models that speak another protocol or
 *       are no HTTP client. The cost is estimated from the messages. Limits cannot be read there: tell them, as caps of the
 *       {@link Penstock}.
 * </ul>
 *
 * <p>Either way:
 *
 * <ul>
 *   <li>Build the model with {@code maxRetries(0)}. Penstock repeats what is worth it; LangChain4j would make the whole of
 *       that up to three times.
 *   <li>A call that cannot start in time fails before it is sent with a
 *       {@link dev.langchain4j.exception.NonRetriableException}, whose cause is the
 *       {@link dev.penstock.pacing.RefusedException} that says what is in the way.
 *   <li>Timeouts hold for each attempt, not for the wait before it; {@link Penstock.Builder#patience} bounds the wait.
 *   <li>Streams are handed on as they come. One that breaks off, or is refused, after its beginning is not repeated.
 *       {@code StreamingHandle.cancel()} gives its place back. No thread waits for the turn of a stream.
 * </ul>
 *
 * <p>Models of the same account are paced by the same {@link Penstock}. All that comes from here is safe for use by several
 * threads if what it wraps is. {@code docs/langchain4j.md} has examples.
 */
public final class PenstockLangChain4j {
    private PenstockLangChain4j() {}

    /**
     * The HTTP client that LangChain4j finds on the class path, paced; for {@code httpClientBuilder(...)} of a model's builder.
     *
     * {@snippet class="LangChain4jSnippets" region="http"}
     *
     * @throws IllegalStateException if there is none, or several and none is chosen
     */
    public static HttpClientBuilder httpClientBuilder(Penstock penstock) {
        return pace(HttpClientBuilderLoader.loadHttpClientBuilder(), penstock);
    }

    /**
     * HTTP clients that send through those of this builder when there is quota.
     *
     * <p>LangChain4j hands the status and the text of a refusal on, but not its headers. OpenAI's texts say all that counts;
     * of a provider who tells only by {@code Retry-After} when to come back, the wait is found by trying.
     */
    public static HttpClientBuilder pace(HttpClientBuilder builder, Penstock penstock) {
        return new PacedHttpClientBuilder(builder, penstock);
    }

    /**
     * A model whose calls go through this one when there is quota.
     *
     * {@snippet class="LangChain4jSnippets" region="around"}
     */
    public static ChatModel pace(ChatModel model, Penstock penstock) {
        return new PacedChatModel(model, penstock);
    }

    /** A model whose calls go through this one when there is quota. */
    public static StreamingChatModel pace(StreamingChatModel model, Penstock penstock) {
        return new PacedStreamingChatModel(model, penstock);
    }

    /** A model whose calls go through this one when there is quota. One that splits a call counts as one request. */
    public static EmbeddingModel pace(EmbeddingModel model, Penstock penstock) {
        return new PacedEmbeddingModel(model, penstock);
    }
}
