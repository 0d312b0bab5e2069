package dev.penstock.cli;

/** How text looks on a terminal that shows colours; the 16 colours that every palette has. */
enum Ink {
    PLAIN(""),
    BOLD("1"),
    DIM("2"),
    GREEN("32"),
    YELLOW("33"),
    RED("31"),
    BLUE("34");

    private final String code;

    Ink(String code) {
        this.code = code;
    }

    String paint(String text, boolean colours) {
        return !colours || this == PLAIN || text.isEmpty() ? text : "\u001b[" + code + "m" + text + "\u001b[0m";
    }
}
