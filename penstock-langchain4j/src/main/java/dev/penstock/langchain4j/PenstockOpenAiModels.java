package dev.penstock.langchain4j;

import dev.langchain4j.http.client.HttpClientBuilder;
import dev.langchain4j.model.openai.OpenAiChatModel.OpenAiChatModelBuilder;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel.OpenAiEmbeddingModelBuilder;
import dev.langchain4j.model.openai.OpenAiModerationModel.OpenAiModerationModelBuilder;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel.OpenAiStreamingChatModelBuilder;
import dev.penstock.pacing.Penstock;

/**
 * Builders of LangChain4j's OpenAI models, told to build paced ones: their HTTP client is the one on the class path, paced,
 * and their own retries are switched off, as Penstock repeats what is worth it.
 *
 * {@snippet class="LangChain4jSnippets" region="pace"}
 *
 * <p>For another HTTP client or another model set both by hand: {@code httpClientBuilder(}{@link
 * PenstockLangChain4j#pace(HttpClientBuilder, Penstock) PenstockLangChain4j.pace(...)}{@code )} and {@code maxRetries(0)}.
 *
 * <p>Needs {@code langchain4j-open-ai} on the class path.
 */
public final class PenstockOpenAiModels {
    private PenstockOpenAiModels() {}

    /** The same builder, whose models wait for quota. */
    public static OpenAiChatModelBuilder pace(OpenAiChatModelBuilder builder, Penstock penstock) {
        return builder.httpClientBuilder(client(penstock)).maxRetries(0);
    }

    /** The same builder, whose models wait for quota. LangChain4j does not repeat streams by itself. */
    public static OpenAiStreamingChatModelBuilder pace(OpenAiStreamingChatModelBuilder builder, Penstock penstock) {
        return builder.httpClientBuilder(client(penstock));
    }

    /** The same builder, whose models wait for quota. */
    public static OpenAiEmbeddingModelBuilder pace(OpenAiEmbeddingModelBuilder builder, Penstock penstock) {
        return builder.httpClientBuilder(client(penstock)).maxRetries(0);
    }

    /** The same builder, whose models wait for quota. */
    public static OpenAiModerationModelBuilder pace(OpenAiModerationModelBuilder builder, Penstock penstock) {
        return builder.httpClientBuilder(client(penstock)).maxRetries(0);
    }

    private static HttpClientBuilder client(Penstock penstock) {
        return PenstockLangChain4j.httpClientBuilder(penstock);
    }
}
