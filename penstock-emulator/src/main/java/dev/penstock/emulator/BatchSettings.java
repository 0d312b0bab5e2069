package dev.penstock.emulator;

import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/**
 * How the twin treats files and batches. Immutable and thread-safe; changed by the {@code with} methods.
 *
 * @param pace how long batches take
 * @param timeScale how many times faster time goes for files and batches, 1 to 1,000,000: at 3,600 a day passes in 24 s.
 *     Limits per minute and live answers keep the time as it is
 * @param quirks oddities that were seen at the real API
 * @param rowErrorShare share of rows that fail for a passing reason, 0 to 1
 * @param expiring which batches do not get through in time, by the order of their creation, from 1; half of their rows run
 * @param queueTokens prompt tokens that may be enqueued at once in each model family, 1 or more; empty for what the tier
 *     grants, which is no limit where limits are not those of a tier
 */
public record BatchSettings(
        BatchPace pace,
        long timeScale,
        BatchQuirks quirks,
        double rowErrorShare,
        Set<Integer> expiring,
        OptionalLong queueTokens) {
    private static final long MOST_SCALE = 1_000_000;

    public BatchSettings {
        expiring = Set.copyOf(expiring);
        if (timeScale < 1 || timeScale > MOST_SCALE) {
            throw new IllegalArgumentException("the time scale is " + timeScale + "; it must be 1 to " + MOST_SCALE
                    + ", for example 3600 to let a day pass in 24 s");
        }
        if (!(rowErrorShare >= 0 && rowErrorShare <= 1)) {
            throw new IllegalArgumentException(
                    "the share of rows that fail is " + rowErrorShare + "; it must be between 0 and 1 (0% and 100%)");
        }
        for (int number : expiring) {
            if (number < 1) {
                throw new IllegalArgumentException(
                        "batch " + number + " is to expire; batches are counted from 1 as they are created");
            }
        }
        if (queueTokens.isPresent() && queueTokens.getAsLong() < 1) {
            throw new IllegalArgumentException("the batch queue holds " + queueTokens.getAsLong()
                    + " tokens; it must hold 1 or more, for example 2000000");
        }
    }

    /** Batches take no time, nothing goes wrong, and the tier's queue limit holds. */
    public static BatchSettings standard() {
        return new BatchSettings(BatchPace.none(), 1, BatchQuirks.none(), 0, Set.of(), OptionalLong.empty());
    }

    public BatchSettings withPace(BatchPace newPace) {
        return new BatchSettings(newPace, timeScale, quirks, rowErrorShare, expiring, queueTokens);
    }

    public BatchSettings withTimeScale(long newScale) {
        return new BatchSettings(pace, newScale, quirks, rowErrorShare, expiring, queueTokens);
    }

    public BatchSettings withQuirks(BatchQuirks newQuirks) {
        return new BatchSettings(pace, timeScale, newQuirks, rowErrorShare, expiring, queueTokens);
    }

    public BatchSettings withRowErrorShare(double newShare) {
        return new BatchSettings(pace, timeScale, quirks, newShare, expiring, queueTokens);
    }

    public BatchSettings withExpiring(Set<Integer> newExpiring) {
        return new BatchSettings(pace, timeScale, quirks, rowErrorShare, newExpiring, queueTokens);
    }

    public BatchSettings withQueueTokens(long newQueueTokens) {
        return new BatchSettings(pace, timeScale, quirks, rowErrorShare, expiring, OptionalLong.of(newQueueTokens));
    }

    /**
     * Reads which batches expire: {@code 2} or {@code 2,5}.
     *
     * @throws IllegalArgumentException when one is not a number from 1
     */
    public static Set<Integer> parseExpiring(Collection<String> texts) {
        Set<Integer> numbers = new TreeSet<>();
        for (String text : texts) {
            for (String number : List.of(text.split(",", -1))) {
                if (!number.strip().matches("[1-9]\\d{0,8}")) {
                    throw new IllegalArgumentException("the batches that expire are '" + text
                            + "'; they must be numbers in the order of creation from 1, for example 2 or 2,5");
                }
                numbers.add(Integer.valueOf(number.strip()));
            }
        }
        return numbers;
    }

    /**
     * Reads the share of rows that fail, such as {@code 3%} or {@code 0.03}.
     *
     * @throws IllegalArgumentException when it is not a share
     */
    public static double parseRowErrorShare(String text) {
        return Share.parse(text)
                .orElseThrow(() -> new IllegalArgumentException("the share of rows that fail is '" + text
                        + "'; it must be a share between 0 and 1, for example 3% or 0.03"));
    }
}
