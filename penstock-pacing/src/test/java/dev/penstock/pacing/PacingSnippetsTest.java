package dev.penstock.pacing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.pacing.PacingSnippets.Client;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The snippets do what they say, and the page shows no others. */
@Timeout(30)
final class PacingSnippetsTest {
    private static final Client ANSWERS = new Client() {
        @Override
        public String complete(String question) {
            return "answer";
        }

        @Override
        public CompletableFuture<String> completeAsync(String question) {
            return CompletableFuture.completedFuture("answer");
        }

        @Override
        public Map<String, String> headersOfLastAnswer() {
            return Map.of("x-ratelimit-limit-requests", "500", "x-ratelimit-remaining-requests", "499");
        }
    };

    @Test
    void theSnippetsRun() throws IOException, InterruptedException {
        assertThat(PacingSnippets.acquire(ANSWERS)).isEqualTo("answer");
        try (Penstock penstock = PacingSnippets.build()) {
            PacingSnippets.metrics(penstock, new SimpleMeterRegistry());
            assertThat(PacingSnippets.call(penstock, ANSWERS)).isEqualTo("answer");
            assertThat(PacingSnippets.callAsync(penstock, ANSWERS).join()).isEqualTo("answer");
            assertThat(PacingSnippets.tooLate(penstock, ANSWERS)).isEqualTo("answer");
            assertThat(PacingSnippets.why(penstock)).isNotBlank();
        }
    }

    /** Blanks aside, since the page is narrower than the source. */
    @Test
    void theJavaOfThePageIsThatOfTheSnippets() {
        String snippets = read(Path.of("src/test/java/dev/penstock/pacing/PacingSnippets.java"))
                + read(Path.of("../penstock-openai/src/test/java/dev/penstock/openai/OpenAISnippets.java"));
        String plain = snippets.replaceAll("\\s", "");
        Matcher code =
                Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(read(Path.of("../docs/library.md")));
        int shown = 0;
        while (code.find()) {
            shown++;
            assertThat(plain).contains(code.group(1).replaceAll("\\s", ""));
        }

        assertThat(shown).isGreaterThanOrEqualTo(8);
    }

    private static String read(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
