package dev.penstock.cli;

import java.util.ArrayList;
import java.util.List;

/** A drawing of a few simple shapes, later ones above earlier ones, to be written as {@link SvgPicture} or {@link PngPicture}. */
final class Picture {
    private final int width;
    private final int height;
    private final List<Shape> shapes = new ArrayList<>();

    /** What a shape stands for, and its colours on light and dark paper. */
    enum Tone {
        PAPER("#ffffff", "#14171c"),
        TEXT("#1b1f24", "#e6e8eb"),
        MUTED("#646c76", "#98a1ac"),
        GRID("#e3e6ea", "#2b3139"),
        ANSWERED("#2b8a5f", "#3fb27f"),
        REFUSED("#d0453c", "#ea6a60"),
        LIMIT("#1b1f24", "#e6e8eb");

        private final String light;
        private final String dark;

        Tone(String light, String dark) {
            this.light = light;
            this.dark = dark;
        }

        String light() {
            return light;
        }

        String dark() {
            return dark;
        }
    }

    /** Where a text is held. */
    enum Anchor {
        START,
        END
    }

    sealed interface Shape {
        /** A filled area with these corners. */
        record Area(double[] xs, double[] ys, Tone tone) implements Shape {}

        /** A line through these points. */
        record Path(double[] xs, double[] ys, Tone tone, double thickness, boolean dashed) implements Shape {}

        /** A line of text; y is its baseline. */
        record Text(double x, double y, String text, Tone tone, int size, boolean bold, Anchor anchor)
                implements Shape {}
    }

    Picture(int width, int height) {
        this.width = width;
        this.height = height;
    }

    void add(Shape shape) {
        shapes.add(shape);
    }

    void text(double x, double y, String text, Tone tone, int size) {
        add(new Shape.Text(x, y, text, tone, size, false, Anchor.START));
    }

    void line(double fromX, double fromY, double toX, double toY, Tone tone) {
        add(new Shape.Path(new double[] {fromX, toX}, new double[] {fromY, toY}, tone, 1, false));
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    List<Shape> shapes() {
        return shapes;
    }
}
