package dev.penstock.cli;

import java.util.ArrayList;
import java.util.List;
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
        Class<?> type = argument.auxiliaryTypes().length > 0 ? argument.auxiliaryTypes()[0] : argument.type();
        if (type.isEnum()) {
            return java.util.Arrays.stream(type.getEnumConstants())
                    .map(constant -> constant.toString().toLowerCase(java.util.Locale.ROOT))
                    .collect(Collectors.joining(", "));
        }
        String name = type.getSimpleName().toLowerCase(java.util.Locale.ROOT);
        return switch (name) {
            case "int", "integer", "long" -> "a whole number";
            case "bigdecimal" -> "an amount such as 5.00";
            case "map" -> "NAME=VALUE";
            case "uri" -> "an address such as https://api.openai.com/v1";
            default -> "a " + name;
        };
    }
}
