package dev.penstock.emulator;

/**
 * What a request takes from the token limits at admission, before anything is known of its answer. The estimate of the
 * input is {@code max(1, ceil(characters / 4) + 1)}, which gives the 7 tokens that were charged for 21 characters in an
 * observed header (limit 10000, remaining 9481, max_tokens 512).
 */
public enum ChargeRule {
    /** Input estimate + n × maximal output: what was observed. */
    SUM,
    /** The larger of input estimate and n × maximal output: what the vendor's guide says. */
    MAX,
    /** Input estimate alone: what providers do that do not reserve output. */
    INPUT;

    long tokens(long characters, long outputs, long mostOutputTokens) {
        long input = Math.max(1, Math.ceilDiv(characters, 4L) + 1);
        long output = outputs * mostOutputTokens;
        return switch (this) {
            case SUM -> input + output;
            case MAX -> Math.max(input, output);
            case INPUT -> input;
        };
    }
}
