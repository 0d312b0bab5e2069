package dev.penstock.langchain4j;

import dev.langchain4j.http.client.jdk.JdkHttpClient;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.penstock.pacing.Penstock;
import java.net.http.HttpClient;

/** What the Javadoc and the documentation show: compiled here, and run by {@link LangChain4jSnippetsTest}. */
final class LangChain4jSnippets {
    private LangChain4jSnippets() {}

    static String pace(Penstock penstock, String url, String key) {
        // @start region="pace"
        ChatModel model = PenstockOpenAiModels.pace(OpenAiChatModel.builder(), penstock)
                .baseUrl(url)
                .apiKey(key)
                .modelName("gpt-4o-mini")
                .build();

        String answer = model.chat("Why is the sky blue?"); // waits for quota if need be
        // @end
        return answer;
    }

    static StreamingChatModel http(Penstock penstock, String url, String key) {
        // @start region="http"
        StreamingChatModel model = OpenAiStreamingChatModel.builder()
                .httpClientBuilder(PenstockLangChain4j.httpClientBuilder(penstock))
                .baseUrl(url)
                .apiKey(key)
                .modelName("gpt-4o-mini")
                .build();
        // @end
        return model;
    }

    static ChatModel ownClient(Penstock penstock, String url, String key) {
        // @start region="own"
        ChatModel model = OpenAiChatModel.builder()
                .httpClientBuilder(PenstockLangChain4j.pace(
                        JdkHttpClient.builder()
                                .httpClientBuilder(HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)),
                        penstock))
                .maxRetries(0) // Penstock repeats what is worth it
                .baseUrl(url)
                .apiKey(key)
                .modelName("gpt-4o-mini")
                .build();
        // @end
        return model;
    }

    static String around(ChatModel anyModel) {
        // @start region="around"
        try (Penstock penstock = Penstock.builder()
                .requestsPerMinute(50) // as the provider's page says
                .tokensPerMinute(40_000)
                .capsAreAll()
                .build()) {
            ChatModel model = PenstockLangChain4j.pace(anyModel, penstock); // built with maxRetries(0)
            return model.chat("Why is the sky blue?");
        }
        // @end
    }
}
