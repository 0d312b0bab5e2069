package dev.penstock.jobs;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The names met at the top level of JSON rows, in order of appearance. Bounded. Not thread-safe. */
final class ColumnNames {
    private final int most;
    private final Set<String> names = new LinkedHashSet<>();

    ColumnNames(int most) {
        this.most = most;
    }

    void add(String name) {
        // A name that the answer's column might want is always kept, so that the answer never hides a value.
        if (names.size() < most || name.startsWith(OutputColumns.ANSWER)) {
            names.add(name);
        }
    }

    List<String> toList() {
        return new ArrayList<>(names);
    }
}
