package dev.penstock.jobs.plan;

import java.util.ArrayList;
import java.util.List;

/** Adds up the rows of one family. Single-owner. */
final class FamilyTally {
    private static final int LINES_KEPT = 20;

    private final String family;
    private final double answerTokens;
    private final long[] tokenLimits;
    private final long[] tooLargeRows;
    private final long[] tooLargeCharge;
    private final List<List<Long>> tooLargeLines = new ArrayList<>();
    private final TokenHistogram histogram = new TokenHistogram();
    private long rows;
    private long input;
    private long chargedInput;
    private long reserved;
    private double expectedOutput;
    private long answers;
    private long withoutMaximum;
    private long reservedWithMaximum;
    private long leastMaximum;
    private long mostMaximum;

    /**
     * @param answerTokens that an answer is assumed to have
     * @param tokenLimits limits of tokens per minute that rows may be too large for
     */
    FamilyTally(String family, double answerTokens, long[] tokenLimits) {
        this.family = family;
        this.answerTokens = answerTokens;
        this.tokenLimits = tokenLimits.clone();
        this.tooLargeRows = new long[tokenLimits.length];
        this.tooLargeCharge = new long[tokenLimits.length];
        for (int i = 0; i < tokenLimits.length; i++) {
            tooLargeLines.add(new ArrayList<>());
        }
    }

    void add(RowMeasure row) {
        rows++;
        input = Sums.plus(input, row.inputTokens());
        chargedInput = Sums.plus(chargedInput, row.chargedInput());
        reserved = Sums.plus(reserved, row.reserved());
        answers += row.answers();
        expectedOutput += expectedOutput(row);
        histogram.add(row.inputTokens());
        if (row.mostOutput() < 0) {
            withoutMaximum += row.answers();
        } else {
            reservedWithMaximum = Sums.plus(reservedWithMaximum, row.reserved());
            leastMaximum = mostMaximum == 0 ? row.mostOutput() : Math.min(leastMaximum, row.mostOutput());
            mostMaximum = Math.max(mostMaximum, row.mostOutput());
        }
        for (int i = 0; i < tokenLimits.length; i++) {
            if (row.exceeds(tokenLimits[i])) {
                tooLargeRows[i]++;
                tooLargeCharge[i] = Sums.plus(tooLargeCharge[i], row.charge());
                if (tooLargeLines.get(i).size() < LINES_KEPT) {
                    tooLargeLines.get(i).add(row.line());
                }
            }
        }
    }

    /** Output of a row that is like the others; no answer is longer than its maximum. */
    double expectedOutput(RowMeasure row) {
        return row.answers() * (row.mostOutput() < 0 ? answerTokens : Math.min(answerTokens, row.mostOutput()));
    }

    FamilyLoad load() {
        List<TooLarge> tooLarge = new ArrayList<>();
        for (int i = 0; i < tokenLimits.length; i++) {
            if (tooLargeRows[i] > 0) {
                tooLarge.add(new TooLarge(tokenLimits[i], tooLargeRows[i], tooLargeLines.get(i), tooLargeCharge[i]));
            }
        }
        return new FamilyLoad(
                family,
                rows,
                input,
                chargedInput,
                reserved,
                Math.round(expectedOutput),
                answers,
                withoutMaximum,
                reservedWithMaximum,
                leastMaximum,
                mostMaximum,
                histogram.least(),
                histogram.quantile(0.5, rows),
                histogram.most(),
                histogram.doublings(),
                tooLarge);
    }
}
