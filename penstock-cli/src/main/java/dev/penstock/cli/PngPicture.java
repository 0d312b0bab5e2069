package dev.penstock.cli;

import dev.penstock.cli.Picture.Anchor;
import dev.penstock.cli.Picture.Shape;
import dev.penstock.cli.Picture.Tone;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** A picture as PNG, on light paper, two pixels for each unit. */
final class PngPicture {
    private static final int SCALE = 2;

    private PngPicture() {}

    static byte[] bytes(Picture picture) {
        BufferedImage image =
                new BufferedImage(SCALE * picture.width(), SCALE * picture.height(), BufferedImage.TYPE_INT_RGB);
        Graphics2D to = image.createGraphics();
        try {
            to.scale(SCALE, SCALE);
            to.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            to.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            to.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
            to.setColor(colour(Tone.PAPER));
            to.fillRect(0, 0, picture.width(), picture.height());
            picture.shapes().forEach(shape -> draw(shape, to));
        } finally {
            to.dispose();
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            if (!ImageIO.write(image, "png", bytes)) {
                throw new IllegalStateException("this JDK cannot write PNG");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void draw(Shape shape, Graphics2D to) {
        switch (shape) {
            case Shape.Area area -> {
                to.setColor(colour(area.tone()));
                Path2D path = path(area.xs(), area.ys());
                path.closePath();
                to.fill(path);
            }
            case Shape.Path line -> {
                to.setColor(colour(line.tone()));
                float thickness = (float) line.thickness();
                to.setStroke(
                        line.dashed()
                                ? new BasicStroke(
                                        thickness,
                                        BasicStroke.CAP_BUTT,
                                        BasicStroke.JOIN_ROUND,
                                        1,
                                        new float[] {4, 3},
                                        0)
                                : new BasicStroke(thickness));
                to.draw(path(line.xs(), line.ys()));
            }
            case Shape.Text text -> {
                to.setColor(colour(text.tone()));
                to.setFont(new Font(Font.SANS_SERIF, text.bold() ? Font.BOLD : Font.PLAIN, text.size()));
                double before = text.anchor() == Anchor.END
                        ? to.getFontMetrics().getStringBounds(text.text(), to).getWidth()
                        : 0;
                to.drawString(text.text(), (float) (text.x() - before), (float) text.y());
            }
        }
    }

    private static Path2D path(double[] xs, double[] ys) {
        Path2D path = new Path2D.Double();
        for (int i = 0; i < xs.length; i++) {
            if (i == 0) {
                path.moveTo(xs[i], ys[i]);
            } else {
                path.lineTo(xs[i], ys[i]);
            }
        }
        return path;
    }

    private static Color colour(Tone tone) {
        return Color.decode(tone.light());
    }
}
