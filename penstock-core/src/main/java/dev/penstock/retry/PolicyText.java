package dev.penstock.retry;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text form of policies: what one writes in Java, without the names of the types. */
final class PolicyText {
    /** Stands for what is made of code. */
    static final String CODE = "<code>";

    private static final Pattern DURATION = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|ms|s|m|h)");
    private static final Map<String, BigDecimal> NANOS = units();

    private PolicyText() {}

    /** {@code name(argument, ...)}. */
    static String call(String name, Object... arguments) {
        List<String> texts = new ArrayList<>();
        for (Object argument : arguments) {
            if (argument instanceof List<?> list) {
                list.forEach(part -> texts.add(scalar(part)));
            } else {
                texts.add(scalar(argument));
            }
        }
        return name + "(" + String.join(", ", texts) + ")";
    }

    private static String scalar(Object argument) {
        return switch (argument) {
            case Duration time -> duration(time);
            case Class<?> type -> type.getName();
            case String text -> '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
            default -> argument.toString();
        };
    }

    private static String duration(Duration time) {
        BigDecimal nanos = nanos(time);
        String text = nanos.toBigInteger() + "ns";
        for (var unit : NANOS.entrySet()) {
            if (nanos.remainder(unit.getValue()).signum() == 0) {
                text = nanos.divide(unit.getValue()).toBigInteger() + unit.getKey();
            }
        }
        return nanos.signum() == 0 ? "0s" : text;
    }

    private static BigDecimal nanos(Duration time) {
        return BigDecimal.valueOf(time.getSeconds()).movePointRight(9).add(BigDecimal.valueOf(time.getNano()));
    }

    private static Map<String, BigDecimal> units() {
        Map<String, BigDecimal> units = new LinkedHashMap<>();
        units.put("ns", BigDecimal.ONE);
        units.put("us", BigDecimal.valueOf(1_000));
        units.put("ms", BigDecimal.valueOf(1_000_000));
        units.put("s", BigDecimal.valueOf(1_000_000_000));
        units.put("m", BigDecimal.valueOf(60_000_000_000L));
        units.put("h", BigDecimal.valueOf(3_600_000_000_000L));
        return units;
    }

    static String text(Retry retry) {
        if (!retry.enabled) {
            return "off";
        }
        List<String> clauses = new ArrayList<>();
        // A quote of its own would begin a string that may hold what ends a clause.
        clauses.add("name " + (retry.name().contains("\"") ? scalar(retry.name()) : retry.name()));
        clauses.add("stop " + retry.stop);
        clauses.add("wait " + retry.wait);
        clauses.add("when " + (retry.classifier == null ? retry.when : CODE));
        if (!retry.throttledWhen.equals(When.never())) {
            clauses.add("throttledWhen " + retry.throttledWhen);
        }
        retry.rules.forEach(rule -> clauses.add(call("rule", rule.when(), rule.pause(), rule.stop())));
        return String.join("; ", clauses);
    }

    static Retry retry(String text) {
        if (text.strip().equals("off")) {
            return Retry.disabled();
        }
        Retry.Builder builder = Retry.builder();
        for (String clause : clauses(text)) {
            String[] parts = clause.split("[\\s(]", 2);
            String value = parts.length == 2 ? parts[1].strip() : "";
            builder = switch (parts[0]) {
                case "name" ->
                    builder.name(value.startsWith("\"") ? Term.parse(value).word() : value);
                case "stop" -> builder.stop(stop(value));
                case "wait" -> builder.wait(wait(value));
                case "when" -> builder.when(when(value));
                case "throttledWhen" -> builder.throttledWhen(when(value));
                case "rule" -> {
                    Term rule = Term.parse(clause).named("rule", 3);
                    yield builder.rule(when(rule.arg(0)), wait(rule.arg(1)), stop(rule.arg(2)));
                }
                default ->
                    throw new IllegalArgumentException(
                            "'" + clause
                                    + "' is no part of a policy; known are off, name, stop, wait, when, throttledWhen and rule");
            };
        }
        return builder.build();
    }

    private static List<String> clauses(String text) {
        List<String> clauses = new ArrayList<>();
        boolean quoted = false;
        int begin = 0;
        for (int i = 0; i <= text.length(); i++) {
            if (i == text.length() || (text.charAt(i) == ';' && !quoted)) {
                String clause = text.substring(begin, i).strip();
                if (!clause.isEmpty()) {
                    clauses.add(clause);
                }
                begin = i + 1;
            } else if (quoted && text.charAt(i) == '\\') {
                i++;
            } else if (text.charAt(i) == '"') {
                quoted = !quoted;
            }
        }
        return clauses;
    }

    static Stop stop(String text) {
        return stop(Term.parse(text));
    }

    private static Stop stop(Term term) {
        return switch (term.word()) {
            case "never" -> Stop.never();
            case "attempts" ->
                Stop.attempts((int) number(term.named("attempts", 1).arg(0)));
            case "afterElapsed" ->
                Stop.afterElapsed(time(term.named("afterElapsed", 1).arg(0)));
            case "beforeElapsed" ->
                Stop.beforeElapsed(time(term.named("beforeElapsed", 1).arg(0)));
            case "anyOf" ->
                new Stops.AnyOf(term.args().stream().map(PolicyText::stop).toList());
            case "allOf" ->
                new Stops.AllOf(term.args().stream().map(PolicyText::stop).toList());
            default -> throw unknown("stop", term, "never, attempts, afterElapsed, beforeElapsed, anyOf, allOf");
        };
    }

    static Wait wait(String text) {
        return wait(Term.parse(text));
    }

    private static Wait wait(Term term) {
        String word = term.word();
        return switch (word) {
            case "none" -> Wait.none();
            case "fixed" -> Wait.fixed(time(term.named(word, 1).arg(0)));
            case "between" -> Wait.between(time(term.named(word, 2).arg(0)), time(term.arg(1)));
            case "linear" -> Wait.linear(time(term.named(word, 3).arg(0)), time(term.arg(1)), time(term.arg(2)));
            case "exponential" ->
                Wait.exponential(time(term.named(word, 3).arg(0)), number(term.arg(1)), time(term.arg(2)));
            case "fullJitter" ->
                term.args().size() == 2
                        ? Wait.fullJitter(time(term.arg(0)), time(term.arg(1)))
                        : Wait.fullJitter(time(term.named(word, 3).arg(0)), time(term.arg(1)), time(term.arg(2)));
            case "equalJitter" -> Wait.equalJitter(time(term.named(word, 2).arg(0)), time(term.arg(1)));
            case "decorrelated" -> Wait.decorrelated(time(term.named(word, 2).arg(0)), time(term.arg(1)));
            case "fibonacci" -> Wait.fibonacci(time(term.named(word, 2).arg(0)), time(term.arg(1)));
            case "decay" -> Wait.decay(time(term.named(word, 3).arg(0)), number(term.arg(1)), time(term.arg(2)));
            case "sequence" ->
                new Waits.InTurn(term.args().stream().map(PolicyText::wait).toList());
            case "list" ->
                new Waits.Listed(term.args().stream().map(PolicyText::time).toList());
            case "serverHint" -> Wait.serverHint(wait(term.named(word, 1).arg(0)));
            case "plus" ->
                new Waits.Plus(term.args().stream().map(PolicyText::wait).toList());
            case "atLeast" -> wait(term.named(word, 2).arg(0)).atLeast(time(term.arg(1)));
            case "spread" -> wait(term.named(word, 2).arg(0)).spread(number(term.arg(1)));
            default ->
                throw unknown(
                        "wait",
                        term,
                        "none, fixed, between, linear, exponential, fullJitter, equalJitter, decorrelated, fibonacci,"
                                + " decay, sequence, list, serverHint, plus, atLeast, spread");
        };
    }

    static When when(String text) {
        return when(Term.parse(text));
    }

    private static When when(Term term) {
        String word = term.word();
        return switch (word) {
            case "never" -> When.never();
            case "always" -> When.always();
            case "exception" ->
                new Whens.Thrown(term.args().stream()
                        .<Class<? extends Exception>>map(arg -> type(arg, Exception.class))
                        .toList());
            case "until" -> When.until(type(term.named(word, 1).arg(0), Exception.class));
            case "cause" -> When.cause(type(term.named(word, 1).arg(0), Throwable.class));
            case "message" -> When.message(term.named(word, 1).arg(0).word());
            case "messageMatches" ->
                new Whens.MessageMatches(term.arg(0).word(), term.args().size() == 2 ? (int) number(term.arg(1)) : 0);
            case "not" -> when(term.named(word, 1).arg(0)).not();
            case "anyOf" ->
                new Whens.AnyOf(term.args().stream().map(PolicyText::when).toList());
            case "allOf" ->
                new Whens.AllOf(term.args().stream().map(PolicyText::when).toList());
            default ->
                throw unknown(
                        "condition",
                        term,
                        "never, always, exception, until, cause, message, messageMatches, not, anyOf, allOf");
        };
    }

    private static IllegalArgumentException unknown(String what, Term term, String known) {
        return new IllegalArgumentException(
                "no " + what + " is called '" + term.word() + "'; known are " + known + ". Code has no text form");
    }

    private static Duration time(Term term) {
        Matcher matcher =
                DURATION.matcher(term.word().startsWith("-") ? term.word().substring(1) : term.word());
        BigDecimal unit = matcher.matches() ? NANOS.get(matcher.group(2)) : null;
        if (unit == null) {
            throw new IllegalArgumentException("'" + term.word() + "' is no time; write it as 250ms, 1.5s, 10m or 2h");
        }
        BigDecimal[] parts =
                new BigDecimal(matcher.group(1)).multiply(unit).divideAndRemainder(BigDecimal.valueOf(1_000_000_000));
        Duration time = Duration.ofSeconds(parts[0].longValueExact(), parts[1].longValue());
        return term.word().startsWith("-") ? time.negated() : time;
    }

    private static double number(Term term) {
        try {
            return Double.parseDouble(term.word());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + term.word() + "' is no number", e);
        }
    }

    private static <X extends Throwable> Class<? extends X> type(Term term, Class<X> kind) {
        try {
            // Not initialized: reading a text runs no code of the class that it names.
            return Class.forName(term.word(), false, Thread.currentThread().getContextClassLoader())
                    .asSubclass(kind);
        } catch (ClassNotFoundException | ClassCastException e) {
            throw new IllegalArgumentException(
                    "'" + term.word() + "' is no known " + kind.getSimpleName() + "; give its full class name", e);
        }
    }
}
