package dev.penstock.jobs.plan;

import dev.penstock.jobs.PreparedRequest;
import dev.penstock.wire.CostEstimator;
import dev.penstock.wire.ModelFamily;
import dev.penstock.wire.RequestFacts;
import dev.penstock.wire.TokenCounter;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * What is counted of one row.
 *
 * @param line the row's first line, counted from 1
 * @param inputTokens exact
 * @param chargedInput tokens that the limits are charged for the input
 * @param reserved output tokens that the limits are charged, over all answers
 * @param answers that come back: choices × prompts; 0 where nothing is generated
 * @param mostOutput the maximum that the request sets for each answer; -1 without one
 * @param hash of the request without its name
 */
record RowMeasure(
        long line,
        String family,
        long inputTokens,
        long chargedInput,
        long reserved,
        long answers,
        long mostOutput,
        long hash) {
    private static final int CHARACTERS_PER_TOKEN = 4;

    /** Counts a row. The digest may be used again for the next one. */
    static RowMeasure of(long line, PreparedRequest request, MessageDigest sha256) {
        RequestFacts facts = request.facts();
        long input = facts.endpoint().countsTokens()
                ? TokenCounter.forModel(facts.model()).countInput(facts.endpoint(), request.body())
                : 0;
        boolean generates = facts.endpoint().generates();
        return new RowMeasure(
                line,
                ModelFamily.of(facts.model()),
                input,
                chargedInput(facts),
                CostEstimator.reservedOutputTokens(facts),
                generates ? (long) Math.max(1, facts.inputs()) * facts.choices() : 0,
                generates ? facts.maxOutputTokens().orElse(-1) : -1,
                hash(request, sha256));
    }

    /** What a token limit is charged when the row is admitted. */
    long charge() {
        return Sums.plus(chargedInput, reserved);
    }

    /** Whether it is larger than all of a limit; decided by exact tokens, as a run does. */
    boolean exceeds(long tokenLimit) {
        return Sums.plus(inputTokens, reserved) > tokenLimit;
    }

    /**
     * A quarter of the characters and one, which is the 7 tokens that an answer's headers showed for 21 characters. Runs are
     * paced by what headers say, so this is nearer to their time than the careful guess that is set aside beforehand.
     */
    private static long chargedInput(RequestFacts facts) {
        if (!facts.endpoint().countsTokens()) {
            return 0;
        }
        long images = CostEstimator.tokensOfImages(facts);
        return Math.ceilDiv(facts.text().characters(), CHARACTERS_PER_TOKEN) + 1 + facts.tokenIds() + images;
    }

    /** Of 64 bits: among ten million rows two that differ look alike once in 400,000 files. */
    private static long hash(PreparedRequest request, MessageDigest sha256) {
        sha256.update((byte) request.endpoint().ordinal());
        return ByteBuffer.wrap(sha256.digest(request.body())).getLong();
    }
}
