package dev.penstock.retry;

import dev.penstock.retry.RetryReport.Ending;
import dev.penstock.time.Deadline;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The kinds of {@link Stop}. */
final class Stops {
    private Stops() {}

    record Never() implements Stop {
        @Override
        public Optional<Ending> reason(RetryState state) {
            return Optional.empty();
        }

        @Override
        public String toString() {
            return "never";
        }
    }

    record Attempts(int most) implements Stop {
        Attempts {
            if (most < 1) {
                throw new IllegalArgumentException("attempts is " + most + "; it must be 1 (never try again) or more");
            }
        }

        @Override
        public Optional<Ending> reason(RetryState state) {
            return when(state.number() >= most, Ending.ATTEMPTS_USED_UP);
        }

        @Override
        public OptionalInt mostAttempts() {
            return OptionalInt.of(most);
        }

        @Override
        public String toString() {
            return PolicyText.call("attempts", most);
        }
    }

    record AfterElapsed(Duration time) implements Stop {
        AfterElapsed {
            checkTime(time);
        }

        @Override
        public Optional<Ending> reason(RetryState state) {
            return when(state.elapsed().compareTo(time) >= 0, Ending.DEADLINE);
        }

        @Override
        public Optional<Duration> left(Duration elapsed, long nowNanos) {
            return Optional.of(time.minus(elapsed));
        }

        @Override
        public String toString() {
            return PolicyText.call("afterElapsed", time);
        }
    }

    record BeforeElapsed(Duration time) implements Stop {
        BeforeElapsed {
            checkTime(time);
        }

        @Override
        public Optional<Ending> reason(RetryState state) {
            return when(state.upcoming().compareTo(time.minus(state.elapsed())) >= 0, Ending.DEADLINE);
        }

        @Override
        public Optional<Duration> left(Duration elapsed, long nowNanos) {
            return Optional.of(time.minus(elapsed));
        }

        @Override
        public String toString() {
            return PolicyText.call("beforeElapsed", time);
        }
    }

    record At(Deadline deadline) implements Stop {
        @Override
        public Optional<Ending> reason(RetryState state) {
            return when(state.upcoming().compareTo(deadline.left(state.nowNanos())) >= 0, Ending.DEADLINE);
        }

        @Override
        public Optional<Duration> left(Duration elapsed, long nowNanos) {
            return Optional.of(deadline.left(nowNanos));
        }

        @Override
        public String toString() {
            return PolicyText.CODE;
        }
    }

    record Custom(Predicate<RetryState> condition) implements Stop {
        @Override
        public Optional<Ending> reason(RetryState state) {
            return when(condition.test(state), Ending.STOPPED);
        }

        @Override
        public String toString() {
            return PolicyText.CODE;
        }
    }

    record Live(Supplier<Stop> current) implements Stop {
        @Override
        public Optional<Ending> reason(RetryState state) {
            return current.get().reason(state);
        }

        @Override
        public Optional<Duration> left(Duration elapsed, long nowNanos) {
            return current.get().left(elapsed, nowNanos);
        }

        @Override
        public OptionalInt mostAttempts() {
            return current.get().mostAttempts();
        }

        @Override
        public String toString() {
            return PolicyText.CODE;
        }
    }

    record AnyOf(List<Stop> stops) implements Stop {
        AnyOf {
            stops = flat(stops, stop -> stop instanceof AnyOf any ? any.stops : List.of(stop));
        }

        @Override
        public Optional<Ending> reason(RetryState state) {
            return stops.stream().flatMap(stop -> stop.reason(state).stream()).findFirst();
        }

        @Override
        public Optional<Duration> left(Duration elapsed, long nowNanos) {
            return lefts(stops, elapsed, nowNanos).min(Comparator.naturalOrder());
        }

        @Override
        public OptionalInt mostAttempts() {
            return stops.stream()
                    .flatMapToInt(stop -> stop.mostAttempts().stream())
                    .min();
        }

        @Override
        public String toString() {
            return PolicyText.call("anyOf", stops);
        }
    }

    record AllOf(List<Stop> stops) implements Stop {
        AllOf {
            stops = flat(stops, stop -> stop instanceof AllOf all ? all.stops : List.of(stop));
        }

        @Override
        public Optional<Ending> reason(RetryState state) {
            Optional<Ending> last = Optional.empty();
            for (Stop stop : stops) {
                last = stop.reason(state);
                if (last.isEmpty()) {
                    return last;
                }
            }
            return last;
        }

        @Override
        public Optional<Duration> left(Duration elapsed, long nowNanos) {
            return lefts(stops, elapsed, nowNanos).count() == stops.size()
                    ? lefts(stops, elapsed, nowNanos).max(Comparator.naturalOrder())
                    : Optional.empty();
        }

        @Override
        public OptionalInt mostAttempts() {
            return stops.stream().allMatch(stop -> stop.mostAttempts().isPresent())
                    ? stops.stream()
                            .flatMapToInt(stop -> stop.mostAttempts().stream())
                            .max()
                    : OptionalInt.empty();
        }

        @Override
        public String toString() {
            return PolicyText.call("allOf", stops);
        }
    }

    /** Operands of operands of the same kind stand side by side, so that equal meanings have one text. */
    static <S> List<S> flat(List<S> parts, Function<S, List<S>> operands) {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("nothing is combined; give at least one");
        }
        return parts.stream().flatMap(part -> operands.apply(part).stream()).toList();
    }

    private static Stream<Duration> lefts(List<Stop> stops, Duration elapsed, long nowNanos) {
        return stops.stream().flatMap(stop -> stop.left(elapsed, nowNanos).stream());
    }

    private static Optional<Ending> when(boolean reached, Ending ending) {
        return reached ? Optional.of(ending) : Optional.empty();
    }

    private static void checkTime(Duration time) {
        if (!time.isPositive()) {
            throw new IllegalArgumentException("the time to stop is " + time + "; it must be longer than zero");
        }
    }
}
