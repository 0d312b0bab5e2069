package dev.penstock.jobs.plan;

import java.util.List;
import java.util.Map;

/**
 * Rows whose request is the same, byte for byte, as that of an earlier row.
 *
 * @param rows that repeat another one; those that are repeated not counted
 * @param counted whether all rows were compared; else {@code rows} and the tokens are estimates from a sample
 * @param sampleShare of the requests that were compared with all others, 0 to 1
 * @param tokens that they take, by family
 * @param examples some of them
 */
public record Repeats(
        long rows, boolean counted, double sampleShare, Map<String, Tokens> tokens, List<Example> examples) {
    /**
     * Tokens of repeating rows.
     *
     * @param output if answers are as long as they were assumed to be
     */
    public record Tokens(long input, long output) {}

    /** A line that repeats an earlier one; both counted from 1. */
    public record Example(long line, long earlier) {}

    public Repeats {
        tokens = Map.copyOf(tokens);
        examples = List.copyOf(examples);
    }
}
