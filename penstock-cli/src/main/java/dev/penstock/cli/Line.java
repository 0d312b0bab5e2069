package dev.penstock.cli;

/** One line of a screen, never wider than there is room. Every character takes one column. */
final class Line {
    private final int room;
    private final boolean colours;
    private final StringBuilder text = new StringBuilder();
    private int width;

    Line(int room, boolean colours) {
        this.room = room;
        this.colours = colours;
    }

    /** Adds text, cut where the room ends. */
    Line add(String more, Ink ink) {
        String fitting = more.substring(0, Math.min(more.length(), room - width));
        text.append(ink.paint(fitting, colours));
        width += fitting.length();
        return this;
    }

    Line add(String more) {
        return add(more, Ink.PLAIN);
    }

    /** Adds text if all of it fits, else nothing. */
    Line addWhole(String more, Ink ink) {
        return more.length() <= left() ? add(more, ink) : this;
    }

    int left() {
        return room - width;
    }

    int width() {
        return width;
    }

    /** With the codes of its colours. */
    String text() {
        return text.toString();
    }
}
