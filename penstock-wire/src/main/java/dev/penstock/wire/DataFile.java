package dev.penstock.wire;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A table of vendor figures as CSV: lines that start with {@code #} are comments, the first other line names the
 * columns, a field with a comma is quoted.
 */
final class DataFile {
    private final String name;
    private final List<String> columns;
    private final List<Row> rows;

    private DataFile(String name, List<String> columns, List<Row> rows) {
        this.name = name;
        this.columns = columns;
        this.rows = rows;
    }

    static DataFile ofResource(String resource, Set<String> required, Set<String> optional) {
        try (InputStream in = DataFile.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new DataFileException(resource + " is missing beside " + DataFile.class.getName()
                        + "; the penstock-wire jar is incomplete");
            }
            return parse(resource, new String(in.readAllBytes(), StandardCharsets.UTF_8), required, optional);
        } catch (IOException e) {
            throw new DataFileException("cannot read " + resource + " of the penstock-wire jar: " + e.getMessage(), e);
        }
    }

    static DataFile ofPath(Path path, Set<String> required, Set<String> optional) {
        try {
            return parse(path.toString(), Files.readString(path), required, optional);
        } catch (NoSuchFileException e) {
            throw new DataFileException(path + " does not exist; give the path of a CSV file", e);
        } catch (IOException e) {
            throw new DataFileException("cannot read " + path + ": " + e, e);
        }
    }

    static DataFile parse(String name, String text, Set<String> required, Set<String> optional) {
        List<String> columns = List.of();
        List<Row> rows = new ArrayList<>();
        int number = 0;
        DataFile file = new DataFile(name, new ArrayList<>(), rows);
        for (String line : (Iterable<String>) text.lines()::iterator) {
            number++;
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            List<String> fields = file.split(line, number);
            if (columns.isEmpty()) {
                file.checkColumns(fields, number, required, optional);
                columns = fields;
                file.columns.addAll(fields);
            } else if (fields.size() != columns.size()) {
                throw file.error(
                        number,
                        "has " + fields.size() + " fields, but the header names " + columns.size() + " columns ("
                                + String.join(",", columns) + "); leave a field empty where nothing is known");
            } else {
                rows.add(file.new Row(number, fields));
            }
        }
        if (columns.isEmpty()) {
            throw new DataFileException(
                    name + " is empty; its first line must name the columns: " + String.join(",", required));
        }
        return file;
    }

    private void checkColumns(List<String> names, int line, Set<String> required, Set<String> optional) {
        Set<String> seen = new HashSet<>();
        for (String column : names) {
            if (!required.contains(column) && !optional.contains(column)) {
                throw error(
                        line,
                        "names the column \"" + column + "\"; columns are " + String.join(", ", required)
                                + " and, where known, " + String.join(", ", optional));
            }
            if (!seen.add(column)) {
                throw error(line, "names the column \"" + column + "\" twice; name it once");
            }
        }
        for (String column : required) {
            if (!seen.contains(column)) {
                throw error(line, "does not name the column \"" + column + "\", which every row needs");
            }
        }
    }

    private List<String> split(String line, int number) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        int quoteAt = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quoted && c == '"' && i + 1 < line.length() && line.charAt(i + 1) == '"') {
                field.append('"');
                i++;
            } else if (c == '"') {
                quoted = !quoted;
                quoteAt = i + 1;
            } else if (c == ',' && !quoted) {
                fields.add(field.toString().strip());
                field.setLength(0);
            } else {
                field.append(c);
            }
        }
        if (quoted) {
            throw error(
                    number, "opens a quote in column " + quoteAt + " that is not closed; close it on the same line");
        }
        fields.add(field.toString().strip());
        return fields;
    }

    private DataFileException error(int line, String what) {
        return new DataFileException(name + ", line " + line + ": " + what);
    }

    String name() {
        return name;
    }

    List<Row> rows() {
        return rows;
    }

    /** One line of the table. */
    final class Row {
        private final int line;
        private final List<String> fields;

        private Row(int line, List<String> fields) {
            this.line = line;
            this.fields = fields;
        }

        /** The text of a column, or empty if it is blank or the file has no such column. */
        Optional<String> text(String column) {
            int index = columns.indexOf(column);
            return index < 0 || fields.get(index).isEmpty() ? Optional.empty() : Optional.of(fields.get(index));
        }

        String required(String column) {
            return text(column).orElseThrow(() -> error(line, "has no " + column + ", which every row needs"));
        }

        /** A whole number of 0 or more; digits may be grouped by underscores. */
        OptionalLong count(String column) {
            Optional<String> text = text(column);
            if (text.isEmpty()) {
                return OptionalLong.empty();
            }
            try {
                long value = Long.parseLong(text.get().replace("_", ""));
                if (value >= 0) {
                    return OptionalLong.of(value);
                }
            } catch (NumberFormatException e) {
                throw wrongNumber(column, text.get(), "a whole number of 0 or more, or nothing");
            }
            throw wrongNumber(column, text.get(), "a whole number of 0 or more, or nothing");
        }

        /** An amount of money of 0 or more. */
        Optional<BigDecimal> money(String column) {
            Optional<String> text = text(column);
            if (text.isEmpty()) {
                return Optional.empty();
            }
            try {
                BigDecimal value = new BigDecimal(text.get());
                if (value.signum() >= 0) {
                    return Optional.of(value);
                }
            } catch (NumberFormatException e) {
                throw wrongNumber(column, text.get(), "an amount such as 0.15, or nothing");
            }
            throw wrongNumber(column, text.get(), "an amount of 0 or more, or nothing");
        }

        BigDecimal requiredMoney(String column) {
            return money(column).orElseThrow(() -> error(line, "has no " + column + ", which every row needs"));
        }

        private DataFileException wrongNumber(String column, String given, String expected) {
            return error(line, column + " is \"" + given + "\"; it must be " + expected);
        }
    }
}
