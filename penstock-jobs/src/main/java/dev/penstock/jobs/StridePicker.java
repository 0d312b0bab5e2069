package dev.penstock.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Picks rows so that requests and tokens run out together. Rows are grouped into strata of similar cost; each pick goes
 * to the stratum that lags furthest behind its share of the job (stride scheduling), the costlier one first. Any stretch
 * of the job then has the mix of the whole, whatever the order of the input: a file sorted by length takes no longer
 * than a shuffled one. Inside a stratum rows keep their order.
 *
 * <p>Source of the method: C. Waldspurger and W. Weihl, "Stride Scheduling: Deterministic Proportional-Share Resource
 * Management" (1995). Reads rows page by page, so memory depends on the number of strata alone. Not safe for use by
 * several threads.
 *
 * @param <R> a row
 */
final class StridePicker<R> {
    private static final int PAGE_ROWS = 64;

    private final List<Stratum> strata = new ArrayList<>();
    private final Pages<R> pages;

    /** Where the rows of a stratum come from. */
    @FunctionalInterface
    interface Pages<R> {
        /** Up to {@code limit} rows of the stratum after the last one given ({@code null}: from the start), in order. */
        List<R> next(int stratum, @Nullable R after, int limit);
    }

    /**
     * @param rowsByStratum how many rows wait in each stratum; a higher number means costlier rows
     */
    StridePicker(Map<Integer, Long> rowsByStratum, Pages<R> pages) {
        this.pages = pages;
        rowsByStratum.forEach((stratum, rows) -> {
            if (rows > 0) {
                strata.add(new Stratum(stratum, rows));
            }
        });
    }

    /** The next row, or null when all have been given. */
    @Nullable
    R next() {
        while (true) {
            Stratum first = null;
            for (Stratum stratum : strata) {
                if (first == null
                        || stratum.pass < first.pass
                        || (stratum.pass == first.pass && stratum.number > first.number)) {
                    first = stratum;
                }
            }
            if (first == null) {
                return null;
            }
            R row = first.take();
            if (row != null) {
                return row;
            }
            strata.remove(first);
        }
    }

    private final class Stratum {
        private final int number;
        private final double stride;
        private double pass;
        private List<R> page = List.of();
        private int position;
        private @Nullable R last;

        Stratum(int number, long rows) {
            this.number = number;
            this.stride = 1.0 / rows;
        }

        @Nullable
        R take() {
            if (position == page.size()) {
                page = pages.next(number, last, PAGE_ROWS);
                position = 0;
                if (page.isEmpty()) {
                    return null;
                }
            }
            R row = page.get(position++);
            last = row;
            pass += stride;
            return row;
        }
    }
}
