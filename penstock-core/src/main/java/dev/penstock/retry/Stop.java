package dev.penstock.retry;

import dev.penstock.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * When to give up. A value: equal if made alike, and {@link #parse} reads what {@code toString} writes. Safe for use by
 * several threads.
 *
 * {@snippet class="RetrySnippets" region="stop"}
 */
public sealed interface Stop
        permits Stops.Never,
                Stops.Attempts,
                Stops.AfterElapsed,
                Stops.BeforeElapsed,
                Stops.At,
                Stops.Custom,
                Stops.Live,
                Stops.AnyOf,
                Stops.AllOf {

    /** Why to give up in this state; empty to go on. The state's upcoming wait is what would come next. */
    Optional<RetryReport.Ending> reason(RetryState state);

    /** How long the call may still take; empty if this sets no limit in time. May be negative. */
    default Optional<Duration> left(Duration elapsed, long nowNanos) {
        return Optional.empty();
    }

    /** How many attempts it allows at most, if that is known. */
    default OptionalInt mostAttempts() {
        return OptionalInt.empty();
    }

    /** Goes on for ever. */
    static Stop never() {
        return new Stops.Never();
    }

    /**
     * After this many attempts that count, the first one included.
     *
     * @param most 1 or more
     */
    static Stop attempts(int most) {
        return new Stops.Attempts(most);
    }

    /** Once this time is over. The last wait and the last attempt may still end later: see {@link #beforeElapsed}. */
    static Stop afterElapsed(Duration time) {
        return new Stops.AfterElapsed(time);
    }

    /** If the next attempt would start when this time is over. */
    static Stop beforeElapsed(Duration time) {
        return new Stops.BeforeElapsed(time);
    }

    /** If the next attempt would start at or after this moment, which several calls may share. */
    static Stop at(Deadline deadline) {
        return new Stops.At(deadline);
    }

    /** When this says so; asked after each attempt. Has no text form. */
    static Stop when(BooleanSupplier condition) {
        return new Stops.Custom(state -> condition.getAsBoolean());
    }

    /** When this says so of the state. Has no text form. */
    static Stop when(Predicate<RetryState> condition) {
        return new Stops.Custom(condition);
    }

    /** What this supplies, asked for each decision, so that a setting can change while calls run. Has no text form. */
    static Stop of(Supplier<Stop> current) {
        return new Stops.Live(current);
    }

    /** If this or the other says so. */
    default Stop or(Stop other) {
        return new Stops.AnyOf(List.of(this, other));
    }

    /** If this and the other say so. */
    default Stop and(Stop other) {
        return new Stops.AllOf(List.of(this, other));
    }

    /**
     * Reads the text form, for example {@code anyOf(attempts(6), beforeElapsed(10m))}.
     *
     * @throws IllegalArgumentException if it is none; the message says what is wrong with it
     */
    static Stop parse(String text) {
        return PolicyText.stop(text);
    }
}
