package dev.penstock.cli;

import dev.penstock.jobs.BatchOptions;
import dev.penstock.jobs.FailedRow;
import dev.penstock.jobs.JobCounts;
import dev.penstock.jobs.LeastTime;
import dev.penstock.jobs.OutputSummary;
import dev.penstock.jobs.RunReport;
import dev.penstock.jobs.RunSettings;
import dev.penstock.jobs.batch.BatchGoal;
import dev.penstock.wire.Usage;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** What a person wants to know when a run is over. */
final class Summary {
    private static final int LABEL = 10;
    private static final String INDENT = "  ";

    private final RunSettings settings;
    private final RunReport report;
    private final Glyphs glyphs;
    private final boolean colours;
    private final int width;

    /**
     * @param width columns to fit into; 0 for any
     */
    Summary(RunSettings settings, RunReport report, Glyphs glyphs, boolean colours, int width) {
        this.settings = settings;
        this.report = report;
        this.glyphs = glyphs;
        this.colours = colours;
        this.width = width;
    }

    void print(PrintStream to) {
        to.println(Ink.BOLD.paint(headline(), colours));
        advice().ifPresent(text -> to.println(Wrapping.wrap(text, width, 0)));
        report.output().flatMap(this::output).ifPresent(text -> item(to, "output", text));
        report.plan()
                .filter(outcome -> report.job().pending() == 0)
                .ifPresent(outcome -> item(to, "plan", PlanWords.afterwards(outcome, glyphs)));
        boolean inBatches = settings.batch().isPresent() && report.plan().isEmpty();
        if (report.requests() > 0 && inBatches) {
            item(to, "batches", batches());
        } else if (report.requests() > 0) {
            report.leastTime().ifPresent(least -> item(to, "quota", quota(least)));
            item(to, "429s", refusals());
            item(to, "calls", calls());
        }
        Usage spent = report.job().spentInAll();
        if (spent.inputTokens() + spent.outputTokens() > 0) {
            item(to, "tokens", tokens(spent));
            item(
                    to,
                    "cost",
                    report.costDollars()
                            .map(this::cost)
                            .orElse("not known, as a model has no price here; --prices names prices"));
        }
        if (report.job().badRows() > 0) {
            item(to, "skipped", Figures.count(report.job().badRows(), "row") + " of the input that could not be sent");
        }
        failures(to);
    }

    private void item(PrintStream to, String label, String text) {
        String wrapped = Wrapping.wrap(INDENT + " ".repeat(LABEL) + text, width, INDENT.length() + LABEL);
        to.println(INDENT
                + Ink.DIM.paint(label + " ".repeat(LABEL - label.length()), colours)
                + wrapped.substring(INDENT.length() + LABEL));
    }

    private String headline() {
        JobCounts job = report.job();
        String time = Figures.time(report.duration());
        String after = report.duration().isZero() ? "" : " after " + time;
        String progress = Figures.count(job.answered()) + " of " + Figures.count(job.rows(), "row") + " answered";
        return switch (report.end()) {
            case COMPLETE -> {
                if (job.rows() == 0) {
                    yield "The input holds no rows; there was nothing to do.";
                }
                if (nothingDone()) {
                    yield job.rows() == 1
                            ? "The row was answered before; nothing was sent."
                            : "All " + Figures.count(job.rows()) + " rows were answered before; nothing was sent.";
                }
                boolean wholeJob = report.answeredNow() == job.rows();
                yield "Answered "
                        + (wholeJob
                                ? (job.rows() == 1 ? "the row" : "all " + Figures.count(job.rows()) + " rows")
                                : "the remaining " + Figures.count(report.answeredNow()) + " of "
                                        + Figures.count(job.rows(), "row"))
                        + " in " + time + ".";
            }
            case COMPLETE_WITH_FAILURES ->
                "Answered " + Figures.count(job.answered()) + " of " + Figures.count(job.rows(), "row")
                        + (nothingDone() ? " before" : " in " + time) + "; "
                        + Figures.count(job.failed()) + " failed for good.";
            case STOPPED_BY_PROVIDER -> "Stopped by the provider" + after + ", " + progress + ".";
            case BUDGET_REACHED -> "Stopped at the budget" + after + ", " + progress + ".";
            case UNREACHABLE -> "Stopped without a connection" + after + ", " + progress + ".";
            case STORAGE_FAILED -> "Stopped because the disk took no more, " + progress + ".";
            case TOO_LATE -> "Not begun, as the deadline cannot be met, " + progress + ".";
            case INTERRUPTED -> "Interrupted" + after + ", " + progress + ".";
            case AT_PROVIDER -> Character.toUpperCase(progress.charAt(0)) + progress.substring(1) + ".";
        };
    }

    private Optional<String> advice() {
        String reason = report.explanation().map(text -> text + " ").orElse("");
        return switch (report.end()) {
            case COMPLETE -> Optional.empty();
            case COMPLETE_WITH_FAILURES ->
                nothingDone() ? Optional.of("Add --retry-failed to try the failed rows again.") : Optional.empty();
            case STORAGE_FAILED ->
                Optional.of(reason.strip() + (reason.strip().endsWith(".") ? "" : ".")
                        + " Answers that were on their way and could not be stored are asked for, and paid, again.");
            case STOPPED_BY_PROVIDER, UNREACHABLE ->
                Optional.of(reason + "Nothing is lost: run the same command again to resume.");
            case TOO_LATE -> Optional.of(reason.strip());
            case BUDGET_REACHED ->
                Optional.of(reason + "Nothing is lost: run the command with a higher --budget to resume.");
            case INTERRUPTED ->
                Optional.of(
                        settings.batch().flatMap(BatchOptions::deadline).isPresent()
                                ? "Nothing is lost: the same command goes on, also with batches that run at the provider."
                                : settings.batch().isPresent()
                                        ? "Batches go on at the provider: run the same command again to go on with them, or end"
                                                + " them with 'penstock batch cancel' and the same arguments."
                                        : "Nothing is lost: run the same command again to resume.");
            case AT_PROVIDER ->
                Optional.of(reason
                        + (settings.batch()
                                        .filter(batch -> batch.goal() == BatchGoal.CANCEL)
                                        .isPresent()
                                ? "Rows without an answer stay open: run the file again to send them."
                                : "Go on with 'penstock batch wait' and the same arguments; 'penstock batch status "
                                        + settings.output().map(Path::toString).orElse("OUTPUT")
                                        + "' shows where they stand."));
        };
    }

    private Optional<String> output(OutputSummary output) {
        String rows = settings.output().map(Path::toString).orElse("standard output");
        String open = output.pending() > 0 ? ", " + Figures.count(output.pending(), "row") + " still open" : "";
        return Optional.of(rows
                + open
                + output.errors().map(errors -> "; failures in " + errors).orElse(""));
    }

    private String quota(LeastTime least) {
        String limit = Figures.count(least.limit().amount()) + " "
                + least.limit().dimension().label();
        if (least.work() <= least.burst()) {
            return "never in the way; " + limit + " had room for all";
        }
        return String.format(Locale.ROOT, "%.2f", least.closeness()) + " " + glyphs.times() + " the least time that "
                + limit + " need (" + Figures.time(least.duration()) + ")";
    }

    private String refusals() {
        return report.refusals() == 0
                ? "none"
                : Figures.count(report.refusals()) + " refused, sent again when there was room";
    }

    private String calls() {
        return Figures.count(report.requests()) + " sent"
                + (report.retries() > 0 ? ", " + Figures.count(report.retries()) + " of them again" : "")
                + (report.latencyMedian().isZero()
                        ? ""
                        : "; half were answered within " + Figures.time(report.latencyMedian()) + ", 95 % within "
                                + Figures.time(report.latency95()));
    }

    /** Batches of earlier runs may be what this one fetched. */
    private boolean nothingDone() {
        return report.requests() == 0 && report.answeredNow() + report.failedNow() == 0;
    }

    private String batches() {
        return Figures.count(report.requests(), "row") + " sent"
                + (report.retries() > 0 ? ", " + Figures.count(report.retries()) + " to be sent again" : "");
    }

    private static String tokens(Usage spent) {
        return Figures.count(spent.inputTokens()) + " in"
                + (spent.cachedInputTokens() > 0 ? " (" + Figures.count(spent.cachedInputTokens()) + " cached)" : "")
                + ", " + Figures.count(spent.outputTokens()) + " out";
    }

    private String cost(java.math.BigDecimal dollars) {
        return Figures.dollars(dollars)
                + (report.answeredNow() < report.job().answered()
                        ? report.costNowDollars()
                                .map(now -> " in all, " + Figures.dollars(now) + " by this run")
                                .orElse("")
                        : "");
    }

    private void failures(PrintStream to) {
        if (report.firstFailures().isEmpty()) {
            return;
        }
        to.println();
        for (FailedRow row : report.firstFailures()) {
            String label = "line " + row.line();
            String wrapped = Wrapping.wrap(
                    INDENT + label + "  " + row.explanation(), width, INDENT.length() + label.length() + 2);
            to.println(INDENT + Ink.RED.paint(label, colours) + wrapped.substring(INDENT.length() + label.length()));
        }
        long more = report.failedNow() - report.firstFailures().size();
        if (more > 0) {
            to.println(INDENT + "and " + Figures.count(more) + " more, in " + settings.errorsFile());
        }
    }
}
