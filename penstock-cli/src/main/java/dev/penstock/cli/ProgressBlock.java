package dev.penstock.cli;

import dev.penstock.jobs.LimitUse;
import dev.penstock.jobs.RunPhase;
import dev.penstock.jobs.RunProgress;
import dev.penstock.limit.Dimension;
import dev.penstock.quota.LimitSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a terminal shows while a job runs. A pure function of the progress and the size of the terminal. */
final class ProgressBlock {
    private static final int WIDEST = 110;
    private static final int LABEL = 14;
    private static final int WIDEST_BAR = 40;
    private static final int NARROWEST_BAR = 6;
    private static final int LIMIT_BAR = 20;
    private static final String INDENT = "  ";

    private final Glyphs glyphs;
    private final boolean colours;

    ProgressBlock(Glyphs glyphs, boolean colours) {
        this.glyphs = glyphs;
        this.colours = colours;
    }

    /** Lines of at most {@code columns - 1} characters: the last column would make some terminals wrap. */
    List<Line> lines(RunProgress progress, int columns, int rows) {
        int room = Math.max(1, Math.min(columns - 1, WIDEST));
        List<Line> lines = new ArrayList<>();
        switch (progress.phase()) {
            case SCANNING -> lines.add(scanning(progress, room));
            case SENDING, DRAINING -> {
                lines.add(rows(progress, room));
                if (rows >= 8) {
                    lines.addAll(limits(progress, room, rows - 4));
                }
                lines.add(calls(progress, room));
            }
            case WRITING, DONE -> lines.add(line(room).add(INDENT + "Writing the answers"));
        }
        return lines;
    }

    /** One line without any control codes, for logs. */
    String plain(RunProgress progress) {
        if (progress.phase() == RunPhase.SCANNING) {
            return "reading the input: " + Figures.count(progress.rows(), "row");
        }
        StringBuilder text = new StringBuilder(Figures.count(ended(progress)) + " of " + Figures.count(progress.rows())
                + " rows (" + Figures.percent(ended(progress), progress.rows()) + " %), "
                + Figures.count(Math.round(progress.lastMinute().requestsPerMinute())) + " requests and "
                + Figures.count(Math.round(progress.lastMinute().tokensPerMinute())) + " tokens a minute");
        progress.boundBy().ifPresent(by -> text.append(", held by ").append(by));
        text.append(", ").append(Figures.count(progress.inFlight())).append(" in flight");
        append(text, progress.failed(), "failed");
        append(text, progress.retries(), "sent again");
        append(text, progress.refusals(), "refused (429)");
        progress.costDollars().ifPresent(cost -> text.append(", ").append(Figures.dollars(cost)));
        progress.timeLeft()
                .ifPresent(left ->
                        text.append(", about ").append(Figures.time(left)).append(" left"));
        return text.toString();
    }

    private static void append(StringBuilder text, long amount, String what) {
        if (amount > 0) {
            text.append(", ").append(Figures.count(amount)).append(' ').append(what);
        }
    }

    private static long ended(RunProgress progress) {
        return progress.answered() + progress.failed();
    }

    private Line line(int room) {
        return new Line(room, colours);
    }

    private Line scanning(RunProgress progress, int room) {
        String rows = "  " + Figures.count(progress.rows(), "row");
        double share = progress.inputBytes() == 0 ? 0 : (double) progress.bytesRead() / progress.inputBytes();
        String label = "Reading the input  ";
        int width = Math.clamp(room - INDENT.length() - label.length() - rows.length() - 6L, 0, WIDEST_BAR);
        return line(room)
                .add(INDENT + label)
                .add(width < NARROWEST_BAR ? "" : glyphs.bar(share, width), Ink.BLUE)
                .add(percent((int) (100 * share)) + rows);
    }

    private static String percent(int percent) {
        return String.format(Locale.ROOT, " %3d %%", percent);
    }

    private Line rows(RunProgress progress, int room) {
        long ended = ended(progress);
        String text = percent(Figures.percent(ended, progress.rows())) + "  " + Figures.count(ended) + " of "
                + Figures.count(progress.rows()) + " rows";
        String time = progress.phase() == RunPhase.DRAINING
                ? "  " + glyphs.dot() + "  stopping"
                : progress.timeLeft()
                        .map(left -> "  " + glyphs.dot() + "  " + Figures.time(rounded(left)) + " left")
                        .orElse("");
        int width = Math.clamp(room - INDENT.length() - text.length() - time.length(), 0, WIDEST_BAR);
        double share = progress.rows() == 0 ? 1 : (double) ended / progress.rows();
        return line(room)
                .add(INDENT)
                .add(width < NARROWEST_BAR ? "" : glyphs.bar(share, width), Ink.GREEN)
                .add(text, Ink.BOLD)
                .add(time);
    }

    /** An estimate does not know tenths. */
    private static Duration rounded(Duration left) {
        return Duration.ofSeconds(Math.max(1, left.plusMillis(500).toSeconds()));
    }

    private List<Line> limits(RunProgress progress, int room, int most) {
        List<LimitUse> uses = progress.limits().stream()
                .sorted(Comparator.comparingDouble(ProgressBlock::tightness).reversed())
                .limit(most)
                .toList();
        boolean families = uses.stream().map(LimitUse::family).distinct().count() > 1;
        List<Line> lines = new ArrayList<>();
        if (uses.isEmpty()) {
            lines.add(line(room)
                    .add(INDENT)
                    .add(padded("pace", LABEL), Ink.DIM)
                    .add(Figures.compact(progress.lastMinute().requestsPerMinute()) + " requests and "
                            + Figures.compact(progress.lastMinute().tokensPerMinute()) + " tokens a minute")
                    .addWhole("  no limit is known" + (progress.answeredNow() == 0 ? " yet" : ""), Ink.DIM));
            return lines;
        }
        Optional<LimitUse> binding = uses.stream()
                .filter(use -> progress.boundBy()
                        .filter(by ->
                                by.startsWith("the limit of " + use.limit().amount() + " "
                                        + use.limit().dimension().label()))
                        .isPresent())
                .findFirst();
        uses.stream()
                .sorted(Comparator.comparing(LimitUse::family)
                        .thenComparing(use -> use.limit().dimension().unit())
                        .thenComparing(use -> use.limit().dimension().window()))
                .forEach(use -> lines.add(
                        limit(use, families, binding.filter(use::equals).isPresent(), room)));
        return lines;
    }

    private static double tightness(LimitUse use) {
        return -use.remaining() / Math.max(1, use.depth());
    }

    private Line limit(LimitUse use, boolean families, boolean binding, int room) {
        long amount = use.limit().amount();
        boolean daily = isDaily(use.limit().dimension());
        double used = daily ? amount - use.remaining() : use.usedPerMinute();
        String figures = daily
                ? Figures.compact(Math.max(0, use.remaining())) + " of " + Figures.compact(amount) + " left today"
                : Figures.compact(used) + " of " + Figures.compact(amount) + " a minute";
        if (use.source() == LimitSource.CAP) {
            figures += " (your cap)";
        }
        if (use.takenByOthers() >= 0.05) {
            figures += " (others take " + Math.round(100 * use.takenByOthers()) + " %)";
        }
        String label = use.limit().dimension().unit().plural() + (families ? " " + use.family() : "");
        Line line = line(room).add(INDENT).add(padded(label, families ? LABEL + 14 : LABEL), Ink.DIM);
        int width = Math.clamp(line.left() - figures.length() - 2L, 0, LIMIT_BAR);
        if (width >= NARROWEST_BAR) {
            line.add(glyphs.bar(used / Math.max(1, amount), width), binding ? Ink.YELLOW : Ink.BLUE)
                    .add("  ");
        }
        line.add(figures);
        return binding ? line.addWhole("  " + glyphs.marker() + " sets the pace", Ink.YELLOW) : line;
    }

    private static boolean isDaily(Dimension dimension) {
        return dimension.window().compareTo(Duration.ofHours(1)) > 0;
    }

    private Line calls(RunProgress progress, int room) {
        String dot = "  " + glyphs.dot() + "  ";
        Line line = line(room).add(INDENT).add(padded("calls", LABEL), Ink.DIM);
        line.add(Figures.count(progress.inFlight()) + " in flight");
        if (progress.failed() > 0) {
            line.addWhole(dot, Ink.DIM).addWhole(Figures.count(progress.failed()) + " failed", Ink.RED);
        }
        line.addWhole(dot, Ink.DIM)
                .addWhole(
                        progress.refusals() == 0
                                ? "no 429"
                                : Figures.count(progress.refusals()) + " " + glyphs.times() + " 429",
                        progress.refusals() == 0 ? Ink.PLAIN : Ink.YELLOW);
        if (progress.retries() > 0) {
            line.addWhole(dot + Figures.count(progress.retries()) + " sent again", Ink.PLAIN);
        }
        if (progress.backingOff() > 0) {
            line.addWhole(dot + Figures.count(progress.backingOff()) + " waiting to be", Ink.PLAIN);
        }
        progress.costDollars()
                .ifPresent(cost -> line.addWhole(
                        dot
                                + Figures.dollars(cost)
                                + progress.forecastDollars()
                                        .map(all -> " of about " + Figures.dollars(all))
                                        .orElse(""),
                        Ink.PLAIN));
        return line;
    }

    private static String padded(String text, int width) {
        return text.length() >= width ? text + " " : text + " ".repeat(width - text.length());
    }
}
