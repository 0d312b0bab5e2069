package dev.penstock.cli;

import dev.penstock.cli.Picture.Shape;
import dev.penstock.cli.Picture.Tone;
import java.util.Locale;

/** A picture as SVG. */
final class SvgPicture {
    private SvgPicture() {}

    /** A file of its own, on light paper. */
    static String file(Picture picture, String description) {
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + element(picture, description, style(false));
    }

    /**
     * An element of a page that has the {@link #style}.
     *
     * @param description for those who cannot see it
     */
    static String element(Picture picture, String description) {
        return element(picture, description, "");
    }

    private static String element(Picture picture, String description, String style) {
        StringBuilder svg = new StringBuilder();
        svg.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\""
                        + " font-family=\"system-ui, sans-serif\">\n",
                picture.width(),
                picture.height(),
                picture.width(),
                picture.height()));
        svg.append("<title>").append(escaped(description)).append("</title>\n");
        if (!style.isEmpty()) {
            svg.append("<style>").append(style).append("</style>\n");
        }
        svg.append("<rect width=\"100%\" height=\"100%\" class=\"fill-paper\"/>\n");
        for (Shape shape : picture.shapes()) {
            switch (shape) {
                case Shape.Area area ->
                    svg.append("<polygon class=\"fill-")
                            .append(name(area.tone()))
                            .append("\" points=\"")
                            .append(points(area.xs(), area.ys()))
                            .append("\"/>\n");
                case Shape.Path path ->
                    svg.append("<polyline fill=\"none\" class=\"line-")
                            .append(name(path.tone()))
                            .append("\" stroke-width=\"")
                            .append(number(path.thickness()))
                            .append(path.dashed() ? "\" stroke-dasharray=\"4 3" : "")
                            .append("\" points=\"")
                            .append(points(path.xs(), path.ys()))
                            .append("\"/>\n");
                case Shape.Text text ->
                    svg.append("<text class=\"fill-")
                            .append(name(text.tone()))
                            .append("\" x=\"")
                            .append(number(text.x()))
                            .append("\" y=\"")
                            .append(number(text.y()))
                            .append("\" font-size=\"")
                            .append(text.size())
                            .append(text.bold() ? "\" font-weight=\"600" : "")
                            .append(
                                    switch (text.anchor()) {
                                        case START -> "";
                                        case END -> "\" text-anchor=\"end";
                                    })
                            .append("\">")
                            .append(escaped(text.text()))
                            .append("</text>\n");
            }
        }
        return svg.append("</svg>\n").toString();
    }

    /** The colours, which pages that are read in the dark turn round. */
    static String style(boolean followsReader) {
        StringBuilder light = new StringBuilder();
        StringBuilder dark = new StringBuilder();
        for (Tone tone : Tone.values()) {
            light.append(rules(tone, tone.light()));
            dark.append(rules(tone, tone.dark()));
        }
        return followsReader ? light + "@media (prefers-color-scheme:dark){" + dark + "}" : light.toString();
    }

    private static String rules(Tone tone, String colour) {
        return ".fill-" + name(tone) + "{fill:" + colour + "}.line-" + name(tone) + "{stroke:" + colour + "}";
    }

    private static String name(Tone tone) {
        return tone.name().toLowerCase(Locale.ROOT);
    }

    private static String points(double[] xs, double[] ys) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < xs.length; i++) {
            points.append(i == 0 ? "" : " ").append(number(xs[i])).append(',').append(number(ys[i]));
        }
        return points.toString();
    }

    private static String number(double value) {
        String text = String.format(Locale.ROOT, "%.1f", value);
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
