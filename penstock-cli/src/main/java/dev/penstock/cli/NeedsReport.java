package dev.penstock.cli;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.wire.TierRow;
import dev.penstock.wire.TierTable;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/** Which tier carries a load, for people. */
final class NeedsReport {
    private static final int WIDE = 100;
    private static final int MINUTES_OF_A_DAY = 24 * 60;

    private final TierTable table;
    private final List<TierRow> rows;
    private final List<Limit> needs;
    private final Optional<String> model;
    private final int width;

    NeedsReport(TierTable table, List<TierRow> rows, List<Limit> needs, Optional<String> model, int width) {
        this.table = table;
        this.rows = rows;
        this.needs = needs;
        this.model = model;
        this.width = width;
    }

    /**
     * The lowest tier of a family that carries a load, as the rows say that count.
     *
     * @param below the highest one that does not; empty if the lowest does
     */
    record Carrier(String family, Optional<TierRow> tier, Optional<TierRow> below) {}

    /** For each family among the rows. */
    static List<Carrier> carriers(TierTable table, List<TierRow> rows, List<Limit> needs) {
        Set<String> families = new LinkedHashSet<>();
        rows.forEach(row -> families.add(row.family()));
        List<Carrier> carriers = new ArrayList<>();
        for (String family : families) {
            Optional<TierRow> below = Optional.empty();
            Optional<TierRow> found = Optional.empty();
            List<String> tiers = new ArrayList<>(table.tiersOf(family));
            // The free tier stands last where only one source has it.
            if (tiers.remove("free")) {
                tiers.addFirst("free");
            }
            for (String tier : tiers) {
                TierRow row = table.find(family, tier).orElseThrow();
                if (missing(row, needs).isEmpty()) {
                    found = Optional.of(row);
                    break;
                }
                below = Optional.of(row);
            }
            carriers.add(new Carrier(family, found, below));
        }
        return carriers;
    }

    /** The limits of a row that a load exceeds; what a source does not state is no limit. */
    static List<Limit> missing(TierRow row, List<Limit> needs) {
        List<Limit> missing = new ArrayList<>();
        for (Limit need : needs) {
            row.limits().stream()
                    .filter(limit -> limit.dimension().equals(need.dimension()) && limit.amount() < need.amount())
                    .forEach(missing::add);
        }
        return missing;
    }

    void print(PrintStream to) {
        String load = needs.stream()
                .map(need ->
                        Figures.count(need.amount()) + " " + need.dimension().label())
                .collect(Collectors.joining(" and "));
        List<Carrier> carriers = carriers(table, rows, needs);
        to.println(wrap("The lowest tier that carries " + load + ":"));
        to.println();
        Columns columns = new Columns(List.of("model", "tier", "limits", "the one below has"));
        for (Carrier carrier : carriers) {
            columns.add(List.of(
                    carrier.family(),
                    carrier.tier().map(TierRow::tier).orElse("none"),
                    width < WIDE ? "-" : carrier.tier().map(NeedsReport::limits).orElse("-"),
                    carrier.below()
                            .map(below -> below.tier() + ": "
                                    + missing(below, needs).stream()
                                            .map(NeedsReport::amount)
                                            .collect(Collectors.joining(", ")))
                            .orElse("-")));
        }
        columns.print(to);
        if (carriers.stream().anyMatch(carrier -> carrier.tier().isEmpty())) {
            to.println(wrap("none: of the tiers that the table has for it, which may not be all"));
        }
        carriers.forEach(carrier -> notes(carrier, to));
        requires(carriers, to);
        to.println();
        String tier = carriers.stream()
                .flatMap(carrier -> carrier.tier().stream())
                .map(TierRow::tier)
                .findFirst()
                .orElse("5");
        to.println("Next, to see what a job takes on it:");
        to.println("  ./penstock plan INPUT --tier " + tier);
    }

    private static String limits(TierRow row) {
        return row.limits().isEmpty()
                ? "none stated"
                : row.limits().stream().map(NeedsReport::amount).collect(Collectors.joining(", "));
    }

    /** A limit in few words. */
    static String amount(Limit limit) {
        Duration window = limit.dimension().window();
        String amount = Figures.compact(limit.amount()) + " ";
        if (window.equals(Dimension.REQUESTS_PER_MINUTE.window())) {
            return amount + limit.dimension().unit().plural() + "/min";
        }
        if (window.equals(Dimension.REQUESTS_PER_DAY.window())) {
            return amount + limit.dimension().unit().plural() + "/day";
        }
        return amount + limit.dimension().label();
    }

    private void notes(Carrier carrier, PrintStream to) {
        OptionalLong minute = needs.stream()
                .filter(need -> need.dimension().equals(Dimension.REQUESTS_PER_MINUTE))
                .mapToLong(Limit::amount)
                .findFirst();
        carrier.tier().ifPresent(row -> {
            if (minute.isPresent()
                    && row.requestsPerDay().isPresent()
                    && row.requestsPerDay().getAsLong() < minute.getAsLong() * MINUTES_OF_A_DAY) {
                long minutes = row.requestsPerDay().getAsLong() / minute.getAsLong();
                to.println(wrap("  " + row.family() + " on " + PlanReport.tierName(row.tier()) + ": at that pace its "
                        + Figures.count(row.requestsPerDay().getAsLong()) + " requests a day are used up after "
                        + Figures.time(Duration.ofMinutes(minutes)) + "."));
            }
        });
        if (carrier.tier().isEmpty() && model.isPresent()) {
            to.println(wrap("  No tier in the table carries that with " + carrier.family()
                    + ": use a smaller model for a part of it, batches (penstock run --via batch), which take nothing from"
                    + " these limits, or ask the provider for more."));
        }
    }

    private void requires(List<Carrier> carriers, PrintStream to) {
        Set<String> tiers = new LinkedHashSet<>();
        carriers.forEach(carrier -> carrier.tier().ifPresent(row -> tiers.add(row.tier())));
        List<String> parts = new ArrayList<>();
        for (String tier : tiers) {
            table.rows().stream()
                    .filter(row -> row.tier().equals(tier) && !row.requires().isEmpty())
                    .findFirst()
                    .ifPresent(row -> parts.add(tier + " takes " + row.requires()));
        }
        if (!parts.isEmpty()) {
            to.println();
            to.println(wrap("Tier " + String.join(", tier ", parts) + "."));
        }
        to.println(wrap("Tokens count with the maximum output of each request, whatever is written."));
    }

    private String wrap(String text) {
        return Wrapping.wrap(text, width, 4);
    }
}
