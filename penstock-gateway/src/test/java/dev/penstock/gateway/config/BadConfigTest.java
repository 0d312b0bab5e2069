package dev.penstock.gateway.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files that are wrong, each with all that is said of it: lines that start with {@code #!}. A file with {@code #?} says
 * why a schema cannot see it; every other one must be refused by the schema too.
 */
final class BadConfigTest {
    private static final Path FOLDER = Path.of("src/test/resources/dev/penstock/gateway/config/bad");

    private static final Upstream WITHOUT_KEY = Upstream.passingOn("upstream", URI.create("https://api.openai.com/v1"));

    /** The one file that is about an upstream without a key. */
    private static final String NEEDS_AN_UPSTREAM = "tenants-need-an-upstream.yaml";

    static List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(each -> each.getFileName().toString()).sorted().toList();
        }
    }

    private static List<String> problems(String file, String text) {
        ConfigException refusal = catchThrowableOfType(
                ConfigException.class,
                () -> ConfigReader.read(
                        Path.of(file),
                        text.getBytes(UTF_8),
                        file.equals(NEEDS_AN_UPSTREAM) ? WITHOUT_KEY : ConfigReaderTest.WITH_KEY,
                        GivenSecrets.SOME));
        assertThat(refusal).as(file + " is refused").isNotNull();
        return refusal.problems().stream().map(ConfigProblem::toString).toList();
    }

    @Test
    void thereAreFiles() throws IOException {
        assertThat(files()).hasSizeGreaterThan(20);
    }

    @ParameterizedTest
    @MethodSource("files")
    void allThatIsWrongIsToldWithItsPlace(String file) throws IOException {
        String text = Files.readString(FOLDER.resolve(file));
        List<String> expected = text.lines()
                .filter(line -> line.startsWith("#! "))
                .map(line -> line.substring(3))
                .toList();
        assertThat(problems(file, text)).containsExactlyElementsOf(expected);
    }

    @ParameterizedTest
    @MethodSource("files")
    void noMessageHoldsWhatMayBeAKey(String file) throws IOException {
        assertThat(problems(file, Files.readString(FOLDER.resolve(file))))
                .noneMatch(problem -> problem.contains("SECRET") || problem.contains("AAAA"));
    }

    @ParameterizedTest
    @MethodSource("files")
    void theSchemaRefusesWhatItCanSee(String file) throws IOException {
        String text = Files.readString(FOLDER.resolve(file));
        boolean hidden = text.lines().anyMatch(line -> line.startsWith("#? "));
        if (hidden) {
            assertThat(PublishedSchema.complaints(text))
                    .as("a schema cannot see it")
                    .allMatch("not YAML"::equals);
        } else {
            assertThat(PublishedSchema.complaints(text)).isNotEmpty();
        }
    }
}
