package dev.penstock.wire;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What calls cost, in integers: adding up millions of decimal fractions would take more time than sending them. A price
 * of a millionth of a dollar per million tokens is one pico-dollar per token. Not safe for use by several threads.
 */
public final class Pricing {
    /**
     * What of a list price the Batch API takes, see <a href="https://platform.openai.com/docs/guides/batch">its guide</a>.
     */
    public static final BigDecimal BATCH_SHARE = new BigDecimal("0.5");

    /** No tokenizer makes more tokens of a character than its bytes in UTF-8. */
    private static final int MOST_BYTES = 3;

    /** More than the names of roles and the frame of a message. */
    private static final int FRAME_TOKENS = 64;

    /**
     * Of an image in high detail, eight tiles of 5,667 tokens and a base of 2,833 for the model that charges most; see
     * <a href="https://platform.openai.com/docs/guides/images-vision">images and vision</a>.
     */
    private static final long IMAGE_TOKENS = 50_000;

    private static final long TOO_MUCH = Long.MAX_VALUE / 4;

    private static final int MOST_MODELS = 1_000;

    private static final int PICO_DIGITS = 12;
    private static final long PICO_IN_NANO = 1_000;
    private static final int PER_MILLION_DIGITS = 6;

    private final PriceTable table;
    private final Map<String, Optional<PerToken>> byModel = new HashMap<>();

    /** Pico-dollars. */
    private record PerToken(long input, long cachedInput, long output, OptionalLong maxOutput) {}

    /** Prices of this table. */
    public Pricing(PriceTable table) {
        this.table = table;
    }

    /** Whether the table has a price for the model. */
    public boolean knows(String model) {
        return price(model).isPresent();
    }

    /** Whether it is known how much an answer may hold at most, given that the price is known. */
    public boolean bounds(RequestFacts facts) {
        // The tables have no prices of pictures and sound.
        if (!facts.endpoint().countsTokens()) {
            return false;
        }
        return !facts.endpoint().generates()
                || facts.maxOutputTokens().isPresent()
                || price(facts.model()).flatMap(each -> boxed(each.maxOutput)).isPresent();
    }

    private static Optional<Long> boxed(OptionalLong value) {
        return value.isPresent() ? Optional.of(value.getAsLong()) : Optional.empty();
    }

    /** What a usage costs; empty if the model's price is not known. */
    public OptionalLong picoDollars(String model, Usage usage) {
        Optional<PerToken> price = price(model);
        if (price.isEmpty()) {
            return OptionalLong.empty();
        }
        PerToken each = price.get();
        return OptionalLong.of((usage.inputTokens() - usage.cachedInputTokens()) * each.input
                + usage.cachedInputTokens() * each.cachedInput
                + usage.outputTokens() * each.output);
    }

    /**
     * The most that a request can cost: its input as if each byte of it were a token, and its output at the maximum that
     * it sets or, without one, at the model's. Input that a request only points to (files, stored conversations, hosted
     * tools) is not in it.
     *
     * @param bodyBytes length of the body that the facts were read from
     * @throws IllegalArgumentException if price or maximum is not known
     */
    public long worstCaseNanoDollars(RequestFacts facts, int bodyBytes) {
        Optional<PerToken> price = price(facts.model());
        if (price.isEmpty() || !bounds(facts)) {
            throw new IllegalArgumentException("nothing bounds what " + facts.model() + " costs");
        }
        PerToken each = price.get();
        double input = (double) mostInputTokens(facts, bodyBytes) * facts.choices();
        double output = 0;
        if (facts.endpoint().generates()) {
            output = (double) facts.maxOutputTokens().orElseGet(each.maxOutput::getAsLong)
                    * Math.max(1, facts.inputs())
                    * facts.choices();
        }
        double pico = input * Math.max(each.input, each.cachedInput) + output * each.output;
        return (long) Math.ceil(Math.min(pico / PICO_IN_NANO, TOO_MUCH));
    }

    /**
     * The most tokens that a model can put out for a request that sets no maximum, over all its choices; empty if that is
     * not known.
     */
    public OptionalLong mostOutputTokens(RequestFacts facts) {
        Optional<Long> each = price(facts.model()).flatMap(price -> boxed(price.maxOutput));
        return each.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(each.get() * Math.max(1, facts.inputs()) * facts.choices());
    }

    private static long mostInputTokens(RequestFacts facts, int bodyBytes) {
        if (facts.inputImages() == 0) {
            return bodyBytes;
        }
        // The bytes of an image say nothing: it costs by its size in pixels.
        long text = facts.text().ascii()
                + MOST_BYTES * (facts.text().alphabetic() + facts.text().wide())
                + facts.tokenIds()
                + (long) FRAME_TOKENS * (1 + facts.messages());
        return Math.min(bodyBytes, text) + IMAGE_TOKENS * facts.inputImages();
    }

    /** Whole nano-dollars that are not less than this. */
    public static long nanoDollarsRoundedUp(long picoDollars) {
        return Math.ceilDiv(picoDollars, PICO_IN_NANO);
    }

    /** What of an amount a batch takes, in nano-dollars that are not less than this. */
    public static long batchNanoDollars(long liveNanoDollars) {
        return BigDecimal.valueOf(liveNanoDollars)
                .multiply(BATCH_SHARE)
                .setScale(0, RoundingMode.CEILING)
                .longValueExact();
    }

    /** Pico-dollars as dollars. */
    public static BigDecimal dollars(long picoDollars) {
        return BigDecimal.valueOf(picoDollars, PICO_DIGITS);
    }

    /** What usages cost; empty if the price of one of the models is not known. */
    public static Optional<BigDecimal> dollars(PriceTable table, Map<String, Usage> spent) {
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
            if (byModel.size() >= MOST_MODELS) {
                byModel.clear(); // names come from outside
            }
            byModel.put(model, known);
        }
        return known;
    }

    private static PerToken perToken(Price price) {
        long input = pico(price.inputPerMillion());
        return new PerToken(
                input,
                price.cachedInputPerMillion().map(Pricing::pico).orElse(input),
                pico(price.outputPerMillion()),
                price.maxOutputTokens());
    }

    private static long pico(BigDecimal dollarsPerMillion) {
        return dollarsPerMillion
                .movePointRight(PICO_DIGITS - PER_MILLION_DIGITS)
                .setScale(0, RoundingMode.CEILING)
                .longValue();
    }
}
