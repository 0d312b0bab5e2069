package dev.penstock.jobs.plan;

import dev.penstock.jobs.Stratum;
import java.util.ArrayList;
import java.util.List;

/** How many rows have how many tokens, four classes to every doubling. Not thread-safe. */
final class TokenHistogram {
    private final long[] rows = new long[Stratum.of(Long.MAX_VALUE) + 1];
    private long least = Long.MAX_VALUE;
    private long most;

    void add(long tokens) {
        rows[Stratum.of(tokens)]++;
        least = Math.min(least, tokens);
        most = Math.max(most, tokens);
    }

    long least() {
        return most == 0 ? 0 : least;
    }

    long most() {
        return most;
    }

    /** Tokens that this share of the rows does not exceed, to a fifth. */
    long quantile(double share, long all) {
        long below = 0;
        for (int i = 0; i < rows.length; i++) {
            below += rows[i];
            if (below >= share * all) {
                return Math.min(most, i + 1 < rows.length ? Stratum.fewestTokens(i + 1) - 1 : most);
            }
        }
        return most;
    }

    /** Doublings from the smallest row to the largest, empty ones between them too. */
    List<TokenBin> doublings() {
        List<TokenBin> bins = new ArrayList<>();
        if (most == 0) {
            return bins;
        }
        for (long from = Long.highestOneBit(Math.max(1, least)); from > 0 && from <= most; from <<= 1) {
            long count = 0;
            long to = from * 2 - 1;
            for (int i = 0; i < rows.length; i++) {
                long fewest = Stratum.fewestTokens(i);
                count += fewest >= from && fewest <= to || fewest == 0 && bins.isEmpty() ? rows[i] : 0;
            }
            bins.add(new TokenBin(from, to, count));
        }
        return bins;
    }
}
