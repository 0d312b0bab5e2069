package dev.penstock.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobIdentityTest {
    private static final InputDigest INPUT = new InputDigest("aa", 10, Instant.EPOCH);

    @Test
    void theSameContentWrittenAgainIsTheSameJob() {
        JobIdentity before = of(INPUT, InputOptions.prompt("m", "{{a}}"));
        JobIdentity now =
                of(new InputDigest("aa", 10, Instant.EPOCH.plusSeconds(5)), InputOptions.prompt("m", "{{a}}"));

        assertThat(before.difference(now)).isEmpty();
    }

    @Test
    void changesAreSaidWithoutThePrompt() {
        JobIdentity before =
                of(INPUT, InputOptions.prompt("gpt-4o", "secret {{a}}").withParameter("temperature", "0"));
        JobIdentity now = of(
                new InputDigest("bb", 12, Instant.EPOCH),
                InputOptions.prompt("gpt-4o-mini", "other {{a}}")
                        .withSystem("hidden")
                        .withMaxOutput(9));

        assertThat(before.difference(now))
                .containsExactly(
                        "the input changed, from 10 bytes to 12 bytes",
                        "--max-output was added: 9",
                        "--model changed, from gpt-4o to gpt-4o-mini",
                        "--param temperature was left out; it was 0",
                        "the prompt template changed",
                        "the system template was added");
    }

    @Test
    void aLongValueIsNotRepeated() {
        JobIdentity before = of(INPUT, InputOptions.none().withParameter("response_format", "x".repeat(61)));
        JobIdentity now = of(INPUT, InputOptions.none());

        assertThat(before.difference(now)).containsExactly("--param response_format was left out");
    }

    private static JobIdentity of(InputDigest input, InputOptions options) {
        return JobIdentity.of(input, options.identity(), Map.of());
    }
}
