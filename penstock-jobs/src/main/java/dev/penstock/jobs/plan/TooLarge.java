package dev.penstock.jobs.plan;

import java.util.List;

/**
 * Rows that a token limit can never admit, because they are charged more than all of it.
 *
 * @param tokenLimit tokens per minute
 * @param firstLines of some of them, ascending
 * @param charge tokens that they are charged together
 */
public record TooLarge(long tokenLimit, long rows, List<Long> firstLines, long charge) {
    public TooLarge {
        firstLines = List.copyOf(firstLines);
    }
}
