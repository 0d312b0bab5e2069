package dev.penstock.wire;

import dev.penstock.limit.Cost;

/**
 * What the provider will charge to the quotas when it admits a request: an estimate of the input plus every output token
 * that may be generated, n × the maximum. The provider does not tokenize either; it guesses from the characters. The sum
 * (and not the documented maximum of the two) is what headers show. Sources: the
 * <a href="https://developers.openai.com/api/docs/guides/rate-limits">rate limit guide</a>, the throttler of its cookbook
 * (4 tokens per message), and <a href="https://github.com/openai/openai-python/issues/605">openai-python 605</a> (n
 * multiplies).
 *
 * <p>As thread-safe as its calibration, that is: safe.
 */
public final class CostEstimator {
    /** Tokens that frame each message of a conversation. */
    static final int PER_MESSAGE = 4;
    /** Tokens that open the answer. */
    static final int PER_CONVERSATION = 3;
    /** What is reserved for the output if a request sets no maximum; the default of the oldest endpoint. */
    static final int UNSET_OUTPUT = 16;
    /** Tokens of the largest image after the provider's scaling, at high detail: 85 + 6 × 170. */
    static final int PER_IMAGE = 1_105;

    private final CostCalibration calibration;

    /** An estimator whose input part follows what the server's own figures teach. */
    public CostEstimator(CostCalibration calibration) {
        this.calibration = calibration;
    }

    /**
     * The estimated input tokens before calibration, a slightly high figure for prose. This is what
     * {@link CostCalibration} takes as the estimate.
     */
    public static long estimatedInputTokens(RequestFacts facts) {
        return facts.text().estimatedTokens() + tokensBesideText(facts);
    }

    /** Output tokens that the provider sets aside: all answers to all prompts at their maximum. */
    public static long reservedOutputTokens(RequestFacts facts) {
        if (!facts.endpoint().generates()) {
            return 0;
        }
        long answers = (long) Math.max(1, facts.inputs()) * facts.choices();
        long each = facts.maxOutputTokens().orElse(UNSET_OUTPUT);
        return each > Long.MAX_VALUE / 4 / answers ? Long.MAX_VALUE / 4 : answers * each;
    }

    /** Input tokens of the images of a request, at the largest that an image becomes. */
    public static long tokensOfImages(RequestFacts facts) {
        return (long) PER_IMAGE * facts.inputImages();
    }

    static long tokensBesideText(RequestFacts facts) {
        long frame = facts.messages() == 0 ? 0 : (long) PER_MESSAGE * facts.messages() + PER_CONVERSATION;
        return frame + facts.tokenIds() + tokensOfImages(facts);
    }

    /** What the request will be charged. Takes well under a microsecond. */
    public Cost cost(RequestFacts facts) {
        if (!facts.endpoint().countsTokens()) {
            return new Cost(1, 0, facts.images());
        }
        double input = estimatedInputTokens(facts) * calibration.chargeFactor(facts.model());
        return Cost.ofTokens((long) Math.ceil(input) + reservedOutputTokens(facts));
    }

    /**
     * As {@link #cost(RequestFacts)}, but with the input counted exactly where that pays: where the estimate lies within
     * half and twice a limit, so that it decides whether the request can ever fit.
     *
     * @param body the body that the facts were read from
     * @param tokenLimit tokens that the limit grants in one window, positive
     */
    public Cost cost(RequestFacts facts, byte[] body, long tokenLimit) {
        Cost estimate = cost(facts);
        if (!facts.endpoint().countsTokens()
                || estimate.tokens() < tokenLimit / 2
                || estimate.tokens() / 2 > tokenLimit) {
            return estimate;
        }
        long input = TokenCounter.forModel(facts.model()).countInput(facts.endpoint(), body);
        return Cost.ofTokens(input + reservedOutputTokens(facts));
    }
}
