package dev.penstock.cli;

import dev.penstock.jobs.plan.FamilyLoad;
import dev.penstock.jobs.plan.JobPlan;
import dev.penstock.jobs.plan.MaximumAdvice;
import dev.penstock.jobs.plan.ModelCost;
import dev.penstock.jobs.plan.Repeats;
import dev.penstock.jobs.plan.TierPlan;
import dev.penstock.jobs.plan.TokenBin;
import dev.penstock.jobs.plan.Workload;
import dev.penstock.limit.Limit;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A plan for people. */
final class PlanReport {
    private static final int USUAL_WIDTH = 100;
    private static final int INDENT = 12;
    private static final int BAR = 30;
    private static final int BINS = 12;
    private static final BigDecimal LEAST_SHOWN = new BigDecimal("0.000001");
    private static final int BAD_ROWS_SHOWN = 5;
    private static final int LINES_SHOWN = 8;
    private static final Duration BATCH_PROMISE = Duration.ofHours(24);

    private final JobPlan plan;
    private final Workload workload;
    private final PlanFrame frame;
    private final Glyphs glyphs;
    private final int width;
    private final boolean onTerminal;

    /** @param width of the terminal in columns; 0 if there is none */
    PlanReport(JobPlan plan, PlanFrame frame, Glyphs glyphs, int width) {
        this.plan = plan;
        this.workload = plan.workload();
        this.frame = frame;
        this.glyphs = glyphs;
        this.onTerminal = width > 0;
        this.width = width <= 0 ? USUAL_WIDTH : Math.min(width, USUAL_WIDTH);
    }

    void print(PrintStream to) {
        to.println(frame.command().input.getFileName() + "   " + Figures.count(workload.rows(), "row")
                + (workload.families().isEmpty()
                        ? ""
                        : "   "
                                + workload.families().stream()
                                        .map(FamilyLoad::family)
                                        .collect(Collectors.joining(", "))));
        badRows(to);
        if (workload.rows() == 0) {
            to.println();
            to.println("There is no row that can be sent. Mend the file, and plan again.");
            return;
        }
        workload.families().forEach(load -> family(load, to));
        repeats(to);
        costs(to);
        tiers(to);
        deadline(to);
        to.println();
        to.println("Next" + (frame.command().asking.prompt.isPresent() ? ", with your own text for the dots:" : ":"));
        to.println("  " + command(frame.next(plan)));
        if (frame.command().account.deadline.isEmpty() && plan.liveDollars().isPresent()) {
            to.println("Add --via batch for half the price, within 24 h.");
        }
    }

    /** Broken before options, as shells allow it, where a terminal would break it anywhere. */
    private String command(String line) {
        if (!onTerminal) {
            return line;
        }
        StringBuilder broken = new StringBuilder();
        int column = 2;
        for (String word : line.split(" (?=-)", -1)) {
            if (column > 2 && column + word.length() + 3 > width) {
                broken.append(" \\").append(System.lineSeparator()).append("    ");
                column = 4;
            } else if (column > 2) {
                broken.append(' ');
                column++;
            }
            broken.append(word);
            column += word.length();
        }
        return broken.toString();
    }

    private void badRows(PrintStream to) {
        if (workload.badRows() == 0) {
            return;
        }
        field(
                to,
                "bad rows",
                Figures.count(workload.badRows(), "row") + " cannot be sent and "
                        + (workload.badRows() == 1 ? "is" : "are") + " left out of this plan:");
        workload.firstBadRows().stream()
                .limit(BAD_ROWS_SHOWN)
                .forEach(row -> to.println(Wrapping.wrap(
                        " ".repeat(INDENT) + frame.command().input.getFileName() + ":" + row, width, INDENT + 2)));
        if (workload.badRows() > BAD_ROWS_SHOWN) {
            to.println(" ".repeat(INDENT) + "and " + Figures.count(workload.badRows() - BAD_ROWS_SHOWN) + " more");
        }
    }

    private void family(FamilyLoad load, PrintStream to) {
        to.println();
        if (workload.families().size() > 1) {
            to.println(load.family() + "   " + Figures.count(load.rows(), "row"));
        }
        field(
                to,
                "input",
                Figures.count(load.inputTokens()) + " tokens, counted"
                        + (load.rows() > 1
                                ? "; from " + Figures.count(load.shortest()) + " to " + Figures.count(load.longest())
                                        + " a row, half of them up to about " + Figures.count(load.median())
                                : ""));
        histogram(load, to);
        if (load.answers() > 0) {
            field(to, "output", output(load));
            field(to, "reserved", reserved(load));
        }
        Optional<MaximumAdvice> advice = frame.subject(plan)
                .filter(tier -> tier.bindingFamily().equals(load.family()))
                .flatMap(TierPlan::maximum);
        advice.ifPresent(given -> field(to, "", waste(given)));
    }

    private String output(FamilyLoad load) {
        String tokens = Figures.count(load.expectedOutput()) + " tokens";
        if (frame.lengths().isPresent()) {
            return "about " + tokens + ", if answers are as long as the "
                    + Figures.count(frame.lengths().get().answers()) + " that are known (on average "
                    + Figures.count(Math.round(frame.answerTokens())) + ", at most "
                    + Figures.count(frame.lengths().get().most()) + ")";
        }
        return (frame.givenAnswerTokens().isPresent() ? "" : "about ") + tokens + ", "
                + (frame.givenAnswerTokens().isPresent() ? "with answers of " : "assuming answers of ")
                + Figures.count(Math.round(frame.answerTokens()))
                + (load.mostMaximum() > 0 && load.mostMaximum() < frame.answerTokens()
                        ? ", cut off at " + Figures.count(load.mostMaximum())
                        : "")
                + (frame.givenAnswerTokens().isPresent()
                        ? ""
                        : "; say --answer-tokens N, or --answers FILE with an output of some rows, if you know better");
    }

    private static String reserved(FamilyLoad load) {
        double perRow = (double) (load.chargedInput() + load.reserved()) / load.rows();
        String maximum = load.answersWithoutMaximum() == load.answers()
                ? "no request sets a maximum, and then little is set aside for the output"
                : "the limits are charged with the maximum of the output ("
                        + (load.leastMaximum() == load.mostMaximum()
                                ? Figures.count(load.mostMaximum())
                                : Figures.count(load.leastMaximum()) + " to " + Figures.count(load.mostMaximum()))
                        + "), whatever is written"
                        + (load.answersWithoutMaximum() > 0
                                ? "; " + Figures.count(load.answersWithoutMaximum()) + " answers have none"
                                : "");
        return "about " + Figures.count(Math.round(perRow)) + " tokens a row; " + maximum;
    }

    private String waste(MaximumAdvice advice) {
        String tier = frame.subject(plan)
                .map(TierPlan::tier)
                .filter(name -> !name.isEmpty())
                .map(name -> "On " + tierName(name) + " it")
                .orElse("It");
        StringBuilder text = new StringBuilder(tier).append(" takes ").append(Figures.time(advice.time()));
        if (advice.ampleMaximum() > advice.freeMaximum()) {
            text.append("; with a maximum of ")
                    .append(Figures.count(advice.ampleMaximum()))
                    .append(frame.lengths().isPresent() ? ", which the longest known answer fits in, " : " ")
                    .append(Figures.time(advice.timeWithAmple()));
        }
        if (advice.freeMaximum() > 0) {
            text.append("; with up to ")
                    .append(Figures.count(advice.freeMaximum()))
                    .append(" it costs no time at all, ")
                    .append(Figures.time(advice.timeWithFree()));
        }
        return text.append('.').toString();
    }

    private void histogram(FamilyLoad load, PrintStream to) {
        List<TokenBin> bins = load.distribution();
        if (bins.size() < 2) {
            return;
        }
        List<TokenBin> shown = bins.subList(0, Math.min(BINS, bins.size()));
        long most = shown.stream().mapToLong(TokenBin::rows).max().orElse(1);
        List<String> labels = shown.stream()
                .map(bin -> Figures.compact(bin.from()) + glyphs.dash() + Figures.compact(bin.to()))
                .toList();
        int label = labels.stream().mapToInt(String::length).max().orElse(0);
        int bar = Math.clamp(width - INDENT - label - 16, 5, BAR);
        for (int i = 0; i < shown.size(); i++) {
            long rows = shown.get(i).rows();
            int filled = (int) Math.ceil((double) bar * rows / most);
            to.println(" ".repeat(INDENT) + " ".repeat(label - labels.get(i).length()) + labels.get(i) + " "
                    + glyphs.full().repeat(filled)
                    + " ".repeat(bar - filled) + " " + Figures.count(rows));
        }
        if (bins.size() > BINS) {
            long rest = bins.subList(BINS, bins.size()).stream()
                    .mapToLong(TokenBin::rows)
                    .sum();
            to.println(" ".repeat(INDENT) + "and " + Figures.count(rest, "longer row"));
        }
    }

    private void repeats(PrintStream to) {
        Repeats repeats = workload.repeats();
        if (repeats.rows() == 0) {
            field(to, "repeats", "none" + (repeats.counted() ? "" : " found in a sample of " + share(repeats)));
            return;
        }
        String examples = repeats.examples().stream()
                .map(each -> "line " + Figures.count(each.line()) + " repeats line " + Figures.count(each.earlier()))
                .collect(Collectors.joining(", "));
        field(
                to,
                "repeats",
                (repeats.counted() ? "" : "about ") + Figures.count(repeats.rows(), "row")
                        + (repeats.rows() == 1 ? " asks" : " ask") + " the same as an earlier one"
                        + plan.repeatedDollars()
                                .map(dollars -> " and would be paid again, " + Figures.dollars(dollars) + " live")
                                .orElse("")
                        + ": " + examples
                        + (repeats.counted() ? "" : "; by a sample of " + share(repeats))
                        + ". Leave them out, unless you want several answers.");
    }

    private static String share(Repeats repeats) {
        return String.format(Locale.ROOT, "1 request in %,d", Math.round(1 / repeats.sampleShare()));
    }

    private void costs(PrintStream to) {
        if (plan.costs().isEmpty()) {
            field(to, "cost", "no price is known for " + String.join(", ", plan.unpriced()) + "; give --prices FILE");
            return;
        }
        to.println();
        boolean generates = workload.families().stream().anyMatch(load -> load.answers() > 0);
        Columns columns = new Columns(List.of("model", ">live", ">by batch", ">live at most"));
        for (ModelCost cost : plan.costs()) {
            columns.add(List.of(
                    (cost.asked() ? "" : "  or ") + cost.family(),
                    Figures.dollars(cost.live()),
                    Figures.dollars(cost.batch()),
                    generates && cost.mostLive().compareTo(cost.live()) > 0 ? Figures.dollars(cost.mostLive()) : "-"));
        }
        columns.print(to);
        if (!plan.unpriced().isEmpty()) {
            to.println(Wrapping.wrap(
                    "No price is known for " + String.join(", ", plan.unpriced()) + "; give --prices FILE.", width, 0));
        }
    }

    private static String money(BigDecimal dollars) {
        return dollars.signum() > 0 && dollars.compareTo(LEAST_SHOWN) < 0 ? "< $0.000001" : Figures.dollars(dollars);
    }

    private void tiers(PrintStream to) {
        to.println();
        if (plan.tiers().isEmpty()) {
            to.println(Wrapping.wrap(
                    "No source states limits for "
                            + workload.families().stream()
                                    .map(FamilyLoad::family)
                                    .collect(Collectors.joining(", "))
                            + ", so nothing can be said of the time; give --rpm and --tpm, or ask the API with"
                            + " penstock doctor.",
                    width,
                    0));
            return;
        }
        boolean wishes = plan.tiers().stream().anyMatch(tier -> tier.wish().isPresent());
        List<String> names = new ArrayList<>(List.of("tier", ">live calls", "set by"));
        names.addAll(
                wishes
                        ? List.of("in " + frame.command().account.deadline.orElse(""), ">cost")
                        : List.of("batches", "requires"));
        Columns columns = new Columns(names);
        for (TierPlan tier : plan.tiers()) {
            List<String> cells = new ArrayList<>(List.of(
                    tier.tier().isEmpty() ? "yours" : tier.tier(),
                    tier.time().map(Figures::time).orElse("never"),
                    setBy(tier)));
            if (wishes) {
                cells.add(tier.wish().map(wish -> chance(wish, tier)).orElse("-"));
                cells.add(tier.wish().flatMap(PlanReport::dollars).orElse("-"));
            } else {
                cells.add(tier.batchRounds().map(this::rounds).orElse("-"));
                cells.add(width < 88 || tier.requires().isEmpty() ? "-" : tier.requires());
            }
            columns.add(cells);
        }
        columns.print(to);
        tooLarge(to);
        List<String> unknown = plan.tiers().stream()
                .flatMap(tier -> tier.unknownFamilies().stream())
                .distinct()
                .toList();
        if (!unknown.isEmpty()) {
            to.println(Wrapping.wrap(
                    "Times are without " + String.join(", ", unknown)
                            + ", whose limits no source states on every tier; --rpm and --tpm say them.",
                    width,
                    0));
        }
    }

    private String rounds(long rounds) {
        return rounds == 1 ? "all at once" : Figures.count(rounds) + " in turn";
    }

    private static String setBy(TierPlan tier) {
        return tier.binding()
                .map(limit -> amount(limit))
                .orElse(tier.time().isPresent() ? "the calls' own time" : "rows too large");
    }

    private static String amount(Limit limit) {
        return NeedsReport.amount(limit);
    }

    private String chance(TierPlan.Wish wish, TierPlan tier) {
        return switch (wish.chance()) {
            case SURE -> "sure";
            case WITH_BATCHES -> "with batches";
            case UNKNOWN ->
                frame.question()
                                .deadline()
                                .filter(deadline -> tier.batchRounds()
                                        .filter(rounds -> BATCH_PROMISE
                                                        .multipliedBy(rounds)
                                                        .compareTo(deadline)
                                                <= 0)
                                        .isPresent())
                                .isPresent()
                        ? "if batches keep 24 h"
                        : "if batches are quick";
            case IMPOSSIBLE -> "no";
        };
    }

    private static Optional<String> dollars(TierPlan.Wish wish) {
        if (wish.leastDollars().isEmpty() || wish.mostDollars().isEmpty()) {
            return Optional.empty();
        }
        String least = Figures.dollars(wish.leastDollars().get());
        String most = Figures.dollars(wish.mostDollars().get());
        return Optional.of(least.equals(most) ? least : least + " to " + most);
    }

    /** Tiers that cannot take the same rows are told together. */
    private void tooLarge(PrintStream to) {
        Map<List<Object>, List<String>> tiersOf = new LinkedHashMap<>();
        for (TierPlan tier : plan.tiers()) {
            for (TierPlan.Oversize each : tier.oversize()) {
                List<Object> same =
                        List.of(each.family(), each.rows().rows(), each.rows().firstLines());
                tiersOf.computeIfAbsent(same, rows -> new ArrayList<>())
                        .add((tier.tier().isEmpty() ? "your limits" : tier.tier()) + " ("
                                + Figures.compact(each.rows().tokenLimit()) + ")");
            }
        }
        tiersOf.forEach((same, tiers) -> {
            long rows = (long) same.get(1);
            List<?> lines = (List<?>) same.get(2);
            to.println(Wrapping.wrap(
                    Figures.count(rows, "row") + " of " + same.get(0)
                            + " can never be sent live where so many tokens a minute are granted: tier "
                            + String.join(", ", tiers) + ". Input and maximum output are more than that in line"
                            + (rows == 1 ? " " : "s ")
                            + lines.stream()
                                    .limit(LINES_SHOWN)
                                    .map(line -> Figures.count((long) line))
                                    .collect(Collectors.joining(", "))
                            + (rows > LINES_SHOWN ? " and more" : "")
                            + ". Times are without " + (rows == 1 ? "it" : "them")
                            + "; a lower maximum helps, and batches have no such limit.",
                    width,
                    2));
        });
    }

    private void deadline(PrintStream to) {
        Optional<TierPlan.Wish> wish = frame.subject(plan).flatMap(TierPlan::wish);
        if (wish.isEmpty()) {
            return;
        }
        String tier = frame.subject(plan)
                .map(TierPlan::tier)
                .filter(name -> !name.isEmpty())
                .map(PlanReport::tierName)
                .orElse("your limits");
        String text = switch (wish.get().chance()) {
            case SURE ->
                "The cheapest way to be done in time: --via auto puts all rows into batches, at half the price, and sends live"
                        + " what they have not answered, as late as live calls are in time for it. On " + tier
                        + " live calls alone could do it all, so it holds whatever batches do.";
            case WITH_BATCHES, UNKNOWN ->
                "On " + tier
                        + " live calls alone are too slow. --via auto uses both ways from the first moment; whether that is"
                        + " in time depends on how quick batches are, and nobody knows beforehand.";
            case IMPOSSIBLE -> "On " + tier + " it cannot be done in that time.";
        };
        to.println();
        to.println(Wrapping.wrap(text, width, 0));
    }

    static String tierName(String tier) {
        return Character.isDigit(tier.charAt(0)) ? "tier " + tier : "the " + tier + " tier";
    }

    private void field(PrintStream to, String name, String text) {
        String label = "  " + name + " ".repeat(Math.max(1, INDENT - 2 - name.length()));
        to.println(Wrapping.wrap(label + text, width, INDENT));
    }
}
