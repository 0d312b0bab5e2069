package dev.penstock.cli;

import java.io.PrintStream;
import java.util.Optional;
import java.util.function.Function;

/**
 * What surrounds a command: where results and messages go, and the environment.
 *
 * @param out results
 * @param err progress, summaries and errors
 * @param environment the value of an environment variable
 */
record Shell(PrintStream out, PrintStream err, Function<String, Optional<String>> environment) {
    /** An environment variable that is set and not blank. */
    Optional<String> variable(String name) {
        return environment.apply(name).filter(value -> !value.isBlank());
    }

    boolean debugging() {
        return variable("PENSTOCK_DEBUG").isPresent();
    }

    void error(String sentence) {
        err.println("penstock: " + sentence);
    }
}
