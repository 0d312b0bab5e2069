package dev.penstock.retry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class WhenTest {
    private static final Outcome<?> FINE = new Outcome.Returned<>("fine");
    private static final Outcome<?> NULL = new Outcome.Returned<@Nullable Object>(null);

    private static Outcome<?> failed(Exception thrown) {
        return new Outcome.Failed<>(thrown);
    }

    @Test
    void typesMatchTheirSubtypes() {
        When io = When.exception(IOException.class, TimeoutException.class);

        assertThat(io.matches(failed(new FileNotFoundException()))).isTrue();
        assertThat(io.matches(failed(new TimeoutException()))).isTrue();
        assertThat(io.matches(failed(new IllegalStateException()))).isFalse();
        assertThat(io.matches(FINE)).isFalse();
    }

    @Test
    void exceptionsExceptSomeAreNoValues() {
        When others = When.exceptionExcept(IOException.class);

        assertThat(others.matches(failed(new TimeoutException()))).isTrue();
        assertThat(others.matches(failed(new FileNotFoundException()))).isFalse();
        assertThat(others.matches(FINE)).isFalse();
    }

    @Test
    void untilAnExceptionEvenGoodValuesAreTriedAgain() {
        When until = When.until(FileNotFoundException.class);

        assertThat(until.matches(FINE)).isTrue();
        assertThat(until.matches(failed(new IOException()))).isTrue();
        assertThat(until.matches(failed(new FileNotFoundException()))).isFalse();
    }

    @Test
    void causesAreFoundAndACircleOfThemEnds() {
        When io = When.cause(IOException.class);
        var circle = new IllegalStateException("outer");
        var inner = new IllegalStateException("inner", circle);
        var started = circle.initCause(inner);

        assertThat(started).isSameAs(circle);
        assertThat(io.matches(failed(new IllegalStateException(new UncheckedIOException(new IOException())))))
                .isTrue();
        assertThat(io.matches(failed(new IOException()))).isFalse();
        assertThat(io.matches(failed(circle))).isFalse();
    }

    @Test
    void messagesMatchWholeOrByPattern() {
        assertThat(When.message("busy").matches(failed(new IOException("busy"))))
                .isTrue();
        assertThat(When.message("busy").matches(failed(new IOException("busy now"))))
                .isFalse();
        assertThat(When.messageMatches(Pattern.compile("bu.y")).matches(failed(new IOException("is busy now"))))
                .isTrue();
        assertThat(When.message("busy").not().matches(failed(new IOException())))
                .as("no message")
                .isTrue();
        assertThat(When.messageMatches(Pattern.compile("BUSY", Pattern.CASE_INSENSITIVE))
                        .matches(failed(new IOException("busy"))))
                .isTrue();
    }

    @Test
    void valuesMatchByWhatTheyAre() {
        assertThat(When.result(value -> value == null).matches(NULL)).isTrue();
        assertThat(When.result(String.class, String::isEmpty).matches(new Outcome.Returned<>("")))
                .isTrue();
        assertThat(When.result(String.class, String::isEmpty).matches(NULL)).isFalse();
        assertThat(When.exception(IOException.class, thrown -> "x".equals(thrown.getMessage()))
                        .matches(failed(new IOException("x"))))
                .isTrue();
    }

    @Test
    void conditionsCombineAndAreFlat() {
        When io = When.exception(IOException.class);
        When busy = When.message("busy");

        assertThat(io.and(busy).matches(failed(new IOException("idle")))).isFalse();
        assertThat(io.or(busy).matches(failed(new IllegalStateException("busy"))))
                .isTrue();
        assertThat(When.never().matches(FINE)).isFalse();
        assertThat(When.always().matches(FINE)).isTrue();
        assertThat(io.or(busy.or(When.never())))
                .hasToString("anyOf(exception(java.io.IOException), message(\"busy\"), never)");
        assertThat(busy.not().not()).isEqualTo(busy);
    }
}
