package dev.penstock.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PolicyTextTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "name a b; stop attempts(3); wait fixed(1500us); when exception(java.io.IOException)",
                "name x; stop never; wait between(0s, 1h); when never; throttledWhen message(\"full; \\\"up\\\"\")",
                "name x; stop attempts(6); wait none; when always; rule(message(\"a;b\"), list(1s, 5s), attempts(3))",
                "off"
            })
    void aTextReadsBackAsItIs(String text) {
        assertThat(Retry.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a \"b", "\"a\"", "\"", "a \\", "\\\"", "it's (1, 2)", "off"})
    void anyNameReadsBackAsItIs(String name) {
        Retry named = Retry.named(name).when(When.message("a; \"b")).build();

        assertThat(Retry.parse(named.toString()))
                .hasToString(named.toString())
                .extracting(Retry::name)
                .isEqualTo(name);
    }

    @Test
    void whatIsNotNamedIsAsInTheDefaults() {
        assertThat(Retry.parse("wait fixed(2.5s)").toString())
                .isEqualTo(Retry.defaults().toString().replace("fullJitter(1s, 1m)", "fixed(2500ms)"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "stop atempts(3)|no stop is called 'atempts'; known are never, attempts",
                "stop attempts(3|',' or ')' is expected at character 11",
                "stop attempts|'attempts' has 0 arguments; attempts takes 1",
                "stop attempts(three)|'three' is no number",
                "stop attempts(0)|attempts is 0",
                "wait fixed(3)|'3' is no time; write it as 250ms, 1.5s, 10m or 2h",
                "wait fixed(-3s)|fixed is PT-3S",
                "when exception(java.lang.String)|'java.lang.String' is no known Exception",
                "when exception(no.Such)|'no.Such' is no known Exception",
                "when message(\"open)|'\"' is expected",
                "retries 3|'retries 3' is no part of a policy; known are off, name",
                "stop never; wait none|never stops and does not wait"
            })
    void whatIsWrongIsSaid(String text, String message) {
        assertThatThrownBy(() -> Retry.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void codeHasNoTextForm() {
        Retry coded = Retry.named("coded").stop(Stop.when(() -> true)).build();

        assertThat(coded).asString().contains("stop <code>");
        assertThatThrownBy(() -> Retry.parse(coded.toString())).hasMessageContaining("Code has no text form");
    }

    @Test
    void nestingIsBounded() {
        String deep = "atLeast(".repeat(10_000);

        assertThatThrownBy(() -> Wait.parse(deep)).hasMessageContaining("nested deeper than 32");
    }
}
