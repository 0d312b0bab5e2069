package dev.penstock.retry;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * How long to wait before trying again. A value: equal if made alike, and {@link #parse} reads what {@code toString}
 * writes. Pure: the random numbers are an argument. Safe for use by several threads.
 *
 * <p>Whatever a wait says, a hint of the server is never undercut: the call waits at least {@link Backoff#afterHint}.
 *
 * {@snippet class="RetrySnippets" region="wait"}
 */
public sealed interface Wait
        permits Waits.Fixed,
                Waits.Between,
                Waits.Linear,
                Waits.Exponential,
                Waits.FullJitter,
                Waits.EqualJitter,
                Waits.Decorrelated,
                Waits.Fibonacci,
                Waits.Decay,
                Waits.InTurn,
                Waits.Listed,
                Waits.FromFailure,
                Waits.Custom,
                Waits.ServerHint,
                Waits.Plus,
                Waits.AtLeast,
                Waits.Spread,
                Waits.Live {

    /** The wait after this attempt; zero or more. */
    Duration next(RetryState state, RandomGenerator random);

    /** Whether there are no more waits, so that the call gives up. */
    default boolean ended(RetryState state) {
        return false;
    }

    /** Not at all. */
    static Wait none() {
        return new Waits.Fixed(Duration.ZERO);
    }

    /** Always the same. */
    static Wait fixed(Duration time) {
        return new Waits.Fixed(time);
    }

    /** {@code U(least, most)}. */
    static Wait between(Duration least, Duration most) {
        return new Waits.Between(least, most);
    }

    /** {@code clamp(first + (n - 1) * step, 0, most)}; the step may be negative. */
    static Wait linear(Duration first, Duration step, Duration most) {
        return new Waits.Linear(first, step, most);
    }

    /**
     * {@code min(first * factor^(n-1), most)}, without jitter. Callers who failed together come back together: prefer
     * {@link #fullJitter}, or add {@code .plus(between(...))}, which the cap does not cut.
     *
     * @param factor 1 or more
     */
    static Wait exponential(Duration first, double factor, Duration most) {
        return new Waits.Exponential(first, factor, most);
    }

    /** {@link Backoff} whose first bound is twice the least wait: {@code fullJitter(1s, 60s)} draws from U(1, 2) first. */
    static Wait fullJitter(Duration least, Duration most) {
        return new Waits.FullJitter(new Backoff(least, least.multipliedBy(2), most));
    }

    /** {@link Backoff}: {@code U(least, clamp(first * 2^(n-1), least, most))}. */
    static Wait fullJitter(Duration least, Duration first, Duration most) {
        return new Waits.FullJitter(new Backoff(least, first, most));
    }

    /** Half of {@code min(first * 2^(n-1), most)} for sure, and a random part of the other half. */
    static Wait equalJitter(Duration first, Duration most) {
        return new Waits.EqualJitter(first, most);
    }

    /**
     * {@code U(base, min(most, 3 * previous))}, the previous wait being the base at first. Unlike the usual form it is
     * drawn below the cap, not cut by it, so that callers stay spread out.
     */
    static Wait decorrelated(Duration base, Duration most) {
        return new Waits.Decorrelated(base, most);
    }

    /** 1, 1, 2, 3, 5, ... units, and the most thereafter. */
    static Wait fibonacci(Duration unit, Duration most) {
        return new Waits.Fibonacci(unit, most);
    }

    /**
     * {@code max(first * e^(-rate * (n-1)), least)}: for something that is more likely to be done the longer it takes.
     *
     * @param rate zero or more
     */
    static Wait decay(Duration first, double rate, Duration least) {
        return new Waits.Decay(first, rate, least);
    }

    /** The n-th of these for the n-th wait; the last one repeats. */
    static Wait sequence(Wait first, Wait... rest) {
        return new Waits.InTurn(Stream.concat(Stream.of(first), Stream.of(rest)).toList());
    }

    /** These waits and no more: when they are used up, the call gives up. */
    static Wait list(Duration first, Duration... rest) {
        return new Waits.Listed(Stream.concat(Stream.of(first), Stream.of(rest)).toList());
    }

    /**
     * What the exception says, as it is; the other wait if it says nothing, or if the attempt returned a value. For what
     * a server said use {@link Retry.Builder#hint}, which is spread and never undercut. Has no text form.
     */
    static Wait fromFailure(Function<Exception, Optional<Duration>> time, Wait otherwise) {
        return new Waits.FromFailure(time, otherwise);
    }

    /** What this makes of the outcome. Has no text form. */
    static Wait fromOutcome(Function<Outcome<?>, Duration> time) {
        return new Waits.Custom((state, random) -> time.apply(state.outcome()));
    }

    /** What this makes of the state and random numbers. Has no text form. */
    static Wait of(BiFunction<RetryState, RandomGenerator, Duration> formula) {
        return new Waits.Custom(formula);
    }

    /** What this supplies, asked for each wait, so that a setting can change while calls run. Has no text form. */
    static Wait of(Supplier<Wait> current) {
        return new Waits.Live(current);
    }

    /** As long as the server asked, and the other wait where it did not ask. Other waits take the longer of both. */
    static Wait serverHint(Wait otherwise) {
        return new Waits.ServerHint(otherwise);
    }

    /** This and the other. */
    default Wait plus(Wait other) {
        return new Waits.Plus(List.of(this, other));
    }

    /** This, but not shorter. */
    default Wait atLeast(Duration least) {
        return new Waits.AtLeast(this, least);
    }

    /**
     * This times {@code U(1 - part, 1 + part)}.
     *
     * @param part 0 to 1
     */
    default Wait spread(double part) {
        return new Waits.Spread(this, part);
    }

    /**
     * Reads the text form, for example {@code plus(exponential(1s, 2.0, 1m), between(0s, 1s))}.
     *
     * @throws IllegalArgumentException if it is none; the message says what is wrong with it
     */
    static Wait parse(String text) {
        return PolicyText.wait(text);
    }
}
