package dev.penstock.jobs;

import dev.penstock.wire.Spelling;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Compares the columns a template names with those that exist. */
final class ColumnCheck {
    private ColumnCheck() {}

    /** Refuses a template that names a column which no row can have. */
    static void require(Path file, List<String> wanted, Collection<String> existing) {
        for (String name : wanted) {
            if (!existing.contains(name)) {
                throw new InputException(
                        file + ": " + missing(name, existing) + ". Correct the name in --prompt or" + " --system");
            }
        }
    }

    /** Refuses a template that names a column which exists twice. */
    static void requireUnique(Path file, List<String> wanted, List<String> header) {
        Set<String> once = new HashSet<>();
        for (String name : header) {
            if (!once.add(name) && wanted.contains(name)) {
                throw new InputException(
                        file + ": the header names " + name + " twice, and the prompt uses it; rename one of them");
            }
        }
    }

    static String missing(String name, Collection<String> existing) {
        return "there is no column " + name
                + Spelling.nearest(name, existing)
                        .map(near -> "; did you mean " + near + "?")
                        .orElse(";")
                + " The columns are: " + Names.list(existing);
    }
}
