package dev.penstock.wire;

/**
 * A request body that is not what its endpoint takes. The message says what stands wrong and what was expected, without
 * repeating text of the body, which may be a prompt.
 */
public final class MalformedRequestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int line;
    private final int column;
    private final String expected;

    MalformedRequestException(int line, int column, String expected) {
        super("line " + line + ", column " + column + ": " + expected);
        this.line = line;
        this.column = column;
        this.expected = expected;
    }

    /** Line in the body, from 1. */
    public int line() {
        return line;
    }

    /** Column in that line, in bytes, from 1. */
    public int column() {
        return column;
    }

    /** What is wrong and what was expected, without the place. */
    public String expected() {
        return expected;
    }
}
