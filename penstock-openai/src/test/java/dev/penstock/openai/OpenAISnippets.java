package dev.penstock.openai;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientImpl;
import com.openai.client.okhttp.OkHttpClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.ClientOptions;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.penstock.pacing.Penstock;

/** What the Javadoc and the documentation show: compiled here. */
final class OpenAISnippets {
    private OpenAISnippets() {}

    static OpenAIClient pace() {
        // @start region="pace"
        Penstock penstock = Penstock.create(); // one for the account, for as long as the application runs
        OpenAIClient client = PenstockOpenAI.pace(OpenAIOkHttpClient.fromEnv(), penstock);
        // @end
        return client;
    }

    static OpenAIClient options(Penstock penstock) {
        // @start region="options"
        OpenAIClient client = new OpenAIClientImpl(ClientOptions.builder()
                .fromEnv()
                .httpClient(PenstockOpenAI.pace(OkHttpClient.builder().build(), penstock))
                .maxRetries(0)
                .build());
        // @end
        return client;
    }

    static String use(OpenAIClient client) {
        // @start region="use"
        var answer = client.chat()
                .completions()
                .create(ChatCompletionCreateParams.builder()
                        .model("gpt-4o-mini")
                        .maxCompletionTokens(200) // set aside from the tokens per minute: ask for what you need
                        .addUserMessage("Why is the sky blue?")
                        .build());
        // @end
        return answer.choices().getFirst().message().content().orElse("");
    }
}
