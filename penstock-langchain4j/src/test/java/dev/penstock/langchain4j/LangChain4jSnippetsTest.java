package dev.penstock.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The snippets do what they say, and the page shows no others. */
@Timeout(60)
final class LangChain4jSnippetsTest {
    private static final Pattern BLOCK = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);

    @Test
    void theSnippetsRun() {
        try (TwinAndPenstock twin = new TwinAndPenstock(TwinAndPenstock.generous())) {
            String url = twin.emulator.baseUri().toString();

            assertThat(LangChain4jSnippets.pace(twin.penstock, url, "any")).isNotBlank();
            assertThat(Heard.of(handler -> LangChain4jSnippets.http(twin.penstock, url, "any")
                                    .chat("Hello", handler))
                            .answer()
                            .aiMessage()
                            .text())
                    .isNotBlank();
            assertThat(LangChain4jSnippets.ownClient(twin.penstock, url, "any").chat("Hello"))
                    .isNotBlank();
            assertThat(LangChain4jSnippets.around(twin.chat().maxRetries(0).build()))
                    .isNotBlank();
        }
    }

    @Test
    void thePageShowsNothingThatIsNotCompiled() throws IOException {
        String sources;
        try (Stream<Path> files = Files.list(Path.of("src/test/java/dev/penstock/langchain4j"))) {
            StringBuilder all = new StringBuilder();
            for (Path file : files.sorted().toList()) {
                all.append(Files.readString(file)).append('\n');
            }
            sources = squeezed(all.toString());
        }
        List<String> shown = BLOCK.matcher(Files.readString(Path.of("../docs/langchain4j.md")))
                .results()
                .map((MatchResult block) -> block.group(1))
                .toList();

        assertThat(shown).hasSizeGreaterThanOrEqualTo(3);
        for (String block : shown) {
            assertThat(sources).contains(squeezed(block));
        }
    }

    private static String squeezed(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }
}
