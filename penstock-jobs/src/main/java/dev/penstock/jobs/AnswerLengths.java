package dev.penstock.jobs;

import dev.penstock.wire.AnswerBody;
import dev.penstock.wire.BatchLine;
import dev.penstock.wire.Endpoint;
import dev.penstock.wire.Usage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How long answers were that a file in the Batch API's output format holds: what {@code run} writes for such inputs, and what
 * the Batch API itself gives. Lines without a usage, such as those of failures, are passed over.
 *
 * @param answers lines with a usage of output tokens
 * @param meanTokens output tokens of a line, all its choices together
 * @param most99 output tokens that 99 of 100 did not exceed
 * @param most of the longest
 */
public record AnswerLengths(long answers, double meanTokens, long most99, long most) {
    /** Longer answers are counted as this long. */
    private static final int LONGEST_COUNTED = 1 << 18;

    private static final double SHARE = 0.99;

    /**
     * Reads a file once.
     *
     * @throws InputException if it cannot be read, or no line of it tells how long an answer was
     */
    public static AnswerLengths read(Path path) {
        int[] counts = new int[LONGEST_COUNTED + 1];
        long answers = 0;
        double sum = 0;
        try (LineFile lines = new LineFile(path)) {
            while (lines.next()) {
                Optional<Usage> usage =
                        BatchLine.read(lines.bytes(), 0, lines.length()).flatMap(line -> usage(line.body()));
                if (usage.isPresent() && usage.get().outputTokens() > 0) {
                    counts[(int) Math.min(usage.get().outputTokens(), LONGEST_COUNTED)]++;
                    sum += usage.get().outputTokens();
                    answers++;
                }
            }
        } catch (IOException e) {
            throw InputException.unreadable(path, e);
        }
        if (answers == 0) {
            throw new InputException("--answers " + path + " tells of no answer how long it is; give an output in the"
                    + " format of the Batch API, whose lines have a usage, or say --answer-tokens N");
        }
        int last = LONGEST_COUNTED;
        while (counts[last] == 0) {
            last--;
        }
        long below = 0;
        int at = -1;
        while (below < SHARE * answers) {
            below += counts[++at];
        }
        return new AnswerLengths(answers, sum / answers, at, last);
    }

    /** The line does not say which endpoint answered. */
    private static Optional<Usage> usage(byte[] body) {
        return AnswerBody.usage(Endpoint.CHAT_COMPLETIONS, body)
                .or(() -> AnswerBody.usage(Endpoint.RESPONSES, body))
                .or(() -> AnswerBody.usage(Endpoint.COMPLETIONS, body));
    }
}
