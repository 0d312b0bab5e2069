package dev.penstock.retry;

import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which outcomes are tried again. A value: equal if made alike, and {@link #parse} reads what {@code toString} writes.
 * Safe for use by several threads.
 *
 * {@snippet class="RetrySnippets" region="when"}
 */
public sealed interface When
        permits Whens.Always,
                Whens.Thrown,
                Whens.Until,
                Whens.Caused,
                Whens.Message,
                Whens.MessageMatches,
                Whens.Custom,
                Whens.Not,
                Whens.AnyOf,
                Whens.AllOf {

    /** Whether the outcome is tried again. */
    boolean matches(Outcome<?> outcome);

    /** Nothing. */
    static When never() {
        return new Whens.Not(new Whens.Always());
    }

    /** Everything, good values too. */
    static When always() {
        return new Whens.Always();
    }

    /** Exceptions of these types. */
    @SafeVarargs
    static When exception(Class<? extends Exception> type, Class<? extends Exception>... more) {
        return new Whens.Thrown(Whens.types(type, more));
    }

    /** Exceptions of this type of which this holds. Has no text form. */
    static <X extends Exception> When exception(Class<X> type, Predicate<? super X> condition) {
        return new Whens.Custom(outcome -> outcome instanceof Outcome.Failed<?> failed
                && type.isInstance(failed.exception())
                && condition.test(type.cast(failed.exception())));
    }

    /** Exceptions of all types but these. */
    @SafeVarargs
    static When exceptionExcept(Class<? extends Exception> type, Class<? extends Exception>... more) {
        return exception(Exception.class).and(exception(type, more).not());
    }

    /** Everything, good values too, until an exception of this type is thrown. */
    static When until(Class<? extends Exception> type) {
        return new Whens.Until(type);
    }

    /** Exceptions with a cause, direct or not, of this type. */
    static When cause(Class<? extends Throwable> type) {
        return new Whens.Caused(type);
    }

    /** Exceptions with exactly this message. */
    static When message(String text) {
        return new Whens.Message(text);
    }

    /** Exceptions in whose message this pattern is found. */
    static When messageMatches(Pattern pattern) {
        return new Whens.MessageMatches(pattern.pattern(), pattern.flags());
    }

    /** Values of which this holds, null included. Has no text form. */
    static When result(Predicate<@Nullable Object> condition) {
        return new Whens.Custom(
                outcome -> outcome instanceof Outcome.Returned<?> returned && condition.test(returned.value()));
    }

    /** Values of this type of which this holds. Has no text form. */
    static <T> When result(Class<T> type, Predicate<? super T> condition) {
        return result(value -> value != null && type.isInstance(value) && condition.test(type.cast(value)));
    }

    /** What this or the other matches. */
    default When or(When other) {
        return new Whens.AnyOf(List.of(this, other));
    }

    /** What this and the other match. */
    default When and(When other) {
        return new Whens.AllOf(List.of(this, other));
    }

    /** What this does not match. */
    default When not() {
        return this instanceof Whens.Not not ? not.condition() : new Whens.Not(this);
    }

    /**
     * Reads the text form, for example {@code anyOf(exception(java.io.IOException), message("busy"))}.
     *
     * @throws IllegalArgumentException if it is none; the message says what is wrong with it
     */
    static When parse(String text) {
        return PolicyText.when(text);
    }
}
