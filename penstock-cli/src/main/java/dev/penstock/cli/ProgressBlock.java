package dev.penstock.cli;

import dev.penstock.jobs.BatchProgress;
import dev.penstock.jobs.LimitUse;
import dev.penstock.jobs.RunPhase;
import dev.penstock.jobs.RunProgress;
import dev.penstock.jobs.batch.Part;
import dev.penstock.jobs.batch.PartPhase;
import dev.penstock.quota.LimitSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** What a terminal shows while a job runs. A pure function of the progress and the size of the terminal. */
final class ProgressBlock {
    private static final int WIDEST = 110;
    private static final int MOST_PARTS_IN_A_LINE = 5;
    private static final int LABEL = 16;
    private static final int WIDEST_BAR = 40;
    private static final int NARROWEST_BAR = 6;
    private static final int LIMIT_BAR = 20;
    /** Terminals lower than this get one line. */
    private static final int LOWEST = 8;
    /** Estimates of what others take are not sharper than this. */
    private static final double LEAST_SHOWN_SHARE = 0.05;

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
                if (rows >= LOWEST && progress.batch().isPresent()) {
                    lines.addAll(batches(progress.batch().get(), room, rows - 5));
                    lines.add(spent(progress, room));
                } else if (rows >= LOWEST) {
                    lines.addAll(limits(progress, room, rows - 5));
                    lines.add(calls(progress, room));
                    lines.add(spent(progress, room));
                }
            }
            case WRITING, DONE -> lines.add(line(room).add(INDENT + "Writing the answers"));
        }
        return lines;
    }

    /** One line without any control codes, for logs. */
    String plain(RunProgress progress) {
        String left = progress.timeLeft()
                .map(time -> ", about " + estimate(time) + " left")
                .orElse("");
        return facts(progress) + left;
    }

    /** The same without the time left, which alone is no news. */
    String facts(RunProgress progress) {
        if (progress.phase() == RunPhase.SCANNING) {
            return "reading the input: " + Figures.count(progress.rows(), "row");
        }
        if (progress.batch().isPresent()) {
            return plainBatches(progress, progress.batch().get());
        }
        StringBuilder text = new StringBuilder(Figures.count(ended(progress)) + " of " + Figures.count(progress.rows())
                + " rows (" + Figures.percent(ended(progress), progress.rows()) + " %), "
                + Figures.count(Math.round(progress.lastMinute().requestsPerMinute())) + " requests and "
                + Figures.count(Math.round(progress.lastMinute().tokensPerMinute())) + " tokens a minute");
        progress.boundBy()
                .filter(by -> !progress.limits().isEmpty())
                .ifPresent(by -> text.append(", held by ").append(by));
        text.append(", ").append(Figures.count(progress.inFlight())).append(" in flight");
        append(text, progress.failed(), "failed");
        append(text, progress.retries(), "sent again");
        append(text, progress.refusals(), "refused (429)");
        progress.costDollars().ifPresent(cost -> text.append(", ").append(Figures.dollars(cost)));
        return text.toString();
    }

    private static void append(StringBuilder text, long amount, String what) {
        if (amount > 0) {
            text.append(", ").append(Figures.count(amount)).append(' ').append(what);
        }
    }

    /** Rows that have ended, those included that the provider has done and we have not fetched. */
    private static long ended(RunProgress progress) {
        long done = progress.batch().map(BatchProgress::rowsDone).orElse(0L);
        return Math.min(progress.rows(), progress.answered() + progress.failed() + done);
    }

    private String plainBatches(RunProgress progress, BatchProgress batch) {
        StringBuilder text = new StringBuilder(Figures.count(ended(progress)) + " of "
                + Figures.count(progress.rows(), "row") + " (" + Figures.percent(ended(progress), progress.rows())
                + " %)");
        List<Part> sent = sent(batch);
        sent.stream()
                .limit(MOST_PARTS_IN_A_LINE)
                .forEach(part -> text.append(", part ")
                        .append(part.number())
                        .append(' ')
                        .append(BatchWords.state(part))
                        .append(part.batchId().isEmpty() ? "" : " (" + BatchWords.done(part) + ")"));
        append(text, sent.size() - MOST_PARTS_IN_A_LINE, "more on the way");
        append(text, waiting(batch), waiting(batch) == 1 ? "part waits" : "parts wait");
        append(text, batch.partsOver(), batch.partsOver() == 1 ? "part over" : "parts over");
        progress.costDollars()
                .filter(cost -> cost.signum() > 0)
                .ifPresent(cost -> text.append(", ").append(Figures.dollars(cost)));
        return text.append(batch.doing().isEmpty() ? "" : ", " + batch.doing()).toString();
    }

    private static long waiting(BatchProgress batch) {
        return batch.parts().stream()
                .filter(part -> part.phase() == PartPhase.PLANNED)
                .count();
    }

    private static List<Part> sent(BatchProgress batch) {
        return batch.parts().stream()
                .filter(part -> part.phase() != PartPhase.PLANNED)
                .toList();
    }

    /** A line for each part that is on its way, as many as there is room for, and one for all. */
    private List<Line> batches(BatchProgress batch, int room, int most) {
        List<Part> sent = sent(batch);
        List<Part> shown = sent.subList(0, Math.min(sent.size(), Math.max(1, most)));
        int states = longest(shown, BatchWords::state);
        int counts = longest(shown, BatchWords::done);
        int bar = Math.clamp(room - INDENT.length() - LABEL - states - counts - 4L, 0, LIMIT_BAR);
        List<Line> lines = new ArrayList<>();
        for (Part part : shown) {
            Line line = line(room).add(INDENT).add(padded("part " + part.number(), LABEL), Ink.DIM);
            if (bar >= NARROWEST_BAR) {
                double share = (double) (part.completed() + part.failed())
                        / Math.max(1, part.size().rows());
                line.add(glyphs.bar(share, bar) + "  ", Ink.BLUE);
            }
            line.add(padded(BatchWords.state(part), part.batchId().isEmpty() ? 0 : states));
            if (!part.batchId().isEmpty()) {
                line.addWhole("  " + BatchWords.done(part), Ink.PLAIN);
                line.addWhole(part.size().rows() == 1 ? " row" : " rows", Ink.PLAIN);
                line.addWhole(part.failed() == 0 ? "" : ", " + Figures.count(part.failed()) + " failed", Ink.RED);
            }
            lines.add(line);
        }
        lines.add(allBatches(batch, sent.size(), room));
        return lines;
    }

    private Line allBatches(BatchProgress batch, int sent, int room) {
        List<String> facts = new ArrayList<>();
        if (batch.partsOver() > 0) {
            facts.add(Figures.count(batch.partsOver()) + " over");
        }
        if (sent > 0) {
            facts.add(Figures.count(sent) + " on the way");
        }
        if (waiting(batch) > 0) {
            facts.add(Figures.count(waiting(batch)) + (waiting(batch) == 1 ? " waits" : " wait"));
        }
        if (facts.isEmpty() && batch.doing().isEmpty()) {
            facts.add("none yet");
        }
        // What is done right now matters more than counts.
        int left = room - INDENT.length() - LABEL;
        String doing = batch.doing().isEmpty() || facts.isEmpty() ? batch.doing() : separator() + batch.doing();
        while (facts.size() > 1 && String.join(separator(), facts).length() + doing.length() > left) {
            facts.removeLast();
        }
        return item("batches", room).add(String.join(separator(), facts)).add(doing, Ink.DIM);
    }

    private static int longest(List<Part> parts, Function<Part, String> text) {
        return parts.stream().mapToInt(part -> text.apply(part).length()).max().orElse(0);
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
                + Figures.count(progress.rows(), "row");
        String time = progress.phase() == RunPhase.DRAINING
                ? separator() + "stopping"
                : progress.timeLeft()
                        .map(left -> separator() + estimate(left) + " left")
                        .orElse("");
        int width = Math.clamp(room - INDENT.length() - text.length() - time.length(), 0, WIDEST_BAR);
        double share = progress.rows() == 0 ? 1 : (double) ended / progress.rows();
        return line(room)
                .add(width < NARROWEST_BAR ? "" : INDENT + glyphs.bar(share, width), Ink.GREEN)
                .add(text, Ink.BOLD)
                .addWhole(time, Ink.PLAIN);
    }

    private String separator() {
        return "  " + glyphs.dot() + "  ";
    }

    /** An estimate does not know tenths. */
    private static String estimate(Duration left) {
        long seconds = Math.max(1, left.plusMillis(500).toSeconds());
        return seconds < 10 ? seconds + " s" : Figures.time(Duration.ofSeconds(seconds));
    }

    private List<Line> limits(RunProgress progress, int room, int most) {
        if (progress.limits().isEmpty()) {
            return List.of(item("pace", room)
                    .add(Figures.count(Math.round(progress.lastMinute().requestsPerMinute())) + " requests and "
                            + Figures.count(Math.round(progress.lastMinute().tokensPerMinute())) + " tokens a minute")
                    .addWhole("  no limit is known" + (progress.answeredNow() == 0 ? " yet" : ""), Ink.DIM));
        }
        List<LimitUse> uses = progress.limits().stream()
                .sorted(Comparator.comparingDouble(ProgressBlock::tightness).reversed())
                .limit(Math.max(1, most))
                .sorted(Comparator.comparing(LimitUse::family)
                        .thenComparing(use -> use.limit().dimension().unit())
                        .thenComparing(use -> use.limit().dimension().window()))
                .toList();
        boolean families = uses.stream().map(LimitUse::family).distinct().count() > 1;
        int longestLabel = uses.stream()
                .mapToInt(use -> label(use, families).length() + 2)
                .max()
                .orElse(0);
        int longestFigures =
                uses.stream().mapToInt(use -> figures(use).length()).max().orElse(0);
        int label = Math.max(LABEL, longestLabel);
        int bar = Math.clamp(room - INDENT.length() - label - longestFigures - 4L, 0, LIMIT_BAR);
        List<Line> lines = new ArrayList<>();
        for (LimitUse use : uses) {
            boolean binding = progress.boundBy().filter(by -> isAbout(by, use)).isPresent();
            long amount = use.limit().amount();
            double used = isDaily(use) ? amount - use.remaining() : use.usedPerMinute();
            Line line = line(room).add(INDENT).add(padded(label(use, families), label), Ink.DIM);
            if (bar >= NARROWEST_BAR) {
                line.add(glyphs.bar(used / Math.max(1, amount), bar), binding ? Ink.YELLOW : Ink.BLUE)
                        .add("  ");
            }
            line.add(figures(use));
            if (binding) {
                String words = "  " + glyphs.marker() + " sets the pace";
                line.addWhole(words.length() <= line.left() ? words : " " + glyphs.marker(), Ink.YELLOW);
            }
            line.addWhole(aside(use), Ink.DIM);
            lines.add(line);
        }
        return lines;
    }

    private static double tightness(LimitUse use) {
        return -use.remaining() / Math.max(1, use.depth());
    }

    /** Whether a reason for waiting speaks of this limit; caps and limits of one dimension differ in their amount. */
    private static boolean isAbout(String reason, LimitUse use) {
        String named = "the limit of " + Figures.count(use.limit().amount()) + " "
                + use.limit().dimension().label();
        boolean cap = use.source() == LimitSource.CAP;
        return reason.startsWith(named) && reason.endsWith("(as configured)") == cap;
    }

    private static boolean isDaily(LimitUse use) {
        return use.limit().dimension().window().compareTo(Duration.ofHours(1)) > 0;
    }

    private static String label(LimitUse use, boolean families) {
        return use.limit().dimension().unit().plural()
                + (isDaily(use) ? " a day" : "")
                + (families ? " " + use.family() : "");
    }

    private static String figures(LimitUse use) {
        String amount = Figures.compact(use.limit().amount());
        String text = isDaily(use)
                ? Figures.compact(Math.max(0, use.remaining())) + " of " + amount + " left"
                : Figures.compact(use.usedPerMinute()) + " of " + amount + " a minute";
        return use.source() == LimitSource.CAP ? text + ", your cap" : text;
    }

    /** What is left out first where there is no room. */
    private static String aside(LimitUse use) {
        if (isDaily(use)) {
            return ""; // what flows back within a minute is too little to tell who took it
        }
        if (use.takenByOthers() >= LEAST_SHOWN_SHARE) {
            return "  others take " + Math.round(100 * use.takenByOthers()) + " %";
        }
        return use.usedPerMinute() > 1.02 * use.limit().amount() ? "  with the burst" : "";
    }

    private Line calls(RunProgress progress, int room) {
        Line line = item("calls", room).add(Figures.count(progress.inFlight()) + " in flight");
        line.addWhole(
                separator()
                        + (progress.refusals() == 0
                                ? "no 429"
                                : Figures.count(progress.refusals()) + " " + glyphs.times() + " 429"),
                progress.refusals() == 0 ? Ink.PLAIN : Ink.YELLOW);
        if (progress.failed() > 0) {
            line.addWhole(separator() + Figures.count(progress.failed()) + " failed", Ink.RED);
        }
        if (progress.retries() > 0) {
            line.addWhole(separator() + Figures.count(progress.retries()) + " sent again", Ink.PLAIN);
        }
        if (progress.backingOff() > 0) {
            line.addWhole(separator() + Figures.count(progress.backingOff()) + " backing off", Ink.PLAIN);
        }
        return line;
    }

    private Line spent(RunProgress progress, int room) {
        String tokens = Figures.compact(progress.spent().inputTokens()) + " tokens in, "
                + Figures.compact(progress.spent().outputTokens()) + " out";
        if (progress.costDollars().isEmpty()) {
            return item("spent", room).add(tokens);
        }
        return item("spent", room)
                .add(Figures.dollars(progress.costDollars().get()))
                .add(progress.forecastDollars()
                        .map(all -> " of about " + Figures.dollars(all))
                        .orElse(""))
                .addWhole(separator() + tokens, Ink.PLAIN);
    }

    private Line item(String label, int room) {
        return line(room).add(INDENT).add(padded(label, LABEL), Ink.DIM);
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
