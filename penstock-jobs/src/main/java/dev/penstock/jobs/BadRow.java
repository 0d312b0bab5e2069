package dev.penstock.jobs;

/**
 * A row that cannot be sent.
 *
 * @param number counts the rows from 0, bad ones too
 * @param line the line of the problem, counted from 1
 * @param column the character of that line, counted from 1
 * @param problem what was expected, without the row's text
 */
public record BadRow(long number, long line, int column, String problem) {
    /** As compilers print it: {@code line:column: problem}. */
    @Override
    public String toString() {
        return line + ":" + column + ": " + problem;
    }
}
