package dev.penstock.retry;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The kinds of {@link When}. */
final class Whens {
    /** Causes can form a circle. */
    private static final int MOST_CAUSES = 64;

    private Whens() {}

    record Always() implements When {
        @Override
        public boolean matches(Outcome<?> outcome) {
            return true;
        }

        @Override
        public String toString() {
            return "always";
        }
    }

    record Thrown(List<Class<? extends Exception>> types) implements When {
        Thrown {
            types = List.copyOf(types);
        }

        @Override
        public boolean matches(Outcome<?> outcome) {
            return exception(outcome)
                    .filter(thrown -> types.stream().anyMatch(type -> type.isInstance(thrown)))
                    .isPresent();
        }

        @Override
        public String toString() {
            return PolicyText.call("exception", types);
        }
    }

    record Until(Class<? extends Exception> type) implements When {
        @Override
        public boolean matches(Outcome<?> outcome) {
            return exception(outcome).filter(type::isInstance).isEmpty();
        }

        @Override
        public String toString() {
            return PolicyText.call("until", type);
        }
    }

    record Caused(Class<? extends Throwable> type) implements When {
        @Override
        public boolean matches(Outcome<?> outcome) {
            Throwable cause = exception(outcome).map(Throwable::getCause).orElse(null);
            for (int i = 0; cause != null && i < MOST_CAUSES; i++) {
                if (type.isInstance(cause)) {
                    return true;
                }
                cause = cause.getCause();
            }
            return false;
        }

        @Override
        public String toString() {
            return PolicyText.call("cause", type);
        }
    }

    record Message(String text) implements When {
        @Override
        public boolean matches(Outcome<?> outcome) {
            return message(outcome).filter(text::equals).isPresent();
        }

        @Override
        public String toString() {
            return PolicyText.call("message", text);
        }
    }

    /** A {@link Pattern} is no value: two of the same text are not equal. */
    record MessageMatches(String regex, int flags) implements When {
        @Override
        public boolean matches(Outcome<?> outcome) {
            Pattern pattern = Pattern.compile(regex, flags);
            return message(outcome).filter(text -> pattern.matcher(text).find()).isPresent();
        }

        @Override
        public String toString() {
            return flags == 0
                    ? PolicyText.call("messageMatches", regex)
                    : PolicyText.call("messageMatches", regex, flags);
        }
    }

    record Custom(Predicate<Outcome<?>> condition) implements When {
        @Override
        public boolean matches(Outcome<?> outcome) {
            return condition.test(outcome);
        }

        @Override
        public String toString() {
            return PolicyText.CODE;
        }
    }

    record Not(When condition) implements When {
        @Override
        public boolean matches(Outcome<?> outcome) {
            return !condition.matches(outcome);
        }

        @Override
        public String toString() {
            return condition instanceof Always ? "never" : PolicyText.call("not", condition);
        }
    }

    record AnyOf(List<When> conditions) implements When {
        AnyOf {
            conditions = Stops.flat(conditions, part -> part instanceof AnyOf any ? any.conditions : List.of(part));
        }

        @Override
        public boolean matches(Outcome<?> outcome) {
            for (When part : conditions) {
                if (part.matches(outcome)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public String toString() {
            return PolicyText.call("anyOf", conditions);
        }
    }

    record AllOf(List<When> conditions) implements When {
        AllOf {
            conditions = Stops.flat(conditions, part -> part instanceof AllOf all ? all.conditions : List.of(part));
        }

        @Override
        public boolean matches(Outcome<?> outcome) {
            for (When part : conditions) {
                if (!part.matches(outcome)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public String toString() {
            return PolicyText.call("allOf", conditions);
        }
    }

    static List<Class<? extends Exception>> types(Class<? extends Exception> type, Class<? extends Exception>[] more) {
        List<Class<? extends Exception>> types = new ArrayList<>();
        types.add(type);
        types.addAll(List.of(more));
        return types;
    }

    private static Optional<Exception> exception(Outcome<?> outcome) {
        return outcome instanceof Outcome.Failed<?> failed ? Optional.of(failed.exception()) : Optional.empty();
    }

    private static Optional<String> message(Outcome<?> outcome) {
        return exception(outcome).map(Throwable::getMessage);
    }
}
