package dev.penstock.wire;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.LimitState;
import dev.penstock.limit.Unit;
import dev.penstock.verdict.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What an answer off the wire says: a verdict, the state of the limits and, where it is an answer indeed, what it used.
 */
public record AnswerReading(Verdict verdict, List<LimitState> states, Optional<Usage> usage) {
    private static final Verdict ACCEPTED = new Verdict.Accepted();

    /** Reads an answer that arrived whole, whatever its status. */
    public static AnswerReading of(Endpoint endpoint, int status, HeaderLookup headers, byte[] body) {
        List<LimitState> states = RateLimitHeaders.read(headers);
        if (status != 200) {
            return new AnswerReading(VerdictReader.read(status, headers, body), states, Optional.empty());
        }
        return AnswerBody.read(endpoint, body)
                .map(answer -> new AnswerReading(ACCEPTED, states, answer.usage()))
                .orElseGet(() -> new AnswerReading(
                        fault(Verdict.Fault.BROKEN_ANSWER, "The answer was cut off or is not an answer at all."),
                        states,
                        Optional.empty()));
    }

    /** The tokens that the request asked for, by the provider's own count, where a refusal names them. */
    public OptionalLong requestedTokens() {
        return verdict instanceof Verdict.Throttled throttled
                        && throttled.exceeded().dimension().map(Dimension::unit).equals(Optional.of(Unit.TOKENS))
                ? throttled.exceeded().requested()
                : OptionalLong.empty();
    }

    /** The reading of an answer that never came whole. */
    public static AnswerReading ofFault(Verdict.Fault fault, String explanation) {
        return new AnswerReading(fault(fault, explanation), List.of(), Optional.empty());
    }

    private static Verdict fault(Verdict.Fault fault, String explanation) {
        return new Verdict.Transient(fault, Optional.empty(), explanation);
    }
}
