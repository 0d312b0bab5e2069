package dev.penstock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiagnoseCommandTest {
    private static final String LOG = """
            2026-11-24T10:00:00Z ERROR Rate limit reached for gpt-4o in organization org-Ab12 on tokens per min (TPM): Limit \
            30000, Used 29000, Requested 3000. Please try again in 4s.
            2026-11-24T10:00:01Z INFO Authorization: Bearer sk-verysecretkey0123456789
            2026-11-24T10:00:02Z ERROR Rate limit reached for gpt-4o in organization org-Ab12 on tokens per min (TPM): Limit \
            30000, Used 29500, Requested 3000. Please try again in 5s.
            2026-11-24T10:00:09Z ERROR {"error":{"message":"You exceeded your current quota, please check your plan","type":\
            "insufficient_quota","code":"insufficient_quota"}}
            """;

    private final Console console = Console.bare();

    @TempDir
    private Path folder;

    private String log() throws IOException {
        return Files.writeString(folder.resolve("app.log"), LOG).toString();
    }

    @Test
    void eachGroupSaysWhatItIsWhetherToRetryAndWhatFixesIt() throws IOException {
        assertThat(console.run("diagnose", log(), "--timeline")).isZero();
        assertThat(console.out())
                .contains("3 requests were refused, for 2 reasons.")
                .contains("tokens_per_minute of gpt-4o, limit 30,000 tokens per minute, organization")
                .contains("./penstock gateway --tpm 30000")
                .contains("never helps")
                .contains("all 2 requests would have been sent without a refusal")
                .contains("Refusals, a line each")
                .doesNotContain("sk-", "org-Ab12");
        assertThat(console.err()).isEmpty();
    }

    @Test
    void programsGetAnArrayOfGroups() throws IOException {
        assertThat(console.run("diagnose", "--json", log())).isZero();
        JsonNode groups = new JsonMapper().readTree(console.out());
        assertThat(groups).hasSize(2);
        JsonNode tokens = groups.get(0);
        assertThat(tokens.path("kind").asText()).isEqualTo("tokens_per_minute");
        assertThat(tokens.path("scope").asText()).isEqualTo("organization");
        assertThat(tokens.path("model").asText()).isEqualTo("gpt-4o");
        assertThat(tokens.path("count").asLong()).isEqualTo(2);
        assertThat(tokens.path("limit").asLong()).isEqualTo(30_000);
        assertThat(tokens.path("first").asText()).isEqualTo("2026-11-24T10:00:00Z");
        assertThat(tokens.path("last").asText()).isEqualTo("2026-11-24T10:00:02Z");
        assertThat(tokens.path("retryable").asBoolean()).isTrue();
        assertThat(tokens.path("wait_seconds").asDouble()).isEqualTo(5.0);
        assertThat(tokens.path("evidence").asText()).contains("Used 29000");
        JsonNode credit = groups.get(1);
        assertThat(credit.path("kind").asText()).isEqualTo("insufficient_credit");
        assertThat(credit.path("retryable").asBoolean()).isFalse();
        assertThat(credit.path("model").isNull()).isTrue();
        assertThat(credit.path("wait_seconds").isNull()).isTrue();
    }

    @Test
    void exitCodesTellReadingFromFindingOnlyWhereAskedTo() throws IOException {
        assertThat(console.run("diagnose", "--fail", log())).isEqualTo(1);
        Path clean = Files.writeString(folder.resolve("clean.log"), "INFO 429 rows\n");
        assertThat(console.run("diagnose", "--fail", "--json", clean.toString()))
                .isZero();
        assertThat(console.out().strip()).isEqualTo("[]");
        assertThat(console.run("diagnose", folder.resolve("none").toString())).isEqualTo(2);
        assertThat(console.err()).contains("does not exist; give a file, or - for standard input");
        assertThat(console.run("diagnose", folder.toString())).isEqualTo(2);
        assertThat(console.err()).contains("is a directory");
    }

    @Test
    void whatCannotBeReadIsSaid() throws IOException {
        Path wide = folder.resolve("wide.log");
        for (Charset charset : List.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
            Files.writeString(wide, LOG, charset);
            assertThat(console.run("diagnose", "--json", wide.toString())).isZero();
            assertThat(console.out().strip()).isEqualTo("[]");
            assertThat(console.err()).contains("the input is UTF-16", "convert it to UTF-8");
        }
        Path har = Files.writeString(folder.resolve("a.har"), "{\"log\":{\"version\":\"1.2\",\"entries\":[{\"a\":");
        assertThat(console.run("diagnose", har.toString())).isZero();
        assertThat(console.err()).contains("the HAR file is broken or cut off at byte");
    }

    @Test
    void standardInputIsReadWhereNoFileIsNamed() {
        assertThat(console.run("diagnose", "-", "--json")).isZero();
        assertThat(console.out().strip()).isEqualTo("[]");
    }
}
