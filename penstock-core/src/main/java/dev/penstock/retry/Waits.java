package dev.penstock.retry;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** The kinds of {@link Wait}. Formulas are in double nanoseconds: exact up to 104 days, saturating at 292 years. */
final class Waits {
    private Waits() {}

    record Fixed(Duration time) implements Wait {
        Fixed {
            notNegative("fixed", time);
        }

        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            return time;
        }

        @Override
        public String toString() {
            return time.isZero() ? "none" : PolicyText.call("fixed", time);
        }
    }

    record Between(Duration least, Duration most) implements Wait {
        Between {
            notNegative("least", least);
            if (most.compareTo(least) < 0) {
                throw new IllegalArgumentException(
                        "the wait is between " + least + " and " + most + "; the second must not be shorter");
            }
        }

        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            return time(within(nanos(least), nanos(most), random.nextDouble()));
        }

        @Override
        public String toString() {
            return PolicyText.call("between", least, most);
        }
    }

    record Linear(Duration first, Duration step, Duration most) implements Wait {
        Linear {
            notNegative("first", first);
            notNegative("most", most);
        }

        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            return time(Math.clamp(nanos(first) + nanos(step) * (state.waits() - 1), 0, nanos(most)));
        }

        @Override
        public String toString() {
            return PolicyText.call("linear", first, step, most);
        }
    }

    record Exponential(Duration first, double factor, Duration most) implements Wait {
        Exponential {
            above("first", first);
            above("most", most);
            if (!(factor >= 1 && factor < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        "the factor is " + factor + "; it must be a number of at least 1, else waits get shorter");
            }
        }

        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            return bound(first, factor, most, state.waits());
        }

        static Duration bound(Duration first, double factor, Duration most, int n) {
            double ratio = nanos(most) / nanos(first);
            // The power is never computed where it would exceed the cap.
            boolean capped = ratio <= 1 || (factor > 1 && n - 1 >= Math.log(ratio) / Math.log(factor));
            return capped ? most : time(Math.min(nanos(first) * Math.pow(factor, n - 1), nanos(most)));
        }

        @Override
        public String toString() {
            return PolicyText.call("exponential", first, factor, most);
        }
    }

    record FullJitter(Backoff backoff) implements Wait {
        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            return backoff.delay(state.waits(), random);
        }

        @Override
        public String toString() {
            return backoff.first().equals(backoff.least().multipliedBy(2))
                    ? PolicyText.call("fullJitter", backoff.least(), backoff.most())
                    : PolicyText.call("fullJitter", backoff.least(), backoff.first(), backoff.most());
        }
    }

    record EqualJitter(Duration first, Duration most) implements Wait {
        EqualJitter {
            above("first", first);
            above("most", most);
        }

        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            double bound = nanos(Exponential.bound(first, 2, most, state.waits()));
            return time(within(bound / 2, bound, random.nextDouble()));
        }

        @Override
        public String toString() {
            return PolicyText.call("equalJitter", first, most);
        }
    }

    record Decorrelated(Duration base, Duration most) implements Wait {
        Decorrelated {
            above("base", base);
            if (most.compareTo(base) < 0) {
                throw new IllegalArgumentException(
                        "decorrelated waits are " + base + " to " + most + "; the second must not be shorter");
            }
        }

        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            double previous = state.waits() == 1 ? nanos(base) : Math.max(nanos(base), nanos(state.previousWait()));
            return time(within(nanos(base), Math.min(nanos(most), 3 * previous), random.nextDouble()));
        }

        @Override
        public String toString() {
            return PolicyText.call("decorrelated", base, most);
        }
    }

    record Fibonacci(Duration unit, Duration most) implements Wait {
        Fibonacci {
            above("unit", unit);
            above("most", most);
        }

        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            double limit = nanos(most);
            double previous = 0;
            double current = nanos(unit);
            // Grows by 1.6 each time: the cap is met after fewer than a hundred steps.
            for (int i = 1; i < state.waits() && current < limit; i++) {
                double sum = previous + current;
                previous = current;
                current = sum;
            }
            return current < limit ? time(current) : most;
        }

        @Override
        public String toString() {
            return PolicyText.call("fibonacci", unit, most);
        }
    }

    record Decay(Duration first, double rate, Duration least) implements Wait {
        Decay {
            above("first", first);
            notNegative("least", least);
            if (!(rate >= 0)) {
                throw new IllegalArgumentException("the rate of decay is " + rate + "; it must be zero or more");
            }
        }

        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            return time(Math.max(nanos(first) * Math.exp(-rate * (state.waits() - 1)), nanos(least)));
        }

        @Override
        public String toString() {
            return PolicyText.call("decay", first, rate, least);
        }
    }

    record InTurn(List<Wait> waits) implements Wait {
        InTurn {
            if (waits.isEmpty()) {
                throw new IllegalArgumentException("the sequence of waits is empty; it needs at least one");
            }
            waits = List.copyOf(waits);
        }

        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            return current(state).next(state, random);
        }

        @Override
        public boolean ended(RetryState state) {
            return current(state).ended(state);
        }

        private Wait current(RetryState state) {
            return waits.get(Math.min(state.waits(), waits.size()) - 1);
        }

        @Override
        public String toString() {
            return PolicyText.call("sequence", waits);
        }
    }

    record Listed(List<Duration> times) implements Wait {
        Listed {
            if (times.isEmpty()) {
                throw new IllegalArgumentException("the list of waits is empty; it needs at least one");
            }
            times.forEach(time -> notNegative("a wait of the list", time));
            times = List.copyOf(times);
        }

        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            return times.get(Math.min(place(state), times.size()) - 1);
        }

        @Override
        public boolean ended(RetryState state) {
            return place(state) > times.size();
        }

        // A list is used up even where a hint of the server begins other series again.
        private static int place(RetryState state) {
            return Math.max(1, state.number());
        }

        @Override
        public String toString() {
            return PolicyText.call("list", times);
        }
    }

    record FromFailure(Function<Exception, Optional<Duration>> time, Wait otherwise) implements Wait {
        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            Optional<Duration> said = state.outcome() instanceof Outcome.Failed<?> failed
                    ? time.apply(failed.exception())
                    : Optional.empty();
            return said.orElseGet(() -> otherwise.next(state, random));
        }

        @Override
        public boolean ended(RetryState state) {
            return otherwise.ended(state);
        }

        @Override
        public String toString() {
            return PolicyText.CODE;
        }
    }

    record Custom(BiFunction<RetryState, RandomGenerator, Duration> formula) implements Wait {
        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            return formula.apply(state, random);
        }

        @Override
        public String toString() {
            return PolicyText.CODE;
        }
    }

    record Live(Supplier<Wait> current) implements Wait {
        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            return current.get().next(state, random);
        }

        @Override
        public boolean ended(RetryState state) {
            return current.get().ended(state);
        }

        @Override
        public String toString() {
            return PolicyText.CODE;
        }
    }

    /** The hint itself is the floor of every wait, so nothing is added to it here. */
    record ServerHint(Wait otherwise) implements Wait {
        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            return state.hint().isPresent() ? Duration.ZERO : otherwise.next(state, random);
        }

        @Override
        public boolean ended(RetryState state) {
            return state.hint().isEmpty() && otherwise.ended(state);
        }

        @Override
        public String toString() {
            return PolicyText.call("serverHint", otherwise);
        }
    }

    record Plus(List<Wait> waits) implements Wait {
        Plus {
            waits = Stops.flat(waits, wait -> wait instanceof Plus plus ? plus.waits : List.of(wait));
        }

        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            double sum = 0;
            for (Wait wait : waits) {
                sum += nanos(wait.next(state, random));
            }
            return time(sum);
        }

        @Override
        public boolean ended(RetryState state) {
            return waits.stream().anyMatch(wait -> wait.ended(state));
        }

        @Override
        public String toString() {
            return PolicyText.call("plus", waits);
        }
    }

    record AtLeast(Wait base, Duration least) implements Wait {
        AtLeast {
            notNegative("least", least);
        }

        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            Duration time = base.next(state, random);
            return time.compareTo(least) < 0 ? least : time;
        }

        @Override
        public boolean ended(RetryState state) {
            return base.ended(state);
        }

        @Override
        public String toString() {
            return PolicyText.call("atLeast", base, least);
        }
    }

    record Spread(Wait base, double part) implements Wait {
        Spread {
            if (!(part >= 0 && part <= 1)) {
                throw new IllegalArgumentException("the spread is " + part + "; it must be 0 to 1");
            }
        }

        @Override
        public Duration next(RetryState state, RandomGenerator random) {
            double middle = nanos(base.next(state, random));
            return time(within(middle * (1 - part), middle * (1 + part), random.nextDouble()));
        }

        @Override
        public boolean ended(RetryState state) {
            return base.ended(state);
        }

        @Override
        public String toString() {
            return PolicyText.call("spread", base, part);
        }
    }

    private static double within(double least, double most, double random) {
        return least + (most - least) * random;
    }

    private static double nanos(Duration time) {
        return TimeUnit.NANOSECONDS.convert(time);
    }

    private static Duration time(double nanos) {
        return Duration.ofNanos(Math.round(nanos));
    }

    private static void notNegative(String what, Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException(what + " is " + time + "; a wait must be zero or longer");
        }
    }

    private static void above(String what, Duration time) {
        if (!time.isPositive()) {
            throw new IllegalArgumentException(what + " is " + time + "; it must be longer than zero");
        }
    }
}
