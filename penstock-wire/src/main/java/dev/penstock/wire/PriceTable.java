package dev.penstock.wire;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * List prices by model family, each with its source; of two for the same family the one that stands first counts.
 * Immutable and thread-safe.
 */
public final class PriceTable {
    private static final String RESOURCE = "prices.csv";
    private static final Set<String> REQUIRED = new LinkedHashSet<>(List.of("family", "input"));
    private static final Set<String> OPTIONAL =
            new LinkedHashSet<>(List.of("source", "url", "date", "cached_input", "output", "max_output_tokens"));

    private final List<Price> rows;
    private final Map<String, Price> first = new HashMap<>();

    private PriceTable(List<Price> rows) {
        this.rows = List.copyOf(rows);
        for (Price row : rows) {
            first.putIfAbsent(row.family(), row);
        }
    }

    /** The prices that come with Penstock. */
    public static PriceTable builtIn() {
        return BuiltIn.TABLE;
    }

    private static final class BuiltIn {
        static final PriceTable TABLE = of(DataFile.ofResource(RESOURCE, REQUIRED, OPTIONAL));
    }

    /**
     * A user's prices: CSV with a header line that names at least {@code family} and {@code input}, and any of
     * {@code source, url, date, cached_input, output}, US dollars per million tokens, and {@code max_output_tokens}. Lines
     * that start with {@code #} are comments.
     *
     * @throws DataFileException if the file cannot be read or a line is wrong; the message names file and line
     */
    public static PriceTable load(Path file) {
        return of(DataFile.ofPath(file, REQUIRED, OPTIONAL));
    }

    /**
     * These prices with those of a user's file before them, so that they win.
     *
     * @throws DataFileException as {@link #load}
     */
    public PriceTable overriddenBy(Path file) {
        List<Price> all = new ArrayList<>(load(file).rows);
        all.addAll(rows);
        return new PriceTable(all);
    }

    private static PriceTable of(DataFile file) {
        List<Price> rows = new ArrayList<>();
        for (DataFile.Row row : file.rows()) {
            rows.add(new Price(
                    row.text("source").orElse(file.name()),
                    row.text("url").orElse(""),
                    row.text("date").orElse(""),
                    row.required("family"),
                    row.requiredMoney("input"),
                    row.money("cached_input"),
                    row.money("output").orElse(BigDecimal.ZERO),
                    row.count("max_output_tokens")));
        }
        return new PriceTable(rows);
    }

    /** All prices; those that win come first. */
    public List<Price> rows() {
        return rows;
    }

    /** The price of a model's family, or empty if none is known. */
    public Optional<Price> find(String model) {
        return Optional.ofNullable(first.get(ModelFamily.of(model)));
    }
}
