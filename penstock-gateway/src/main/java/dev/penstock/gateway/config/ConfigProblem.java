package dev.penstock.gateway.config;

/**
 * One thing that is wrong with a configuration file.
 *
 * @param file as the user named it
 * @param line from 1; 0 if it is about the whole file
 * @param column from 1, in characters; 0 if it is about the whole file
 * @param text what was given, what the rule is and what to do; never a key
 */
public record ConfigProblem(String file, int line, int column, String text) {
    /** One line, with the place in front. */
    @Override
    public String toString() {
        return line == 0 ? file + ": " + text : file + ":" + line + ":" + column + ": " + text;
    }
}
