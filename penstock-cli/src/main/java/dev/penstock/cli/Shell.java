package dev.penstock.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Optional;
import java.util.function.Function;

/**
 * What surrounds a command: where results and messages go, and the environment.
 *
 * @param in what is piped in
 * @param out results
 * @param err progress, summaries and errors
 * @param environment the value of an environment variable
 * @param attached whether {@code err} is the process's own, and so may be a terminal
 */
record Shell(
        InputStream in,
        PrintStream out,
        PrintStream err,
        Function<String, Optional<String>> environment,
        boolean attached) {
    /** With nothing piped in. */
    Shell(PrintStream out, PrintStream err, Function<String, Optional<String>> environment, boolean attached) {
        this(InputStream.nullInputStream(), out, err, environment, attached);
    }

    /** An environment variable that is set and not blank. */
    Optional<String> variable(String name) {
        return environment.apply(name).filter(value -> !value.isBlank());
    }

    boolean debugging() {
        return variable("PENSTOCK_DEBUG").isPresent();
    }

    /** Whether colours are welcome, see <a href="https://no-color.org">no-color.org</a>. */
    boolean colours() {
        return variable("NO_COLOR").isEmpty();
    }

    void error(String sentence) {
        err.println("penstock: " + sentence);
    }
}
