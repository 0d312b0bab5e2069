package dev.penstock.cli;

import dev.penstock.diagnosis.Advice;
import dev.penstock.diagnosis.Diagnosis;
import dev.penstock.diagnosis.Group;
import dev.penstock.diagnosis.Replay;
import dev.penstock.limit.Dimension;
import dev.penstock.limit.LimitState;
import java.io.PrintStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** A diagnosis for people. */
final class DiagnosisReport {
    private static final int WIDTH = 100;
    private static final int INDENT = 12;
    private static final int ROWS = 24;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

    private final Diagnosis diagnosis;
    private final Glyphs glyphs;

    DiagnosisReport(Diagnosis diagnosis, Glyphs glyphs) {
        this.diagnosis = diagnosis;
        this.glyphs = glyphs;
    }

    void print(PrintStream to) {
        long refused = diagnosis.refused();
        if (refused == 0) {
            to.println((diagnosis.remarks().isEmpty()
                            ? "No request was refused by a limit in what was read"
                            : "No refusal was found, which says nothing of what could not be read")
                    + (diagnosis.lines() > 0 ? " (" + Figures.count(diagnosis.lines(), "line") + ")." : "."));
        } else {
            to.println(Figures.count(refused)
                    + (refused == 1 ? " request was refused" : " requests were refused")
                    + (diagnosis.groups().size() > 1
                            ? ", for " + diagnosis.groups().size() + " reasons."
                            : "."));
        }
        if (diagnosis.answered() > 0) {
            to.println(Figures.count(diagnosis.answered(), "call") + " in it "
                    + (diagnosis.answered() == 1 ? "was" : "were") + " answered.");
        }
        diagnosis.groups().forEach(group -> print(group, to));
        if (refused == 0) {
            for (LimitState state : diagnosis.states()) {
                to.println("  " + Figures.count(Math.max(0, state.remaining())) + " of "
                        + Figures.count(state.limit().amount()) + " "
                        + state.dimension().label() + " left");
            }
        }
        diagnosis.otherErrors().forEach((error, count) -> {
            to.println();
            to.println(Wrapping.wrap("No limit, " + Figures.count(count) + " times: " + error, WIDTH, 2));
        });
        List<String> answers = Advice.checklist(diagnosis);
        if (!answers.isEmpty()) {
            to.println();
            to.println("What is usually tried, and what it does here:");
            answers.forEach(answer -> to.println(Wrapping.wrap("  - " + answer, WIDTH, 4)));
        }
    }

    private void print(Group group, PrintStream to) {
        Advice advice = Advice.on(group);
        to.println();
        to.println(Figures.count(group.count()) + " " + glyphs.times() + " " + title(group));
        field(to, "meaning", advice.meaning());
        group.first().ifPresent(first -> {
            Instant last = group.last().orElse(first);
            field(to, "when", TIME.format(first) + (last.equals(first) ? "" : " to " + TIME.format(last)) + " UTC");
        });
        field(
                to,
                "retry",
                group.retryable()
                        ? group.longestWait()
                                .map(wait -> "helps, after " + Figures.time(wait)
                                        + (group.count() > 1 ? ", the longest wait that was asked for" : ""))
                                .orElse("helps, with growing waits")
                        : "never helps");
        field(to, "evidence", group.evidence());
        field(to, "fix", advice.fix());
        field(to, "with it", Advice.outcome(group, Replay.of(group, diagnosis.answeredTimes())));
    }

    private static String title(Group group) {
        StringBuilder title = new StringBuilder(group.kind().code());
        group.model().ifPresent(model -> title.append(" of ").append(model));
        if (group.limit().isPresent()) {
            title.append(", limit ")
                    .append(Figures.count(group.limit().getAsLong()))
                    .append(group.dimension()
                            .map(Dimension::label)
                            .map(label -> " " + label)
                            .orElse(""));
        }
        return title.append(", ").append(group.scope()).toString();
    }

    private static void field(PrintStream to, String name, String text) {
        String label = "  " + name + " ".repeat(Math.max(1, INDENT - 2 - name.length()));
        to.println(Wrapping.wrap(label + text, WIDTH, INDENT));
    }

    /** Refusals by time, a line for each equal part of the span. */
    void timeline(PrintStream to) {
        List<Group> timed = diagnosis.groups().stream()
                .filter(group -> group.times().total() > 0)
                .toList();
        to.println();
        if (timed.isEmpty()) {
            to.println("No refusal has a time stamp, so there is no timeline.");
            return;
        }
        long from = timed.stream()
                .mapToLong(group -> group.times().firstMillis())
                .min()
                .orElseThrow();
        long to_ = timed.stream()
                .mapToLong(group -> group.times().lastMillis())
                .max()
                .orElseThrow();
        int rows = (int) Math.clamp((to_ - from) / 1_000 + 1, 1, ROWS);
        long[] sums = new long[rows];
        for (Group group : timed) {
            long[] parts = group.times().parts(rows, from, to_);
            for (int i = 0; i < rows; i++) {
                sums[i] += parts[i];
            }
        }
        long most = 1;
        for (long sum : sums) {
            most = Math.max(most, sum);
        }
        long width = Math.max(1, (to_ - from + 1) / rows);
        to.println("Refusals, a line each " + Figures.time(java.time.Duration.of(width, ChronoUnit.MILLIS)) + ":");
        for (int i = 0; i < rows; i++) {
            int bar = (int) Math.ceil(60.0 * sums[i] / most);
            to.println(("  " + TIME.format(Instant.ofEpochMilli(from + i * width)) + "  "
                            + glyphs.full().repeat(bar) + " " + (sums[i] == 0 ? glyphs.dot() : Figures.count(sums[i])))
                    .stripTrailing());
        }
    }
}
