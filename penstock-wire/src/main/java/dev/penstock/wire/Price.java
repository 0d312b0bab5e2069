package dev.penstock.wire;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The list price of a model family in US dollars per million tokens.
 *
 * @param source short name of the source
 * @param url address or title of the source; may be empty in a user's file
 * @param date day or month since which the price is known, ISO 8601; may be empty in a user's file
 * @param family model family, as {@link ModelFamily#of} names it
 * @param inputPerMillion input that is not cached
 * @param cachedInputPerMillion cached input; empty if it has no price of its own
 * @param outputPerMillion output; zero where there is none
 * @param maxOutputTokens the most tokens that one answer may hold; empty if it is not known
 */
public record Price(
        String source,
        String url,
        String date,
        String family,
        BigDecimal inputPerMillion,
        Optional<BigDecimal> cachedInputPerMillion,
        BigDecimal outputPerMillion,
        OptionalLong maxOutputTokens) {

    /** What a usage costs, in US dollars, exactly. */
    public BigDecimal costOf(Usage usage) {
        BigDecimal uncached =
                inputPerMillion.multiply(BigDecimal.valueOf(usage.inputTokens() - usage.cachedInputTokens()));
        BigDecimal cached =
                cachedInputPerMillion.orElse(inputPerMillion).multiply(BigDecimal.valueOf(usage.cachedInputTokens()));
        BigDecimal output = outputPerMillion.multiply(BigDecimal.valueOf(usage.outputTokens()));
        return uncached.add(cached).add(output).movePointLeft(6);
    }
}
