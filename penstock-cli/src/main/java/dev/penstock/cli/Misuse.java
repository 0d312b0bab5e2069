package dev.penstock.cli;

import dev.penstock.wire.Spelling;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says in a sentence what is wrong with a command line. */
final class Misuse {
    private Misuse() {}

    static String sentence(ParameterException e) {
        return switch (e) {
            case UnmatchedArgumentException unmatched -> unmatched(unmatched);
            case MissingParameterException missing -> missing(missing);
            default -> invalid(e);
        };
    }

    private static String unmatched(UnmatchedArgumentException e) {
        String given = e.getUnmatched().getFirst();
        CommandLine line = e.getCommandLine();
        int equals = given.indexOf('=');
        String name = given.startsWith("-") && equals > 0 ? given.substring(0, equals) : given;
        List<String> candidates = new ArrayList<>();
        if (given.startsWith("-")) {
            for (OptionSpec option : line.getCommandSpec().options()) {
                if (!option.hidden()) {
                    candidates.addAll(List.of(option.names()));
                }
            }
        } else {
            candidates.addAll(line.getSubcommands().keySet());
        }
        String kind = given.startsWith("-") ? "option" : line.getSubcommands().isEmpty() ? "argument" : "command";
        String meant = Spelling.nearest(name, candidates)
                .map(near -> "; did you mean " + near + "?")
                .orElse(kind.equals("command") ? "; commands are " + String.join(", ", candidates) : "");
        return "unknown " + kind + " " + name + meant;
    }

    private static String missing(MissingParameterException e) {
        ArgSpec first = e.getMissing().getFirst();
        if (first.isOption() && !first.required()) {
            return label(first) + " needs a value: " + label(first) + " " + first.paramLabel();
        }
        String names = e.getMissing().stream().map(Misuse::label).collect(Collectors.joining(" and "));
        return names + " is missing";
    }

    private static String label(ArgSpec argument) {
        return argument.isOption() ? ((OptionSpec) argument).longestName() : argument.paramLabel();
    }

    private static String invalid(ParameterException e) {
        ArgSpec argument = e.getArgSpec();
        String value = e.getValue();
        if (argument != null && value != null) {
            return label(argument) + " is '" + value + "'; it must be " + expected(argument);
        }
        String message = String.valueOf(e.getMessage());
        return message.isEmpty() ? "wrong usage" : Character.toLowerCase(message.charAt(0)) + message.substring(1);
    }

    private static String expected(ArgSpec argument) {
        if (argument.type() == Map.class) {
            return "NAME=VALUE";
        }
        Class<?>[] inner = argument.auxiliaryTypes();
        Class<?> type = argument.type() == Optional.class && inner.length > 0 ? inner[0] : argument.type();
        if (type == BigDecimal.class) {
            return "an amount such as 5.00";
        }
        if (type == Path.class) {
            return "the path of a file";
        }
        return "a whole number";
    }
}
