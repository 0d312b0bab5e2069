package dev.penstock.wire;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;

/**
 * Counts tokens exactly, with the provider's published encodings: o200k for gpt-4o and everything newer or unknown, cl100k
 * for gpt-4, gpt-3.5 and the embeddings. A table of some megabytes is loaded at the first count of each encoding.
 * Thread-safe.
 */
public final class TokenCounter {
    private final boolean cl100k;

    private TokenCounter(boolean cl100k) {
        this.cl100k = cl100k;
    }

    /** The counter for a model. Cheap; loads nothing. */
    public static TokenCounter forModel(String model) {
        String family = ModelFamily.of(model);
        boolean gpt4 = family.startsWith("gpt-4") && !family.startsWith("gpt-4o") && !family.startsWith("gpt-4.");
        return new TokenCounter(gpt4 || family.startsWith("gpt-3.5") || family.startsWith("text-embedding-"));
    }

    /** Whether the other one counts the same tokens in every text. */
    public boolean countsLike(TokenCounter other) {
        return cl100k == other.cl100k;
    }

    /** Tokens of a text; control sequences such as {@code <|endoftext|>} count as the text they are. */
    public long count(String text) {
        return encoding().countTokensOrdinary(text);
    }

    /**
     * Input tokens of a request: its text counted exactly, and what {@link CostEstimator} adds for messages and images.
     *
     * @throws MalformedRequestException as {@link RequestFacts#read}
     */
    public long countInput(Endpoint endpoint, byte[] body) {
        TextSize.Counter size = new TextSize.Counter();
        long[] tokens = new long[1];
        TextSink both = (chars, offset, length) -> {
            size.add(chars, offset, length);
            tokens[0] += count(new String(chars, offset, length));
        };
        RequestFacts facts = new RequestReader(endpoint, both).read(body, size);
        return tokens[0] + CostEstimator.tokensBesideText(facts);
    }

    private Encoding encoding() {
        return cl100k ? Cl100k.ENCODING : O200k.ENCODING;
    }

    private static final class O200k {
        static final Encoding ENCODING = Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.O200K_BASE);
    }

    private static final class Cl100k {
        static final Encoding ENCODING = Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.CL100K_BASE);
    }
}
