package dev.penstock.wire;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.LimitState;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Limits by model family and tier, each row with its source. Sources disagree; of two rows for the same family and tier
 * the one that stands first in {@link #rows} counts. Immutable and thread-safe.
 *
 * <p>The built-in order is: the provider's model pages, then what users observed, then the guide's table for gpt-4o
 * (whose Tier 1 to 4 figures are those of gpt-4o-mini on the model pages).
 */
public final class TierTable {
    private static final String RESOURCE = "tiers.csv";
    private static final Set<String> REQUIRED = ordered("family", "tier");
    private static final Set<String> OPTIONAL =
            ordered("source", "url", "date", "requires", "rpm", "rpd", "tpm", "tpd", "batch_queue_tokens");

    private final List<TierRow> rows;
    private final Map<Key, TierRow> first = new HashMap<>();

    private record Key(String family, String tier) {}

    private TierTable(List<TierRow> rows) {
        this.rows = List.copyOf(rows);
        for (TierRow row : rows) {
            first.putIfAbsent(new Key(row.family(), row.tier()), row);
        }
    }

    /** The table that comes with Penstock. */
    public static TierTable builtIn() {
        return BuiltIn.TABLE;
    }

    private static final class BuiltIn {
        static final TierTable TABLE = of(DataFile.ofResource(RESOURCE, REQUIRED, OPTIONAL));
    }

    /**
     * A user's table: CSV with a header line that names at least {@code family} and {@code tier}, and any of
     * {@code source, url, date, requires, rpm, rpd, tpm, tpd, batch_queue_tokens}. Lines that start with {@code #} are
     * comments.
     *
     * @throws DataFileException if the file cannot be read or a line is wrong; the message names file and line
     */
    public static TierTable load(Path file) {
        return of(DataFile.ofPath(file, REQUIRED, OPTIONAL));
    }

    /**
     * This table with the rows of a user's file before its own, so that they win.
     *
     * @throws DataFileException as {@link #load}
     */
    public TierTable overriddenBy(Path file) {
        List<TierRow> all = new ArrayList<>(load(file).rows);
        all.addAll(rows);
        return new TierTable(all);
    }

    /** This table with the rows of one source before all others; unchanged if it has no row of that source. */
    public TierTable preferring(String source) {
        List<TierRow> preferred = new ArrayList<>();
        List<TierRow> others = new ArrayList<>();
        for (TierRow row : rows) {
            (row.source().equals(source) ? preferred : others).add(row);
        }
        preferred.addAll(others);
        return new TierTable(preferred);
    }

    private static TierTable of(DataFile file) {
        List<TierRow> rows = new ArrayList<>();
        for (DataFile.Row row : file.rows()) {
            rows.add(new TierRow(
                    row.text("source").orElse(file.name()),
                    row.text("url").orElse(""),
                    row.text("date").orElse(""),
                    row.required("family"),
                    normalized(row.required("tier")),
                    row.text("requires").orElse(""),
                    row.count("rpm"),
                    row.count("rpd"),
                    row.count("tpm"),
                    row.count("tpd"),
                    row.count("batch_queue_tokens")));
        }
        return new TierTable(rows);
    }

    /** All rows; those that win come first. */
    public List<TierRow> rows() {
        return rows;
    }

    /** The tiers that some source states for a model's family, in the table's order, without repeats. */
    public List<String> tiersOf(String model) {
        String family = ModelFamily.of(model);
        Set<String> tiers = new LinkedHashSet<>();
        for (TierRow row : rows) {
            if (row.family().equals(family)) {
                tiers.add(row.tier());
            }
        }
        return List.copyOf(tiers);
    }

    /**
     * The row for a model and a tier.
     *
     * @param model a model or family name
     * @param tier for example {@code 1}, {@code tier-1}, {@code Tier 1}, {@code T1} or {@code free}
     */
    public Optional<TierRow> find(String model, String tier) {
        return Optional.ofNullable(first.get(new Key(ModelFamily.of(model), normalized(tier))));
    }

    /**
     * The row whose limits are the ones that an answer's headers show. Headers show one request limit only, so this is
     * how a client learns the other: a model with a daily request limit shows that one and hides the one per minute.
     *
     * @param seen what the headers said; project limits are passed over, because tiers are granted to organizations
     * @return empty if nothing comparable was seen, if no row agrees with all of it, or if rows of different limits do
     */
    public Optional<TierRow> matching(String model, List<LimitState> seen) {
        String family = ModelFamily.of(model);
        Optional<TierRow> found = Optional.empty();
        for (TierRow row : rows) {
            if (row.family().equals(family) && agrees(row, seen)) {
                if (found.isPresent() && !found.get().limits().equals(row.limits())) {
                    return Optional.empty();
                }
                found = found.isPresent() ? found : Optional.of(row);
            }
        }
        return found;
    }

    private static boolean agrees(TierRow row, List<LimitState> seen) {
        boolean compared = false;
        for (LimitState state : seen) {
            if (state.dimension().scope() != Scope.ORGANIZATION
                    || state.dimension().unit() == Unit.IMAGES) {
                continue;
            }
            // The amount is compared and not the window: a full bucket does not show whether it is the daily one. Other
            // providers serve the same models under limits of the same amount; their resets are too short for a day.
            boolean requests = state.dimension().unit() == Unit.REQUESTS;
            boolean daily = requests
                    ? row.requestsPerDay().isPresent()
                    : row.tokensPerMinute().isEmpty();
            OptionalLong perDay = requests ? row.requestsPerDay() : row.tokensPerDay();
            OptionalLong perMinute = requests ? row.requestsPerMinute() : row.tokensPerMinute();
            OptionalLong shown = daily ? perDay : perMinute;
            if (shown.isEmpty()
                    || shown.getAsLong() != state.limit().amount()
                    || daily && state.contradicts(Dimension.REQUESTS_PER_DAY.window())) {
                return false;
            }
            compared = true;
        }
        return compared;
    }

    /** {@code Tier 1}, {@code tier-1}, {@code T1} and {@code 1} are the same tier. */
    private static String normalized(String tier) {
        String word = tier.strip().toLowerCase(Locale.ROOT);
        String rest = word.startsWith("tier") ? word.substring(4) : word;
        rest = rest.startsWith("-") || rest.startsWith("_") ? rest.substring(1) : rest.strip();
        if (rest.length() == 2 && rest.charAt(0) == 't' && Character.isDigit(rest.charAt(1))) {
            rest = rest.substring(1);
        }
        return rest.isEmpty() ? word : rest;
    }

    private static Set<String> ordered(String... names) {
        return new LinkedHashSet<>(List.of(names));
    }
}
