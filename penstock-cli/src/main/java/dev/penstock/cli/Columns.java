package dev.penstock.cli;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** A table in aligned columns; one that is empty throughout is left out. */
final class Columns {
    private static final String NOTHING = "-";

    private final List<String> names;
    private final List<List<String>> rows = new ArrayList<>();

    /**
     * @param names of the columns; one that starts with {@code >} is aligned to the right
     */
    Columns(List<String> names) {
        this.names = List.copyOf(names);
    }

    /** A cell of {@code -} means nothing is known. */
    void add(List<String> cells) {
        if (cells.size() != names.size()) {
            throw new IllegalArgumentException(
                    "a row of " + cells.size() + " cells was added to a table of " + names.size() + " columns");
        }
        rows.add(List.copyOf(cells));
    }

    void print(PrintStream to) {
        int[] widths = new int[names.size()];
        for (int i = 0; i < widths.length; i++) {
            int column = i;
            boolean used = rows.stream().anyMatch(row -> !row.get(column).equals(NOTHING));
            int widest = rows.stream()
                    .mapToInt(row -> row.get(column).length())
                    .max()
                    .orElse(0);
            widths[i] = used ? Math.max(title(i).length(), widest) : 0;
        }
        line(
                to,
                java.util.stream.IntStream.range(0, widths.length)
                        .mapToObj(this::title)
                        .toList(),
                widths);
        rows.forEach(row -> line(to, row, widths));
    }

    private String title(int column) {
        String name = names.get(column);
        return name.startsWith(">") ? name.substring(1) : name;
    }

    private void line(PrintStream to, List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            if (widths[i] == 0) {
                continue;
            }
            String padding = " ".repeat(widths[i] - cells.get(i).length());
            line.append(line.isEmpty() ? "" : "  ");
            line.append(names.get(i).startsWith(">") ? padding + cells.get(i) : cells.get(i) + padding);
        }
        to.println(line.toString().stripTrailing());
    }
}
