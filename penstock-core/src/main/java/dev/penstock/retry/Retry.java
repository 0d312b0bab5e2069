package dev.penstock.retry;

import dev.penstock.retry.RetryReport.Ending;
import dev.penstock.time.CancelSignal;
import dev.penstock.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Calls something until it succeeds or it is time to give up. What the body throws last is what the caller gets, with the
 * {@link RetryReport} among its suppressed exceptions.
 *
 * <p>Unless told otherwise: any exception is tried again, 6 attempts within 10 minutes, waits of 1 s to 60 s with full
 * jitter, and a {@link RetryBudget} that puts retries off while too many calls fail.
 *
 * {@snippet class="RetrySnippets" region="retry"}
 *
 * <p>An {@link Error} passes through untouched. An interrupt ends the call: its thread stays interrupted, and a wait that
 * it ended throws {@link java.util.concurrent.CancellationException}.
 *
 * <p>Immutable, safe for use by several threads.
 */
public final class Retry {
    private static final Stop DEFAULT_STOP = Stop.attempts(6).or(Stop.beforeElapsed(Duration.ofMinutes(10)));

    private final String name;
    final boolean enabled;
    final Stop stop;
    final Wait wait;
    final When when;
    final List<Rule> rules;
    final When throttledWhen;
    final @Nullable Function<Outcome<?>, Judgement> classifier;
    final @Nullable Function<Outcome<?>, Optional<Duration>> hints;
    final @Nullable Function<RetryReport, ? extends RuntimeException> onExhausted;
    final Consumer<Object> onDiscard;
    final List<GuardedListener> listeners;
    final RetryBudget budget;
    final SharedGate gate;
    final TimeSource time;
    final RandomGenerator random;
    final RetryCounters counters;

    private Retry(Builder builder) {
        name = builder.name;
        enabled = builder.enabled;
        stop = builder.stop;
        wait = builder.wait;
        when = builder.when;
        rules = List.copyOf(builder.rules);
        throttledWhen = builder.throttledWhen;
        classifier = builder.classifier;
        hints = builder.hints;
        onExhausted = builder.onExhausted;
        onDiscard = builder.onDiscard;
        listeners = List.copyOf(builder.listeners);
        time = builder.time;
        random = builder.random;
        RetryBudget given = builder.budget;
        budget = given == null ? new RetryBudget(RetryBudget.Settings.DEFAULT, time.nanos()) : given;
        gate = builder.gate;
        counters = builder.counters;
        boolean endless = stop instanceof Stops.Never;
        if (endless && wait instanceof Waits.Fixed fixed && fixed.time().isZero()) {
            throw new IllegalArgumentException(
                    name + " never stops and does not wait; give it a wait, or a stop such as attempts(6)");
        }
    }

    /** The policy described above. */
    public static Retry defaults() {
        return builder().build();
    }

    /** Calls once, and leaves whatever comes of it as it is. */
    public static Retry disabled() {
        return builder().enabled(false).build();
    }

    /**
     * Never gives up.
     *
     * @param wait not {@link Wait#none}
     */
    public static Retry forever(Wait wait) {
        return builder().stop(Stop.never()).wait(wait).build();
    }

    /** Begins a policy with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Begins a policy with the defaults and a name for logs, reports and messages. */
    public static Builder named(String name) {
        return new Builder().name(name);
    }

    /**
     * Reads the text form, for example {@code name embeddings; stop attempts(3); wait fixed(2s); when
     * exception(java.io.IOException)}. What is not named is as in the defaults; {@code off} is {@link #disabled}.
     *
     * @throws IllegalArgumentException if it is none; the message says what is wrong with it
     */
    public static Retry parse(String text) {
        return PolicyText.retry(text);
    }

    /**
     * This policy with changes. Listeners, statistics, budget and gate are shared with it.
     *
     * {@snippet class="RetrySnippets" region="with"}
     */
    public Retry with(UnaryOperator<Builder> changes) {
        return changes.apply(new Builder(this)).build();
    }

    /** Of the policy; {@code retry} if it was given none. */
    public String name() {
        return name;
    }

    /** Calls the body until it is accepted. */
    public <T extends @Nullable Object, X extends Exception> T call(Body<T, X> body) throws X {
        return BlockingCall.call(this, attempt -> body.call(), null, null);
    }

    /** Calls the body until it is accepted, telling it which attempt it is. */
    public <T extends @Nullable Object, X extends Exception> T call(AttemptBody<T, X> body) throws X {
        return BlockingCall.call(this, body, null, null);
    }

    /**
     * Calls the body until it is accepted or cancelled.
     *
     * @throws java.util.concurrent.CancellationException if cancelled before it was accepted. An attempt that is under way
     *     is not disturbed, but none follows
     */
    public <T extends @Nullable Object, X extends Exception> T call(Body<T, X> body, CancelSignal cancel) throws X {
        return BlockingCall.call(this, attempt -> body.call(), null, cancel);
    }

    /**
     * Calls the body until it is accepted. When it is given up after all retries the fallback gives the value; what cannot
     * be tried again is thrown.
     */
    public <T extends @Nullable Object, X extends Exception> T callOr(Body<T, X> body, Fallback<T> fallback) throws X {
        return BlockingCall.call(this, attempt -> body.call(), fallback, null);
    }

    /** Runs the body until it ends without an exception. */
    public <X extends Exception> void run(Action<X> body) throws X {
        Object nothing = BlockingCall.<@Nullable Object, X>call(
                this,
                attempt -> {
                    body.run();
                    return null;
                },
                null,
                null);
        assert nothing == null;
    }

    /** The body with retries around it. */
    public <T extends @Nullable Object, X extends Exception> Wrapped<T, X> wrap(Body<T, X> body) {
        return new Wrapped<>(this, body, null);
    }

    /** The body with retries and a fallback around it. */
    public <T extends @Nullable Object, X extends Exception> Wrapped<T, X> wrap(Body<T, X> body, Fallback<T> fallback) {
        return new Wrapped<>(this, body, fallback);
    }

    /**
     * Retries as a loop, for bodies that cannot be a lambda.
     *
     * {@snippet class="RetrySnippets" region="loop"}
     */
    public RetryLoop loop() {
        return new RetryLoop(this);
    }

    /**
     * Calls the body until its stage is accepted; no thread waits meanwhile. Cancelling the future ends a wait and cancels
     * the stage that is under way. What is thrown blocking completes the future here.
     *
     * {@snippet class="RetrySnippets" region="async"}
     */
    public <T extends @Nullable Object> CompletableFuture<T> callAsync(Supplier<? extends CompletionStage<T>> body) {
        return new AsyncCall<T>(this, attempt -> body.get()).begin();
    }

    /** Calls the body until its stage is accepted, telling it which attempt it is. */
    public <T extends @Nullable Object> CompletableFuture<T> callAsync(
            Function<Attempt, ? extends CompletionStage<T>> body) {
        return new AsyncCall<T>(this, body).begin();
    }

    /** The decisions for one call, for drivers of your own: simulations, event loops. */
    public RetryMachine machine() {
        return new RetryMachine(this);
    }

    /** What became of the calls so far, those of policies derived by {@link #with} included. */
    public RetryStatistics statistics() {
        return counters.snapshot();
    }

    /** The text form. What is made of code shows as {@code <code>} and cannot be read back. */
    @Override
    public String toString() {
        return PolicyText.text(this);
    }

    /** Whether a call may make its first attempt without a {@link RetryMachine}: nobody listens, nothing holds it back. */
    boolean beginsAtOnce() {
        return listeners.isEmpty() && (gate.isOpen() || !enabled);
    }

    Judgement judge(Outcome<?> outcome, Attempt attempt) {
        Judgement judgement = judge(outcome);
        boolean again = judgement instanceof Judgement.TryAgain || judgement instanceof Judgement.Throttled;
        if (again && attempt.committed()) {
            return outcome instanceof Outcome.Returned<?>
                    ? Judgement.accept()
                    : Judgement.abort(judgement.reason() + ", after a part of the answer was passed on");
        }
        return judgement;
    }

    private Judgement judge(Outcome<?> outcome) {
        if (!enabled) {
            return outcome instanceof Outcome.Failed<?> ? Judgement.abort("retries are off") : Judgement.accept();
        }
        if (outcome instanceof Outcome.Failed<?> failed) {
            if (failed.exception() instanceof TryAgainException again) {
                return again.judgement();
            }
            if (failed.exception() instanceof InterruptedException) {
                return Judgement.abort("interrupted");
            }
        }
        Function<Outcome<?>, Judgement> judge = classifier;
        if (judge != null) {
            return judge.apply(outcome);
        }
        if (throttledWhen.matches(outcome)) {
            return Judgement.throttled(reason(outcome));
        }
        if (ruleFor(outcome) >= 0 || when.matches(outcome)) {
            return Judgement.tryAgain(reason(outcome));
        }
        return outcome instanceof Outcome.Failed<?> ? Judgement.abort(reason(outcome)) : Judgement.accept();
    }

    private static String reason(Outcome<?> outcome) {
        return switch (outcome) {
            case Outcome.Failed<?> failed -> RetryReport.nameOf(failed.exception());
            case Outcome.Returned<?> returned -> "the value is not accepted";
        };
    }

    int ruleFor(Outcome<?> outcome) {
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i).when().matches(outcome)) {
                return i;
            }
        }
        return -1;
    }

    Optional<Duration> hintOf(Outcome<?> outcome) {
        Function<Outcome<?>, Optional<Duration>> reads = hints;
        return reads == null ? Optional.empty() : reads.apply(outcome);
    }

    void publish(RetryEvent event) {
        if (enabled) {
            for (GuardedListener listener : listeners) {
                listener.accept(event);
            }
        }
    }

    void discard(Outcome<?> outcome) {
        if (outcome instanceof Outcome.Returned<?> returned) {
            Object value = returned.value();
            if (value != null) {
                onDiscard.accept(value);
            }
        }
    }

    /** Decides about an outcome. Where a condition of the policy throws, nobody gets the value: it is discarded. */
    <D> D letGoIfThrown(Outcome<?> outcome, Supplier<D> decision) {
        try {
            return decision.get();
        } catch (RuntimeException | Error e) {
            discard(outcome);
            throw e;
        }
    }

    /** The outcome, unless it was discarded because another attempt follows and is of no use since. */
    <T extends @Nullable Object> Optional<Outcome<T>> usable(Outcome<T> outcome, RetryMachine.Step next) {
        boolean closed = !(next instanceof RetryMachine.Step.Done)
                && outcome instanceof Outcome.Returned<?> returned
                && (onDiscard != Builder.CLOSE || returned.value() instanceof AutoCloseable);
        return closed ? Optional.empty() : Optional.of(outcome);
    }

    /** What to throw for a call that was given up. */
    Exception thrownFor(RetryReport report, Optional<Outcome<?>> last) {
        Exception failure = null;
        Object value = null;
        switch (last.orElse(null)) {
            case Outcome.Failed<?> failed ->
                failure =
                        failed.exception() instanceof TryAgainException again ? again.surfacing() : failed.exception();
            case Outcome.Returned<?> returned -> value = returned.value();
            case null -> {}
        }
        if (!enabled && failure != null) {
            return failure;
        }
        Function<RetryReport, ? extends RuntimeException> mapper = onExhausted;
        var carrier = new RetryExhaustedException(report, value);
        if (report.ending() == Ending.CANCELLED) {
            var cancelled = new java.util.concurrent.CancellationException(report.explanation());
            return attach(cancelled, failure == null ? carrier : attach(failure, carrier));
        }
        if (mapper != null && report.ending() != Ending.NOT_RETRYABLE) {
            return attach(mapper.apply(report), failure == null ? carrier : attach(failure, carrier));
        }
        return failure == null ? carrier : attach(failure, carrier);
    }

    private static Exception attach(Exception thrown, Exception carried) {
        // An exception that is thrown again and again, such as a constant, must not grow without end.
        if (thrown != carried && thrown.getSuppressed().length < 32) {
            thrown.addSuppressed(carried);
        }
        return thrown;
    }

    /**
     * What is tried.
     *
     * @param <T> what it returns
     * @param <X> what it throws
     */
    @FunctionalInterface
    public interface Body<T extends @Nullable Object, X extends Exception> {
        T call() throws X;
    }

    /** A {@link Body} that may ask which attempt it is, how much time is left, and commit. */
    @FunctionalInterface
    public interface AttemptBody<T extends @Nullable Object, X extends Exception> {
        T call(Attempt attempt) throws X;
    }

    /** A {@link Body} that returns nothing. */
    @FunctionalInterface
    public interface Action<X extends Exception> {
        void run() throws X;
    }

    /** Gives a value in place of what could not be had. */
    @FunctionalInterface
    public interface Fallback<T extends @Nullable Object> {
        /**
         * @param last what came of the last attempt; empty if there was none, because the quota was used up, or if its
         *     value was discarded because another attempt was to follow
         */
        T value(RetryReport report, Optional<Outcome<T>> last);
    }

    /** A body with its retries. */
    public record Wrapped<T extends @Nullable Object, X extends Exception>(
            Retry policy, Body<T, X> body, @Nullable Fallback<T> fallback) implements Body<T, X> {
        @Override
        public T call() throws X {
            return BlockingCall.call(policy, attempt -> body.call(), fallback, null);
        }

        /** The same body and fallback with a changed policy. */
        public Wrapped<T, X> with(UnaryOperator<Builder> changes) {
            return new Wrapped<>(policy.with(changes), body, fallback);
        }
    }

    record Rule(When when, Wait pause, Stop stop) {}

    /** Makes a {@link Retry}. For one thread. */
    public static final class Builder {
        private static final Consumer<Object> CLOSE = Builder::close;

        private String name = "retry";
        private boolean enabled = true;
        private Stop stop = DEFAULT_STOP;
        private Wait wait = new Waits.FullJitter(Backoff.DEFAULT);
        private When when = When.exception(Exception.class);
        private List<Rule> rules = new ArrayList<>();
        private When throttledWhen = When.never();
        private @Nullable Function<Outcome<?>, Judgement> classifier;
        private @Nullable Function<Outcome<?>, Optional<Duration>> hints;
        private @Nullable Function<RetryReport, ? extends RuntimeException> onExhausted;
        private Consumer<Object> onDiscard = CLOSE;
        private List<GuardedListener> listeners = new ArrayList<>();
        private @Nullable RetryBudget budget;
        private SharedGate gate = new SharedGate();
        private TimeSource time = TimeSource.system();
        private RandomGenerator random = SystemRandom.SHARED;
        private RetryCounters counters = new RetryCounters();

        private Builder() {}

        private Builder(Retry from) {
            name = from.name;
            enabled = from.enabled;
            stop = from.stop;
            wait = from.wait;
            when = from.when;
            rules = new ArrayList<>(from.rules);
            throttledWhen = from.throttledWhen;
            classifier = from.classifier;
            hints = from.hints;
            onExhausted = from.onExhausted;
            onDiscard = from.onDiscard;
            listeners = new ArrayList<>(from.listeners);
            budget = from.budget;
            gate = from.gate;
            time = from.time;
            random = from.random;
            counters = from.counters;
        }

        /**
         * A name for logs, reports and messages.
         *
         * @param text not blank, and without semicolons and line ends
         */
        public Builder name(String text) {
            if (text.isBlank()
                    || text.contains(";")
                    || text.lines().count() > 1
                    || !text.strip().equals(text)) {
                throw new IllegalArgumentException("the name is '" + text
                        + "'; it must not be blank, begin or end with a space, or hold a semicolon or a line end");
            }
            name = text;
            return this;
        }

        /** Whether anything is done at all: if not, the body is called once and all it does is left as it is. */
        public Builder enabled(boolean on) {
            enabled = on;
            return this;
        }

        /** When to give up. */
        public Builder stop(Stop condition) {
            stop = condition;
            return this;
        }

        /** How long to wait. */
        public Builder wait(Wait strategy) {
            wait = strategy;
            return this;
        }

        /** What is tried again. */
        public Builder when(When condition) {
            when = condition;
            return this;
        }

        /**
         * Another treatment for some failures; the first rule that matches is applied. The number of attempts that its
         * wait and stop see are those that ended in it; the stop of the policy holds as well.
         */
        public Builder rule(When condition, Wait strategy, Stop rule) {
            rules.add(new Rule(condition, strategy, rule));
            return this;
        }

        /** What is a refusal by quota: it closes the {@link SharedGate} and costs no attempt. */
        public Builder throttledWhen(When condition) {
            throttledWhen = condition;
            return this;
        }

        /** Judges outcomes instead of {@link #when}, {@link #throttledWhen} and the conditions of rules. */
        public Builder classify(Function<Outcome<?>, Judgement> judge) {
            classifier = judge;
            return this;
        }

        /**
         * Reads from an outcome when the server wants to be asked again, where the judgement does not say so. Where the
         * stop has no limit in time, a hint of more than 10 minutes ends the call.
         */
        public Builder hint(Function<Outcome<?>, Optional<Duration>> reads) {
            hints = reads;
            return this;
        }

        /** Makes the exception that is thrown when retries are used up, instead of the last one, which is suppressed. */
        public Builder onExhausted(Function<RetryReport, ? extends RuntimeException> mapper) {
            onExhausted = mapper;
            return this;
        }

        /**
         * Takes each value but null that is not returned, before anything is waited for. By default what is
         * {@link AutoCloseable} is closed.
         */
        public Builder onDiscard(Consumer<Object> discards) {
            onDiscard = discards;
            return this;
        }

        /** Adds a listener. What it throws is logged once and changes nothing. */
        public Builder listener(Consumer<? super RetryEvent> listener) {
            listeners.add(new GuardedListener(listener));
            return this;
        }

        /** Shares a budget with other policies; it must count in the time of this one's time source. */
        public Builder budget(RetryBudget shared) {
            budget = shared;
            return this;
        }

        /** Shares a gate with other policies that use the same quota. */
        public Builder gate(SharedGate shared) {
            gate = shared;
            return this;
        }

        /** Where time comes from: {@link dev.penstock.time.VirtualTime} in tests. */
        public Builder time(TimeSource source) {
            time = source;
            return this;
        }

        /** Where random numbers come from; safe for use by as many threads as the policy. */
        public Builder random(RandomGenerator generator) {
            random = generator;
            return this;
        }

        /**
         * The policy.
         *
         * @throws IllegalArgumentException if it would try for ever without waiting
         */
        public Retry build() {
            return new Retry(this);
        }

        private static void close(Object value) {
            if (value instanceof AutoCloseable closeable) {
                try {
                    closeable.close();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (Exception e) {
                    // Nobody wants the value any more, and a broken one often cannot be closed in order.
                    System.getLogger(Retry.class.getName())
                            .log(System.Logger.Level.DEBUG, () -> "a value that is not used could not be closed", e);
                }
            }
        }
    }
}
