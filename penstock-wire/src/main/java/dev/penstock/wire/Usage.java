package dev.penstock.wire;

/**
 * The tokens that an answer is billed for.
 *
 * @param inputTokens all input tokens, the cached ones included
 * @param cachedInputTokens the input tokens that the provider had cached; at most {@code inputTokens}
 * @param outputTokens all generated tokens, those of hidden reasoning included
 */
public record Usage(long inputTokens, long cachedInputTokens, long outputTokens) {
    public Usage {
        if (inputTokens < 0 || cachedInputTokens < 0 || outputTokens < 0 || cachedInputTokens > inputTokens) {
            throw new IllegalArgumentException("usage is " + inputTokens + " input tokens (" + cachedInputTokens
                    + " cached), " + outputTokens
                    + " output tokens; none may be negative and no more cached than there are");
        }
    }
}
