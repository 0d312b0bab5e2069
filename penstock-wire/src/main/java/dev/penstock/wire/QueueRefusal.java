package dev.penstock.wire;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A batch that failed because as many prompt tokens are enqueued as may be. The API takes such a batch first and says so
 * only when it validates it.
 *
 * @param limitTokens the most that may be enqueued; empty where the text does not tell
 * @see <a href="https://github.com/openai/openai-python/issues/2084">The text as it was observed</a>
 */
public record QueueRefusal(OptionalLong limitTokens) {
    private static final String CODE = "token_limit_exceeded";
    private static final Pattern LIMIT = Pattern.compile("Limit: ([\\d,]{1,24})");

    /** The refusal among the errors of a batch that failed; empty if it failed for something else. */
    public static Optional<QueueRefusal> of(BatchObject batch) {
        for (BatchObject.Problem problem : batch.errors()) {
            if (problem.code().equals(CODE)) {
                return Optional.of(new QueueRefusal(limit(problem.message())));
            }
        }
        return Optional.empty();
    }

    private static OptionalLong limit(String message) {
        Matcher matcher = LIMIT.matcher(message);
        if (!matcher.find()) {
            return OptionalLong.empty();
        }
        String digits = matcher.group(1).replace(",", "");
        if (digits.isEmpty() || digits.length() > 18) {
            return OptionalLong.empty();
        }
        long limit = Long.parseLong(digits);
        return limit > 0 ? OptionalLong.of(limit) : OptionalLong.empty();
    }
}
