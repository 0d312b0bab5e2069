package dev.penstock.gateway.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/** Collects what is wrong with one file, so that all of it is told at once. Not thread-safe. */
final class Problems {
    /** More than anybody corrects at a time. */
    private static final int MOST = 100;

    private final String file;
    private final List<ConfigProblem> found = new ArrayList<>();
    private int more;

    Problems(String file) {
        this.file = file;
    }

    void add(Node at, String text) {
        add(at.getStartMark(), text);
    }

    void add(Optional<Mark> at, String text) {
        if (at.isPresent()) {
            add(at.get().getLine() + 1, at.get().getColumn() + 1, text);
        } else {
            add(0, 0, text);
        }
    }

    /** Line and column from 1; both 0 for the whole file. */
    void add(int line, int column, String text) {
        if (found.size() < MOST) {
            found.add(new ConfigProblem(file, line, column, text));
        } else {
            more++;
        }
    }

    /** The line of a node, for a problem elsewhere that points to it. */
    static int line(Node at) {
        return at.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    }

    void throwIfAny() {
        if (found.isEmpty()) {
            return;
        }
        List<ConfigProblem> sorted = new ArrayList<>(found);
        sorted.sort(Comparator.comparingInt(ConfigProblem::line).thenComparingInt(ConfigProblem::column));
        if (more > 0) {
            sorted.add(new ConfigProblem(file, 0, 0, "and " + more + " more problems; correct these first"));
        }
        throw new ConfigException(sorted);
    }
}
