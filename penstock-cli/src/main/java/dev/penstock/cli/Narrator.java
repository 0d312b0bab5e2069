package dev.penstock.cli;

import dev.penstock.jobs.BadRow;
import dev.penstock.jobs.BatchCost;
import dev.penstock.jobs.JobCounts;
import dev.penstock.jobs.RunListener;
import dev.penstock.jobs.RunPlan;
import dev.penstock.jobs.RunSettings;
import dev.penstock.jobs.RunStart;
import dev.penstock.jobs.ScanReport;
import java.nio.file.Path;

/** Tells the events of a run in sentences. */
final class Narrator implements RunListener {
    private static final int BAD_ROWS_SHOWN = 5;

    private final Display display;
    private final RunSettings settings;
    private final Glyphs glyphs;
    private final boolean quiet;

    /**
     * @param quiet whether to tell only what went wrong
     */
    Narrator(Display display, RunSettings settings, Glyphs glyphs, boolean quiet) {
        this.display = display;
        this.settings = settings;
        this.glyphs = glyphs;
        this.quiet = quiet;
    }

    @Override
    public void scanned(ScanReport report) {
        if (report.badRows() == 0) {
            return;
        }
        StringBuilder text =
                new StringBuilder(Figures.count(report.badRows(), "row") + " cannot be sent and will be skipped:");
        report.firstBadRows().stream()
                .limit(BAD_ROWS_SHOWN)
                .map(BadRow::toString)
                .forEach(row -> text.append(System.lineSeparator())
                        .append("  ")
                        .append(settings.input())
                        .append(':')
                        .append(row));
        if (report.badRows() > BAD_ROWS_SHOWN) {
            text.append(System.lineSeparator())
                    .append("  and ")
                    .append(Figures.count(report.badRows() - BAD_ROWS_SHOWN))
                    .append(" more");
        }
        display.say(text.toString());
    }

    @Override
    public void resumed(JobCounts counts) {
        if (!quiet && counts.pending() > 0) {
            display.say("Resuming: "
                    + (counts.answered() == 0 ? "none" : Figures.count(counts.answered())) + " of "
                    + Figures.count(counts.rows(), "row")
                    + (counts.answered() == 0 ? " answered yet" : " already answered")
                    + (counts.failed() > 0 ? ", " + Figures.count(counts.failed()) + " failed" : "") + ".");
        }
    }

    @Override
    public void started(RunStart start) {
        if (quiet) {
            return;
        }
        String who = settings.upstream().startsWith("emulator")
                ? "emulated " + settings.upstream().substring("emulator, ".length())
                : String.valueOf(start.baseUrl().getHost());
        display.say(name(settings.input()) + " " + glyphs.arrow() + " "
                + settings.output().map(Path::toString).orElse("standard output") + "   "
                + Figures.count(start.job().pending(), "row") + "   " + String.join(", ", start.families()) + "   "
                + who);
    }

    @Override
    public void expected(BatchCost cost) {
        if (!quiet) {
            display.say("In batches, " + Figures.count(cost.rows(), "row") + (cost.rows() == 1 ? " costs" : " cost")
                    + " about " + Figures.dollars(cost.dollars()) + PlanWords.assumption(cost.outputsAssumed()));
        }
    }

    @Override
    public void planned(RunPlan plan) {
        if (!quiet) {
            display.say(PlanWords.before(plan, settings.budgetDollars()));
        }
    }

    @Override
    public void notice(String text) {
        display.say(text);
    }

    private static String name(Path path) {
        return String.valueOf(path.getFileName());
    }
}
