package dev.penstock.cli;

import dev.penstock.cli.Picture.Anchor;
import dev.penstock.cli.Picture.Shape;
import dev.penstock.cli.Picture.Tone;
import dev.penstock.simulator.Explanation;
import dev.penstock.simulator.Result;
import dev.penstock.simulator.Scenario;
import dev.penstock.simulator.Series;
import java.time.Duration;
import java.util.List;

/**
 * A chart for each strategy, all on the same axes: calls a second over time, answered ones upwards with the limit as a
 * dashed line, refused ones downwards on a scale of their own, as there may be a hundred times as many.
 */
final class SimulationCharts {
    private static final int WIDTH = 960;
    private static final int CELL_HEIGHT = 170;
    private static final int MARGIN = 16;
    private static final int LEFT = 40;
    private static final int HEAD = 40;
    private static final int FOOT = 22;
    private static final int TITLE = 66;
    private static final int MOST_STEPS = 240;
    /** The part of a chart above zero. */
    private static final double UPPER = 0.6;

    private final Scenario scenario;
    private final List<Result> results;
    private final double endSeconds;
    private final double mostAccepted;
    private final double mostRejected;

    SimulationCharts(Scenario scenario, List<Result> results) {
        this.scenario = scenario;
        // Batches make no calls, and take so long that nothing else could be seen beside them.
        this.results = results.stream().filter(result -> result.calls() > 0).toList();
        double end = 0;
        for (Result result : this.results) {
            end = Math.max(end, result.makespanSeconds());
        }
        this.endSeconds = Math.max(1, end);
        double accepted = 0;
        double rejected = 0;
        for (Result result : this.results) {
            Series series = result.series();
            for (int step = 0; step < steps(); step++) {
                accepted = Math.max(accepted, at(series, step, true));
                rejected = Math.max(rejected, at(series, step, false));
            }
        }
        this.mostAccepted = rounded(accepted);
        this.mostRejected = rounded(rejected);
    }

    /** @param titled whether it says what it shows, as a picture of its own has to */
    Picture picture(boolean titled) {
        int head = titled ? TITLE : MARGIN;
        int columns = results.size() > 1 ? 2 : 1;
        int rows = Math.max(1, (results.size() + columns - 1) / columns);
        Picture picture = new Picture(WIDTH, head + rows * CELL_HEIGHT + MARGIN);
        if (titled) {
            String traffic = scenario.traffic().description();
            picture.add(new Shape.Text(MARGIN, 26, traffic, Tone.TEXT, 15, true, Anchor.START));
            if (!results.isEmpty()) {
                String situation = Explanation.of(scenario, SimulationReport.worst(results))
                        .situation();
                picture.text(MARGIN, 46, situation, Tone.MUTED, 12);
            }
        }
        double cellWidth = (WIDTH - MARGIN) / (double) columns;
        for (int i = 0; i < results.size(); i++) {
            chart(
                    picture,
                    results.get(i),
                    MARGIN + i % columns * cellWidth,
                    head + i / columns * CELL_HEIGHT,
                    cellWidth - MARGIN);
        }
        return picture;
    }

    private void chart(Picture picture, Result result, double x, double y, double width) {
        double left = x + LEFT;
        double right = x + width;
        double top = y + HEAD;
        double bottom = y + CELL_HEIGHT - FOOT;
        picture.add(new Shape.Text(x, y + 14, result.strategy(), Tone.TEXT, 13, true, Anchor.START));
        picture.text(x, y + 30, totals(result), Tone.MUTED, 11);
        double zero = top + (bottom - top) * UPPER;
        picture.line(left, top, right, top, Tone.GRID);
        picture.line(left, bottom, right, bottom, Tone.GRID);
        scale(picture, left, top, Figures.compact(mostAccepted), Tone.ANSWERED);
        scale(picture, left, zero, "0", Tone.MUTED);
        scale(picture, left, bottom, Figures.compact(mostRejected), Tone.REFUSED);
        picture.text(left, bottom + 14, "0", Tone.MUTED, 10);
        picture.add(new Shape.Text(
                right,
                bottom + 14,
                Figures.time(Duration.ofNanos((long) (endSeconds * 1e9))),
                Tone.MUTED,
                10,
                false,
                Anchor.END));
        Series series = result.series();
        steps(picture, series, left, right, zero, (zero - top) / mostAccepted, true);
        steps(picture, series, left, right, zero, (zero - bottom) / mostRejected, false);
        picture.line(left, zero, right, zero, Tone.MUTED);
        double limit = series.limitPerSecond();
        if (limit <= mostAccepted) {
            double at = zero - limit / mostAccepted * (zero - top);
            picture.add(new Shape.Path(new double[] {left, right}, new double[] {at, at}, Tone.LIMIT, 1.2, true));
        }
    }

    private static void scale(Picture picture, double left, double y, String text, Tone tone) {
        picture.add(new Shape.Text(left - 6, y + 4, text, tone, 10, false, Anchor.END));
    }

    /** @param unit the height of one call a second; negative downwards */
    private void steps(
            Picture picture, Series series, double left, double right, double zero, double unit, boolean accepted) {
        int steps = steps();
        double[] xs = new double[2 * steps + 2];
        double[] ys = new double[2 * steps + 2];
        boolean any = false;
        for (int step = 0; step < steps; step++) {
            double rate = at(series, step, accepted);
            any |= rate > 0;
            xs[2 * step] = left + (right - left) * step / steps;
            xs[2 * step + 1] = left + (right - left) * (step + 1) / steps;
            ys[2 * step] = zero - rate * unit;
            ys[2 * step + 1] = zero - rate * unit;
        }
        xs[2 * steps] = right;
        ys[2 * steps] = zero;
        xs[2 * steps + 1] = left;
        ys[2 * steps + 1] = zero;
        if (any) {
            picture.add(new Shape.Area(xs, ys, accepted ? Tone.ANSWERED : Tone.REFUSED));
        }
    }

    private int steps() {
        return (int) Math.clamp(Math.ceil(endSeconds), 1, MOST_STEPS);
    }

    /** The mean rate of a step. */
    private double at(Series series, int step, boolean accepted) {
        double width = endSeconds / steps();
        double from = step * width;
        double to = from + width;
        double sum = 0;
        double point = series.secondsPerPoint();
        for (int i = (int) (from / point); i < series.points() && i * point < to; i++) {
            double overlap = Math.min(to, (i + 1) * point) - Math.max(from, i * point);
            sum += Math.max(0, overlap) * (accepted ? series.accepted(i) : series.rejected(i));
        }
        return sum / width;
    }

    private static String totals(Result result) {
        return Figures.count(result.accepted()) + " answered"
                + (result.givenUp() > 0 ? ", " + Figures.count(result.givenUp()) + " lost" : "")
                + (result.rejected() > 0 ? ", " + Figures.count(result.rejected(), "429") : ", no 429")
                + ", " + Figures.time(Duration.ofNanos((long) (result.makespanSeconds() * 1e9)));
    }

    /** Up to one of a few multiples of a power of ten, so that the axis has round figures. */
    private static double rounded(double most) {
        double power = Math.pow(10, Math.floor(Math.log10(Math.max(1, most))));
        for (double factor : List.of(1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)) {
            if (factor * power >= most) {
                return factor * power;
            }
        }
        return 10 * power;
    }
}
