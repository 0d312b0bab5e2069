package dev.penstock.cli;

import dev.penstock.wire.TierRow;
import dev.penstock.wire.TierTable;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** The table of limits for people: what counts, where it is from, and what other sources say. */
final class TiersReport {
    private static final int INDENT = 2;

    private final TierTable table;
    private final List<TierRow> rows;
    private final Optional<String> model;
    private final int width;

    /** @param rows of the table that are shown */
    TiersReport(TierTable table, List<TierRow> rows, Optional<String> model, int width) {
        this.table = table;
        this.rows = rows;
        this.model = model;
        this.width = width;
    }

    void print(PrintStream to) {
        boolean several = rows.stream().anyMatch(row -> !counts(table, row));
        Columns columns = new Columns(List.of(
                "model", "tier", ">req/min", ">req/day", ">tokens/min", ">tokens/day", ">batch queue", "source"));
        for (TierRow row : rows) {
            columns.add(List.of(
                    row.family(),
                    row.tier(),
                    figure(row.requestsPerMinute()),
                    figure(row.requestsPerDay()),
                    figure(row.tokensPerMinute()),
                    figure(row.tokensPerDay()),
                    figure(row.batchQueueTokens()),
                    row.source() + (counts(table, row) ? "" : " *")));
        }
        columns.print(to);
        if (several) {
            to.println();
            to.println(wrap("* Sources differ, and what stands above for the same model and tier counts:"));
            differences(table, rows).forEach(difference -> to.println(wrap("  " + difference)));
        }
        requirements(to);
        sources(to);
        to.println();
        to.println("Next, to see which tier carries a load, or what a job takes on each:");
        to.println("  ./penstock tiers " + model.orElse("gpt-4o-mini") + " --rpm 800 --tpm 300000");
        to.println("  ./penstock plan INPUT");
    }

    /** Of every two rows for the same model and tier that do not say the same. */
    static List<String> differences(TierTable table, List<TierRow> rows) {
        List<String> all = new ArrayList<>();
        for (TierRow row : rows) {
            TierRow first = table.find(row.family(), row.tier()).orElse(row);
            if (first == row) {
                continue;
            }
            List<String> what = new ArrayList<>();
            difference("requests a minute", first.requestsPerMinute(), row.requestsPerMinute(), what);
            difference("requests a day", first.requestsPerDay(), row.requestsPerDay(), what);
            difference("tokens a minute", first.tokensPerMinute(), row.tokensPerMinute(), what);
            difference("tokens a day", first.tokensPerDay(), row.tokensPerDay(), what);
            String where = row.family() + " " + row.tier() + ": " + row.source() + " states ";
            all.add(where + (what.isEmpty() ? "the same" : String.join(", ", what)));
        }
        return all;
    }

    private static void difference(String unit, OptionalLong first, OptionalLong other, List<String> to) {
        if (other.isPresent() && !other.equals(first)) {
            to.add(Figures.count(other.getAsLong()) + " " + unit + " and not "
                    + (first.isPresent() ? Figures.count(first.getAsLong()) : "none"));
        } else if (other.isEmpty() && first.isPresent()) {
            to.add("no limit of " + unit + " and not " + Figures.count(first.getAsLong()));
        }
    }

    private void requirements(PrintStream to) {
        Map<String, String> required = new LinkedHashMap<>();
        for (TierRow row : table.rows()) {
            if (!row.requires().isEmpty()) {
                required.putIfAbsent(row.tier(), row.requires());
            }
        }
        if (required.isEmpty()) {
            return;
        }
        to.println();
        to.println("What a tier takes, as far as a source says it:");
        List<String> parts = new ArrayList<>();
        required.forEach((tier, what) -> parts.add(tier + ": " + what));
        to.println(wrap("  " + String.join("; ", parts)));
    }

    private void sources(PrintStream to) {
        Map<String, Set<String>> addresses = new LinkedHashMap<>();
        Map<String, Set<String>> dates = new LinkedHashMap<>();
        for (TierRow row : rows) {
            addresses
                    .computeIfAbsent(row.source(), name -> new LinkedHashSet<>())
                    .add(row.url());
            dates.computeIfAbsent(row.source(), name -> new LinkedHashSet<>()).add(row.date());
        }
        to.println();
        to.println("Sources:");
        addresses.forEach((source, urls) -> {
            urls.remove("");
            String date = String.join(", ", dates.getOrDefault(source, Set.of()));
            String where = urls.isEmpty()
                    ? "no address"
                    : urls.iterator().next()
                            + (urls.size() > 1 ? " and " + (urls.size() - 1) + " more of this kind" : "");
            to.println(wrap("  " + source + (date.isEmpty() ? ", no date" : ", read " + date) + ": " + where));
        });
    }

    private String wrap(String text) {
        return Wrapping.wrap(text, width, 2 * INDENT);
    }

    static boolean counts(TierTable table, TierRow row) {
        return table.find(row.family(), row.tier())
                .filter(found -> found == row)
                .isPresent();
    }

    private static String figure(OptionalLong amount) {
        return amount.isPresent() ? Figures.compact(amount.getAsLong()) : "-";
    }
}
