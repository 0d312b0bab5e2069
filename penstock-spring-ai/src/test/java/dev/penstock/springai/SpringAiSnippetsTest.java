package dev.penstock.springai;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;

/** The snippets do what they say, and the page shows no others. */
@Timeout(60)
final class SpringAiSnippetsTest {
    private static final Pattern BLOCK = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);

    @Test
    void theSnippetsRun() throws InterruptedException {
        try (TwinApplication twin =
                TwinApplication.start(TwinApplication.generous(), Map.of(), SpringAiSnippets.Caps.class)) {
            String url = twin.emulator.baseUri().toString();

            assertThat(SpringAiSnippets.client(twin.bean(ChatClient.Builder.class)))
                    .isNotBlank();
            assertThat(TwinApplication.text(
                            SpringAiSnippets.pace(twin.penstock(), url, "any").call(TwinApplication.question(1))))
                    .isNotBlank();
            assertThat(TwinApplication.text(SpringAiSnippets.other(
                            twin.penstock(), twin.bean(ChatModel.class), TwinApplication.question(2))))
                    .isNotBlank();
            assertThat(twin.penstock().snapshot().lane("claude-sonnet")).isPresent();
        }
    }

    @Test
    void thePageShowsNothingThatIsNotCompiled() throws IOException {
        String source =
                squeezed(Files.readString(Path.of("src/test/java/dev/penstock/springai/SpringAiSnippets.java")));
        List<String> shown = BLOCK.matcher(page())
                .results()
                .map((MatchResult block) -> block.group(1))
                .toList();

        assertThat(shown).hasSizeGreaterThanOrEqualTo(4);
        for (String block : shown) {
            assertThat(source).contains(squeezed(block));
        }
    }

    @Test
    void thePageNamesEveryProperty() throws IOException {
        String page = page();

        for (RecordComponent property : PenstockProperties.class.getRecordComponents()) {
            String name = property.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
            assertThat(page).contains("`penstock." + name + "`");
        }
    }

    private static String page() throws IOException {
        return Files.readString(Path.of("../docs/spring-ai.md"));
    }

    private static String squeezed(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }
}
