package dev.penstock.springai;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.pacing.Ask;
import dev.penstock.pacing.Penstock;
import java.util.List;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the Javadoc and the documentation show: compiled here, and run by {@link SpringAiSnippetsTest}. */
final class SpringAiSnippets {
    private SpringAiSnippets() {}

    static String client(ChatClient.Builder builder) {
        String answer =
                // @start region="client"
                builder.build().prompt("Why is the sky blue?").call().content(); // waits for quota if need be
        // @end
        return String.valueOf(answer);
    }

    static OpenAiChatModel pace(Penstock penstock, String url, String key) {
        // @start region="pace"
        OpenAiChatModel model = PenstockOpenAiModels.pace(
                OpenAiChatModel.builder()
                        .options(OpenAiChatOptions.builder()
                                .baseUrl(url)
                                .apiKey(key)
                                .model("gpt-4o-mini")
                                .build())
                        .build(),
                penstock);
        // @end
        return model;
    }

    @Configuration(proxyBeanMethods = false)
    static class Caps {
        // @start region="customizer"
        @Bean
        PenstockBuilderCustomizer capOfTheExpensiveModel() {
            return builder -> builder.capsOf("gpt-4o", List.of(new Limit(Dimension.REQUESTS_PER_MINUTE, 10)));
        }
        // @end
    }

    static ChatResponse other(Penstock penstock, ChatModel anyModel, Prompt prompt) throws InterruptedException {
        // @start region="other"
        Ask ask = Ask.tokens("claude-sonnet", 1_500); // input and the most output, as the provider counts them
        ChatResponse answer = penstock.call(ask, grant -> anyModel.call(prompt));
        // @end
        return answer;
    }
}
