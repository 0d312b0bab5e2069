package dev.penstock.retry;

import dev.penstock.retry.RetryReport.Ending;
import dev.penstock.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

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
            for (Stop stop : stops) {
                Optional<Ending> reason = stop.reason(state);
                if (reason.isPresent()) {
                    return reason;
                }
            }
            return Optional.empty();
        }

        @Override
        public Optional<Duration> left(Duration elapsed, long nowNanos) {
            Optional<Duration> least = Optional.empty();
            for (Stop stop : stops) {
                Optional<Duration> left = stop.left(elapsed, nowNanos);
                boolean less =
                        left.isPresent() && (least.isEmpty() || left.get().compareTo(least.get()) < 0);
                least = less ? left : least;
            }
            return least;
        }

        @Override
        public OptionalInt mostAttempts() {
            OptionalInt least = OptionalInt.empty();
            for (Stop stop : stops) {
                OptionalInt most = stop.mostAttempts();
                boolean less = most.isPresent() && (least.isEmpty() || most.getAsInt() < least.getAsInt());
                least = less ? most : least;
            }
            return least;
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
            Optional<Duration> most = Optional.empty();
            for (Stop stop : stops) {
                Optional<Duration> left = stop.left(elapsed, nowNanos);
                if (left.isEmpty()) {
                    return left;
                }
                most = Optional.of(Backoff.longer(most.orElse(left.get()), left.get()));
            }
            return most;
        }

        @Override
        public OptionalInt mostAttempts() {
            int most = 0;
            for (Stop stop : stops) {
                if (stop.mostAttempts().isEmpty()) {
                    return OptionalInt.empty();
                }
                most = Math.max(most, stop.mostAttempts().getAsInt());
            }
            return OptionalInt.of(most);
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

    private static Optional<Ending> when(boolean reached, Ending ending) {
        return reached ? Optional.of(ending) : Optional.empty();
    }

    private static void checkTime(Duration time) {
        if (!time.isPositive()) {
            throw new IllegalArgumentException("the time to stop is " + time + "; it must be longer than zero");
        }
    }
}
