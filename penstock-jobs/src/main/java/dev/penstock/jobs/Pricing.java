package dev.penstock.jobs;

import dev.penstock.wire.CostEstimator;
import dev.penstock.wire.Price;
import dev.penstock.wire.PriceTable;
import dev.penstock.wire.RequestFacts;
import dev.penstock.wire.Usage;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What calls cost, in integers: adding up millions of decimal fractions would take more time than sending them. A price
 * of a millionth of a dollar per million tokens is one pico-dollar per token. Owned by one thread.
 */
final class Pricing {
    /** What a model may write if a request sets no maximum; the largest output of most models. */
    static final long UNSET_OUTPUT = 16_384;

    /** The estimate of the input is high for prose, and may be low for other text. */
    private static final double INPUT_MARGIN = 1.5;

    private static final int PICO_DIGITS = 12;
    private static final long PICO_IN_NANO = 1_000;
    private static final int PER_MILLION_DIGITS = 6;

    private final PriceTable table;
    private final Map<String, Optional<PerToken>> byModel = new HashMap<>();

    /** Pico-dollars. */
    private record PerToken(long input, long cachedInput, long output) {}

    Pricing(PriceTable table) {
        this.table = table;
    }

    boolean knows(String model) {
        return price(model).isPresent();
    }

    /** What a usage costs; empty if the model's price is not known. */
    OptionalLong picoDollars(String model, Usage usage) {
        Optional<PerToken> price = price(model);
        if (price.isEmpty()) {
            return OptionalLong.empty();
        }
        PerToken each = price.get();
        return OptionalLong.of((usage.inputTokens() - usage.cachedInputTokens()) * each.input
                + usage.cachedInputTokens() * each.cachedInput
                + usage.outputTokens() * each.output);
    }

    /** The most that a request can cost; so much that no budget allows it if the model's price is not known. */
    long worstCaseNanoDollars(RequestFacts facts) {
        Optional<PerToken> price = price(facts.model());
        if (price.isEmpty()) {
            return Long.MAX_VALUE / 4;
        }
        double input = CostEstimator.estimatedInputTokens(facts) * INPUT_MARGIN * Math.max(1, facts.choices());
        double output = facts.maxOutputTokens().isPresent() || !facts.endpoint().generates()
                ? CostEstimator.reservedOutputTokens(facts)
                : (double) UNSET_OUTPUT * Math.max(1, facts.inputs()) * facts.choices();
        double pico = input * price.get().input + output * price.get().output;
        return (long) Math.ceil(Math.min(pico / PICO_IN_NANO, Long.MAX_VALUE / 4.0));
    }

    static long nanoDollarsRoundedUp(long picoDollars) {
        return Math.ceilDiv(picoDollars, PICO_IN_NANO);
    }

    static BigDecimal dollars(long picoDollars) {
        return BigDecimal.valueOf(picoDollars, PICO_DIGITS);
    }

    /** What usages cost; empty if the price of one of the models is not known. */
    static Optional<BigDecimal> dollars(PriceTable table, Map<String, Usage> spent) {
        BigDecimal sum = BigDecimal.ZERO;
        for (Map.Entry<String, Usage> entry : spent.entrySet()) {
            Usage usage = entry.getValue();
            if (usage.inputTokens() == 0 && usage.outputTokens() == 0) {
                continue;
            }
            Optional<Price> price = table.find(entry.getKey());
            if (price.isEmpty()) {
                return Optional.empty();
            }
            sum = sum.add(price.get().costOf(usage));
        }
        return Optional.of(sum);
    }

    private Optional<PerToken> price(String model) {
        Optional<PerToken> known = byModel.get(model);
        if (known == null) {
            known = table.find(model).map(Pricing::perToken);
            byModel.put(model, known);
        }
        return known;
    }

    private static PerToken perToken(Price price) {
        long input = pico(price.inputPerMillion());
        return new PerToken(
                input, price.cachedInputPerMillion().map(Pricing::pico).orElse(input), pico(price.outputPerMillion()));
    }

    private static long pico(BigDecimal dollarsPerMillion) {
        return dollarsPerMillion
                .movePointRight(PICO_DIGITS - PER_MILLION_DIGITS)
                .setScale(0, RoundingMode.CEILING)
                .longValue();
    }
}
