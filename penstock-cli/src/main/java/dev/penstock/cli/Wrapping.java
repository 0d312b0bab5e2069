package dev.penstock.cli;

/** Breaks sentences between words, where a terminal would break them anywhere. */
final class Wrapping {
    private Wrapping() {}

    /**
     * The text in lines of at most this width, as far as its words allow.
     *
     * @param width columns; 0 for any
     * @param hanging spaces before each line but the first
     */
    static String wrap(String text, int width, int hanging) {
        if (width <= 0) {
            return text;
        }
        String indent = " ".repeat(Math.min(hanging, width / 2));
        StringBuilder wrapped = new StringBuilder();
        for (String line : (Iterable<String>) text.lines()::iterator) {
            wrapped.append(wrapped.isEmpty() ? "" : System.lineSeparator());
            String rest = line;
            String before = "";
            while (before.length() + rest.length() > width) {
                int end = rest.lastIndexOf(' ', width - before.length());
                if (end <= 0 || rest.substring(0, end).isBlank()) {
                    end = rest.indexOf(
                            ' ', Math.max(1, rest.length() - rest.stripLeading().length()));
                }
                if (end <= 0) {
                    break;
                }
                wrapped.append(before).append(rest, 0, end).append(System.lineSeparator());
                rest = rest.substring(end).stripLeading();
                before = indent;
            }
            wrapped.append(before).append(rest);
        }
        return wrapped.toString();
    }
}
