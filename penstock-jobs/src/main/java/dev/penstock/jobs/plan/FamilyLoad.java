package dev.penstock.jobs.plan;

import java.util.List;

/**
 * The rows of one model family, which share its limits.
 *
 * @param rows 1 or more
 * @param inputTokens exact
 * @param chargedInput tokens that the limits are charged for the input
 * @param reserved output tokens that the limits are charged
 * @param expectedOutput output tokens, if answers are as long as they were assumed to be
 * @param answers that are generated
 * @param answersWithoutMaximum of them, those whose request sets no maximum
 * @param reservedWithMaximum what of {@code reserved} comes from requests that set one
 * @param leastMaximum the smallest maximum of an answer; 0 if none is set
 * @param mostMaximum the greatest
 * @param shortest input tokens of the shortest row
 * @param median input tokens that half of the rows do not exceed, to a fifth
 * @param longest input tokens of the longest row
 * @param distribution rows by input tokens
 * @param tooLarge for each token limit that some tier grants and that a row exceeds, ascending
 */
public record FamilyLoad(
        String family,
        long rows,
        long inputTokens,
        long chargedInput,
        long reserved,
        long expectedOutput,
        long answers,
        long answersWithoutMaximum,
        long reservedWithMaximum,
        long leastMaximum,
        long mostMaximum,
        long shortest,
        long median,
        long longest,
        List<TokenBin> distribution,
        List<TooLarge> tooLarge) {
    public FamilyLoad {
        distribution = List.copyOf(distribution);
        tooLarge = List.copyOf(tooLarge);
    }

    /** What a limit of tokens per minute can never admit; nothing if all fits. */
    public TooLarge beyond(long tokenLimit) {
        return tooLarge.stream()
                .filter(each -> each.tokenLimit() == tokenLimit)
                .findFirst()
                .orElse(new TooLarge(tokenLimit, 0, List.of(), 0));
    }
}
