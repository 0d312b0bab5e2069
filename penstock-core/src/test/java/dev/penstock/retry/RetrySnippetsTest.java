package dev.penstock.retry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.penstock.retry.RetrySnippets.Client;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The snippets do what they say, and the Javadoc and the page show no others. */
@Timeout(30)
final class RetrySnippetsTest {
    private static final Client ANSWERS = new Client() {
        @Override
        public String complete(String question) {
            return "answer";
        }

        @Override
        public CompletableFuture<String> completeAsync(String question) {
            return CompletableFuture.completedFuture("answer");
        }
    };

    @Test
    void theSnippetsRun() throws IOException {
        Retry retry = Retry.defaults();

        assertThat(RetrySnippets.retry(ANSWERS)).isEqualTo("answer");
        assertThat(RetrySnippets.with(retry, ANSWERS)).isEqualTo("answeranswer");
        assertThat(RetrySnippets.loop(retry, ANSWERS)).isEqualTo("answer");
        assertThat(RetrySnippets.async(retry, ANSWERS)).isCompletedWithValue("answer");
        assertThat(RetrySnippets.tenacity(ANSWERS)).isEqualTo("answer");
        assertThat(RetrySnippets.backoff(ANSWERS)).isEqualTo("answer");
        assertThat(RetrySnippets.classifier(ANSWERS, thrown -> Duration.ZERO)).isEqualTo("answer");
        assertThat(RetrySnippets.throttle(ANSWERS)).isEqualTo("answer");
        assertThat(RetrySnippets.virtual(ANSWERS)).isZero();
        assertThat(RetrySnippets.wait_()).hasSize(4).doesNotHaveDuplicates();
        assertThat(RetrySnippets.when()).hasSize(3).doesNotHaveDuplicates();
        List<Stop> stops = RetrySnippets.stop();
        assertThat(stops.getLast()).isEqualTo(stops.getFirst());
    }

    private static String read(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void everySnippetOfTheJavadocIsThere() throws IOException {
        String snippets = read(Path.of("src/test/java/dev/penstock/retry/RetrySnippets.java"));
        List<String> missing = new ArrayList<>();
        int shown = 0;
        try (Stream<Path> sources = Files.list(Path.of("src/main/java/dev/penstock/retry"))) {
            for (Path source : sources.toList()) {
                Matcher region = Pattern.compile("@snippet class=\"RetrySnippets\" region=\"(\\w+)\"")
                        .matcher(read(source));
                while (region.find()) {
                    shown++;
                    if (!snippets.contains("@start region=\"" + region.group(1) + "\"")) {
                        missing.add(source + ": " + region.group(1));
                    }
                }
            }
        }

        assertThat(missing).isEmpty();
        assertThat(shown).isPositive();
    }

    /** Blanks aside, since the page is narrower than the source. */
    @Test
    void theJavaOfThePageIsThatOfTheSnippets() {
        String snippets = read(Path.of("src/test/java/dev/penstock/retry/RetrySnippets.java"))
                .replaceAll("\\s", "");
        Matcher code = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(read(Path.of("../docs/coming-from-tenacity.md")));
        int shown = 0;
        while (code.find()) {
            shown++;
            assertThat(snippets).contains(code.group(1).replaceAll("\\s", ""));
        }

        assertThat(shown).isGreaterThanOrEqualTo(4);
    }
}
