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
 * A chart for each strategy, all on the same axes: calls a second over time, answered ones at the bottom and refused ones
 * upon them, and the limit as a dashed line.
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

    private final Scenario scenario;
    private final List<Result> results;
    private final double endSeconds;
    private final double mostPerSecond;

    SimulationCharts(Scenario scenario, List<Result> results) {
        this.scenario = scenario;
        // Batches make no calls, and take so long that nothing else could be seen beside them.
        this.results = results.stream().filter(result -> result.calls() > 0).toList();
        double end = 0;
        for (Result result : this.results) {
            end = Math.max(end, result.makespanSeconds());
        }
        this.endSeconds = Math.max(1, end);
        double most = 0;
        for (Result result : this.results) {
            Series series = result.series();
            for (int step = 0; step < steps(); step++) {
                most = Math.max(most, at(series, step, true) + at(series, step, false));
            }
        }
        this.mostPerSecond = rounded(most);
    }

    Picture picture() {
        int columns = results.size() > 1 ? 2 : 1;
        int rows = Math.max(1, (results.size() + columns - 1) / columns);
        Picture picture = new Picture(WIDTH, TITLE + rows * CELL_HEIGHT + MARGIN);
        picture.add(new Shape.Text(MARGIN, 26, scenario.traffic().description(), Tone.TEXT, 15, true, Anchor.START));
        if (!results.isEmpty()) {
            picture.text(
                    MARGIN, 46, Explanation.of(scenario, results.getFirst()).situation(), Tone.MUTED, 12);
        }
        double cellWidth = (WIDTH - MARGIN) / (double) columns;
        for (int i = 0; i < results.size(); i++) {
            chart(
                    picture,
                    results.get(i),
                    MARGIN + i % columns * cellWidth,
                    TITLE + i / columns * CELL_HEIGHT,
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
        for (int i = 0; i <= 2; i++) {
            double at = bottom - i * (bottom - top) / 2;
            picture.line(left, at, right, at, Tone.GRID);
            picture.add(new Shape.Text(
                    left - 6, at + 4, Figures.compact(mostPerSecond * i / 2), Tone.MUTED, 10, false, Anchor.END));
        }
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
        steps(picture, series, left, right, top, bottom, true);
        steps(picture, series, left, right, top, bottom, false);
        double limit = series.limitPerSecond();
        if (limit <= mostPerSecond) {
            double at = bottom - limit / mostPerSecond * (bottom - top);
            picture.add(new Shape.Path(new double[] {left, right}, new double[] {at, at}, Tone.LIMIT, 1.2, true));
        }
    }

    /** @param refused whether the area lies upon that of the answered ones */
    private void steps(
            Picture picture, Series series, double left, double right, double top, double bottom, boolean refused) {
        int steps = steps();
        double[] xs = new double[2 * steps + 2];
        double[] ys = new double[2 * steps + 2];
        boolean any = false;
        for (int step = 0; step < steps; step++) {
            double accepted = at(series, step, true);
            double rejected = refused ? at(series, step, false) : 0;
            any |= refused ? rejected > 0 : accepted > 0;
            double level = bottom - (accepted + rejected) / mostPerSecond * (bottom - top);
            xs[2 * step] = left + (right - left) * step / steps;
            xs[2 * step + 1] = left + (right - left) * (step + 1) / steps;
            ys[2 * step] = level;
            ys[2 * step + 1] = level;
        }
        xs[2 * steps] = right;
        ys[2 * steps] = bottom;
        xs[2 * steps + 1] = left;
        ys[2 * steps + 1] = bottom;
        if (any) {
            picture.add(new Shape.Area(xs, ys, refused ? Tone.REFUSED : Tone.ANSWERED));
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

    /** Up to 1, 2 or 5 times a power of ten, so that the axis has round figures. */
    private static double rounded(double most) {
        double power = Math.pow(10, Math.floor(Math.log10(Math.max(1, most))));
        for (double factor : List.of(1.0, 2.0, 4.0, 6.0, 10.0)) {
            if (factor * power >= most) {
                return factor * power;
            }
        }
        return 10 * power;
    }
}
