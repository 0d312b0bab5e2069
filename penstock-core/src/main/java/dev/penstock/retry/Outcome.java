package dev.penstock.retry;

import org.jspecify.annotations.Nullable;

/**
 * What came of one attempt.
 *
 * @param <T> what the body returns
 */
public sealed interface Outcome<T extends @Nullable Object> {
    /** The body returned, which need not mean that the value is a good one. */
    record Returned<T extends @Nullable Object>(T value) implements Outcome<T> {}

    /** The body threw. Errors never get here: they end the call untouched. */
    record Failed<T extends @Nullable Object>(Exception exception) implements Outcome<T> {}
}
