package dev.penstock.cli;

import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/** Shows where an error came from, for those who debug. */
final class StackTraces {
    private static final int MOST_CAUSES = 10;

    private StackTraces() {}

    static void print(Throwable thrown, PrintStream to) {
        @Nullable Throwable next = thrown;
        for (int i = 0; next != null && i < MOST_CAUSES; i++) {
            to.println((i == 0 ? "" : "caused by ") + next);
            for (StackTraceElement frame : next.getStackTrace()) {
                to.println("    at " + frame);
            }
            next = next.getCause();
        }
    }
}
