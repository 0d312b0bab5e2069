package dev.penstock.cli;

import dev.penstock.jobs.doctor.Dialect;
import dev.penstock.jobs.doctor.Examination;
import dev.penstock.jobs.doctor.ModelFinding;
import dev.penstock.limit.LimitState;
import dev.penstock.verdict.Verdict;
import java.io.PrintStream;
import java.time.Duration;
import java.util.stream.Collectors;

/** What the doctor found, for people. */
final class DoctorReport {
    private static final int INDENT = 12;

    private final Examination found;
    private final DoctorFrame frame;
    private final int width;

    DoctorReport(Examination found, DoctorFrame frame, int width) {
        this.found = found;
        this.frame = frame;
        this.width = width;
    }

    void print(PrintStream to) {
        to.println();
        to.println(
                found.place() + (found.reached() ? "   " + found.dialect().label() + "   " + found.httpVersion() : ""));
        found.refusal().ifPresent(why -> field(to, "stopped", why + advice()));
        if (found.reached()) {
            field(to, "account", account());
            network(to);
            field(to, "clock", clock());
        }
        found.models().forEach(finding -> model(finding, to));
        if (found.headersStripped()) {
            to.println();
            field(
                    to,
                    "headers",
                    found.dialect().label()
                            + " tells limits with every answer, and none arrived: something on the way removes headers that"
                            + " begin with x-ratelimit" + (found.via() ? " (a proxy names itself in Via)" : "")
                            + ". Let it pass them, or say the limits with --rpm and --tpm.");
        }
        if (found.reached() && found.refusal().isEmpty()) {
            to.println();
            to.println("Clients:");
            frame.clientAdvice(found).forEach(advice -> to.println(Wrapping.wrap("  - " + advice, width, 4)));
        }
        to.println();
        to.println("Next:");
        frame.next(found).forEach(line -> to.println("  " + line));
    }

    private String advice() {
        return switch (found.refusedBecause()) {
            case NO_CREDIT -> " No waiting cures that.";
            case BAD_KEY -> " The key stands in " + frame.keyVariable().orElse("OPENAI_API_KEY") + ".";
            case NONE, OUT_OF_REACH, NO_PERMISSION, OTHER -> "";
        };
    }

    private String account() {
        return switch (found.refusedBecause()) {
            case NO_CREDIT -> "has no credit, or has reached a spend limit";
            case BAD_KEY -> "the key is not accepted";
            case NO_PERMISSION -> "the key may not do this";
            case OUT_OF_REACH, OTHER -> "nothing is known";
            case NONE -> {
                boolean answered =
                        found.models().stream().anyMatch(finding -> finding.verdict() instanceof Verdict.Accepted);
                yield answered
                        ? "the key works and there is credit, as calls are answered; how much is left is told to nobody"
                        : "the key is accepted; whether there is credit no answer has told";
            }
        };
    }

    private void network(PrintStream to) {
        StringBuilder text = new StringBuilder();
        found.connecting().ifPresent(time -> text.append("connected in ").append(millis(time)));
        found.firstByte().ifPresent(time -> {
            text.append(text.isEmpty() ? "" : ", ").append("first byte after ").append(millis(time));
            found.processing()
                    .filter(own -> own.compareTo(time) <= 0)
                    .ifPresent(own -> text.append(" on an open connection, of which the provider worked ")
                            .append(millis(own))
                            .append(" and the way took ")
                            .append(millis(time.minus(own))));
        });
        field(to, "network", text.isEmpty() ? "nothing was measured" : text.toString());
    }

    private static String millis(Duration time) {
        return time.compareTo(Duration.ofSeconds(10)) < 0
                ? Figures.count(Math.max(1, Math.round(time.toNanos() / 1e6))) + " ms"
                : Figures.time(time);
    }

    private String clock() {
        return found.clockAhead()
                .map(
                        ahead -> "this machine is " + Figures.time(ahead.abs())
                                + (ahead.isNegative() ? " behind" : " ahead of")
                                + " the server; Penstock waits by other clocks, but dates in Retry-After, tokens and logs go wrong")
                .orElse(
                        found.clockTold()
                                ? "agrees with the server's, to the second or two that it tells"
                                : "the server does not tell the time");
    }

    private void model(ModelFinding finding, PrintStream to) {
        to.println();
        to.println(finding.model());
        if (!(finding.verdict() instanceof Verdict.Accepted) && found.refusal().isEmpty()) {
            field(
                    to,
                    "answer",
                    finding.verdict().explanation()
                            + (!DoctorFrame.isUnusable(finding) && finding.verdict() instanceof Verdict.Rejected
                                    ? " Its limits were told all the same."
                                    : ""));
        }
        if (finding.shown().isEmpty()) {
            field(to, "limits", noLimits());
            return;
        }
        field(to, "limits", finding.shown().stream().map(DoctorReport::level).collect(Collectors.joining("; ")));
        if (!finding.hidden().isEmpty()) {
            field(
                    to,
                    "hidden",
                    finding.hidden().stream().map(NeedsReport::amount).collect(Collectors.joining(", "))
                            + ": not shown, but the same row of the table has them");
        }
        field(
                to,
                "tier",
                finding.tier()
                        .map(row -> row.tier() + ", by the only row with these limits (" + row.source()
                                + (row.date().isEmpty() ? "" : ", " + row.date()) + ")")
                        .orElse(
                                "no row of the table has these limits, or several have: limits of the account's own, or a"
                                        + " table that is out of date"));
        field(to, "burst", burst(finding));
    }

    private String noLimits() {
        return switch (found.dialect()) {
            case VLLM -> "vLLM has none: it queues what it cannot do yet, and its memory is what limits it";
            case OPENROUTER -> "OpenRouter tells them with refusals only";
            case OPENAI, GROQ, AZURE, ANTHROPIC, PENSTOCK, UNKNOWN ->
                found.headersStripped()
                        ? "none arrived, see below"
                        : "the server tells none; a run finds them out by what is refused";
        };
    }

    private static String level(LimitState state) {
        return NeedsReport.amount(state.limit())
                + (state.remaining() < state.limit().amount()
                        ? " (" + Figures.count(Math.max(0, state.remaining())) + " left)"
                        : "");
    }

    private String burst(ModelFinding finding) {
        String unknown =
                " Whether the provider also counts by the second is not known: that would show in a burst only,"
                        + " and none was sent.";
        return switch (finding.burst()) {
            case WHOLE_WINDOW_LIKELY ->
                "the times told are those of a bucket that refills all the time and holds a whole window." + unknown;
            case OTHER_WINDOWS ->
                found.dialect() == Dialect.AZURE
                        ? "Azure counts in windows of 1 or 10 s, so send evenly."
                        : "the times told do not fit a bucket that refills all the time: the provider may count in windows that"
                                + " end at fixed times." + unknown;
            case UNKNOWN -> "nothing was told of it; a run finds it out carefully.";
        };
    }

    private void field(PrintStream to, String name, String text) {
        String label = "  " + name + " ".repeat(Math.max(1, INDENT - 2 - name.length()));
        to.println(Wrapping.wrap(label + text, width, INDENT));
    }
}
