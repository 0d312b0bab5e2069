package dev.penstock.cli;

import dev.penstock.limit.Limit;
import dev.penstock.simulator.Explanation;
import dev.penstock.simulator.Result;
import dev.penstock.simulator.Scenario;
import dev.penstock.simulator.Series;
import dev.penstock.simulator.TenantResult;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import java.util.function.IntToDoubleFunction;

/** Results for people: a table, what happened over time, and a few sentences. */
final class SimulationReport {
    static final int USUAL_WIDTH = 80;
    private static final int WIDEST = 160;
    private static final int WIDE = 100;
    private static final String LEVELS = " ▁▂▃▄▅▆▇█";
    private static final String PLAIN_LEVELS = " .:-=+*%#";

    private final Scenario scenario;
    private final List<Result> results;
    private final Glyphs glyphs;
    private final int width;
    private final boolean colours;
    private final int nameWidth;

    SimulationReport(Scenario scenario, List<Result> results, Glyphs glyphs, int width, boolean colours) {
        this.scenario = scenario;
        this.results = results;
        this.glyphs = glyphs;
        this.width = Math.clamp(width, 40, WIDEST);
        this.colours = colours;
        this.nameWidth = results.stream()
                .mapToInt(result -> result.strategy().length())
                .max()
                .orElse(0);
    }

    void print(PrintStream to) {
        to.println(Wrapping.wrap(heading(), width, 0));
        to.println();
        table(to);
        if (results.stream().anyMatch(Result::cutShort)) {
            to.println(Wrapping.wrap(
                    "+ stopped there, since it would have gone on for long; what was left counts as lost", width, 2));
        }
        tenants(to);
        to.println();
        overTime(to);
        to.println();
        sentences(to);
    }

    private String heading() {
        StringJoiner limits = new StringJoiner(", ");
        for (Limit limit : scenario.limits()) {
            limits.add(Figures.count(limit.amount()) + " " + limit.dimension().label());
        }
        scenario.concurrency().ifPresent(most -> limits.add(most + " at a time"));
        String against = limits.length() == 0 ? "no limits" : limits.toString();
        return scenario.traffic().description()
                + scenario.duration().map(time -> " for " + Figures.time(time)).orElse("")
                + ", " + Figures.count(Math.round(scenario.meanTokens())) + " tokens each, against " + against
                + scenario.tier()
                        .map(tier -> " (" + scenario.model() + ", "
                                + (tier.equals("free") ? "free tier" : "tier " + tier) + ")")
                        .orElse("");
    }

    /** @param whenWide whether there is room for it on wide screens only */
    private record Column(String title, boolean whenWide) {}

    private static final List<Column> COLUMNS = List.of(
            new Column("answered", false),
            new Column("lost", false),
            new Column("429s", false),
            new Column("per answer", true),
            new Column("done in", false),
            new Column("of least", false),
            new Column("quota", true),
            new Column("wait p50", true),
            new Column("wait p95", false),
            new Column("wait p99", true),
            new Column("cost", false));

    private List<String> cells(Result result) {
        Duration done = Duration.ofNanos((long) (result.makespanSeconds() * 1e9));
        return List.of(
                Figures.count(result.accepted()),
                result.givenUp() == 0 ? glyphs.dash() : Figures.count(result.givenUp()),
                result.rejected() == 0 ? glyphs.dash() : Figures.count(result.rejected()),
                result.rejected() == 0
                        ? glyphs.dash()
                        : String.format(Locale.ROOT, "%.2f", result.wastedCallsPerSuccess()),
                Figures.time(done) + (result.cutShort() ? "+" : ""),
                result.bestPossibleSeconds() == 0 || result.givenUp() > 0
                        ? glyphs.dash()
                        : String.format(Locale.ROOT, "%.2f", result.timesBest()) + glyphs.times(),
                result.calls() == 0 ? glyphs.dash() : Math.round(100 * result.quotaUsed()) + " %",
                Figures.time(result.waits().percentile(0.5)),
                Figures.time(result.waits().percentile(0.95)),
                Figures.time(result.waits().percentile(0.99)),
                result.cost().map(Figures::dollars).orElse(glyphs.dash()));
    }

    private void table(PrintStream to) {
        List<List<String>> rows = results.stream().map(this::cells).toList();
        boolean wide = width >= WIDE;
        List<Integer> shown = new ArrayList<>();
        int[] widths = new int[COLUMNS.size()];
        for (int i = 0; i < widths.length; i++) {
            int column = i;
            if (wide || !COLUMNS.get(i).whenWide()) {
                shown.add(i);
                widths[i] = Math.max(
                        COLUMNS.get(i).title().length(),
                        rows.stream()
                                .mapToInt(row -> row.get(column).length())
                                .max()
                                .orElse(0));
            }
        }
        Line head = new Line(width, colours).add(pad("strategy", Math.max(nameWidth, 8)), Ink.DIM);
        for (int i : shown) {
            head.addWhole("  " + right(COLUMNS.get(i).title(), widths[i]), Ink.DIM);
        }
        to.println(head.text());
        for (int row = 0; row < rows.size(); row++) {
            Result result = results.get(row);
            boolean whole = result.givenUp() == 0;
            Line line = new Line(width, colours)
                    .add(pad(result.strategy(), Math.max(nameWidth, 8)), whole ? Ink.BOLD : Ink.PLAIN);
            for (int i : shown) {
                line.addWhole("  " + right(rows.get(row).get(i), widths[i]), ink(COLUMNS.get(i), result));
            }
            to.println(line.text().stripTrailing());
        }
    }

    private static Ink ink(Column column, Result result) {
        return switch (column.title()) {
            case "lost" -> result.givenUp() > 0 ? Ink.RED : Ink.DIM;
            case "429s", "per answer" -> result.rejected() > 0 ? Ink.YELLOW : Ink.DIM;
            default -> Ink.PLAIN;
        };
    }

    private void tenants(PrintStream to) {
        if (scenario.tenants().size() < 2) {
            return;
        }
        to.println();
        Columns columns = new Columns(List.of("strategy", "tenant", ">answered", ">lost", ">wait p50", ">wait p95"));
        for (Result result : results) {
            for (TenantResult tenant : result.tenants()) {
                columns.add(List.of(
                        result.strategy(),
                        tenant.name(),
                        Figures.count(tenant.accepted()),
                        Figures.count(tenant.givenUp()),
                        Figures.time(tenant.waits().percentile(0.5)),
                        Figures.time(tenant.waits().percentile(0.95))));
            }
        }
        columns.print(to);
    }

    /** Calls a second, admitted and refused, all on the same axes. */
    private void overTime(PrintStream to) {
        double end = axisSeconds();
        int room = Math.max(10, width - nameWidth - 2 - 9);
        double mostAccepted = 0;
        double mostRejected = 0;
        for (Result result : results) {
            Series series = result.series();
            mostAccepted = Math.max(mostAccepted, highest(cells(series, series::accepted, end, room)));
            mostRejected = Math.max(mostRejected, highest(cells(series, series::rejected, end, room)));
        }
        if (mostAccepted == 0 && mostRejected == 0) {
            return;
        }
        // Two scales: where calls are refused by the hundred, the few that pass could not be seen on the same one.
        to.println(Wrapping.wrap(
                "From 0 to " + Figures.time(Duration.ofNanos((long) (end * 1e9))) + ": answers, up to "
                        + rate(mostAccepted)
                        + (mostRejected > 0 ? ", and 429s, up to " + rate(mostRejected) : ""),
                width,
                0));
        for (Result result : results) {
            Series series = result.series();
            double[] accepted = cells(series, series::accepted, end, room);
            double[] rejected = cells(series, series::rejected, end, room);
            if (highest(accepted) == 0 && highest(rejected) == 0) {
                continue;
            }
            String name = result.strategy();
            if (highest(accepted) > 0) {
                spark(to, name, accepted, mostAccepted, Ink.GREEN, "answers");
                name = "";
            }
            if (highest(rejected) > 0) {
                spark(to, name, rejected, mostRejected, Ink.RED, "429s");
            }
        }
    }

    private void spark(PrintStream to, String name, double[] cells, double most, Ink ink, String what) {
        String levels = glyphs.full().equals("█") ? LEVELS : PLAIN_LEVELS;
        StringBuilder text = new StringBuilder();
        for (double value : cells) {
            int level = value <= 0 ? 0 : Math.clamp((int) Math.ceil(8 * value / most), 1, 8);
            text.append(levels.charAt(level));
        }
        to.println(new Line(width, colours)
                .add(pad(name, nameWidth) + "  ")
                .add(text.toString(), ink)
                .add("  " + what, Ink.DIM)
                .text());
    }

    /** Batches take so much longer than all others that nothing else could be seen beside them. */
    private double axisSeconds() {
        double longest = 0;
        for (Result result : results) {
            if (result.calls() > 0) {
                longest = Math.max(longest, result.makespanSeconds());
            }
        }
        return longest;
    }

    private static double[] cells(Series series, IntToDoubleFunction perSecond, double end, int room) {
        double[] sums = new double[room];
        double cell = Math.max(end, series.secondsPerPoint()) / room;
        for (int i = 0; i < series.points(); i++) {
            double from = i * series.secondsPerPoint();
            double to = from + series.secondsPerPoint();
            double rate = perSecond.applyAsDouble(i);
            for (int at = (int) (from / cell); at < room && at * cell < to; at++) {
                double overlap = Math.min(to, (at + 1) * cell) - Math.max(from, at * cell);
                sums[at] += rate * Math.max(0, overlap) / cell;
            }
        }
        return sums;
    }

    private static double highest(double[] cells) {
        double most = 0;
        for (double value : cells) {
            most = Math.max(most, value);
        }
        return most;
    }

    private void sentences(PrintStream to) {
        Explanation explanation = Explanation.of(scenario, worst(results));
        to.println(Wrapping.wrap(explanation.situation(), width, 0));
        if (!explanation.fix().isEmpty()) {
            to.println(Wrapping.wrap(explanation.fix(), width, 0));
        }
        if (results.size() == 1) {
            to.println(Wrapping.wrap(explanation.outcome(), width, 0));
        }
    }

    /** Of the one that loses most, and of equals the one that is refused most, there is most to say. */
    static Result worst(List<Result> results) {
        Result worst = results.getFirst();
        for (Result result : results) {
            if (result.givenUp() > worst.givenUp()
                    || result.givenUp() == worst.givenUp() && result.rejected() > worst.rejected()) {
                worst = result;
            }
        }
        return worst;
    }

    private static String rate(double perSecond) {
        if (perSecond >= 10) {
            return Figures.compact(perSecond) + " a second";
        }
        return perSecond >= 1
                ? String.format(Locale.ROOT, "%.1f a second", perSecond)
                : String.format(Locale.ROOT, "%.1f a minute", 60 * perSecond);
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    private static String right(String text, int width) {
        return " ".repeat(Math.max(0, width - text.length())) + text;
    }
}
