package dev.penstock.jobs.auto;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How long batches took so far. Immutable and thread-safe.
 *
 * @param past batches that were completed, in any order
 */
public record BatchHistory(List<Past> past) {
    /** A batch this many times smaller says little. */
    private static final int COMPARABLE = 10;

    /** Nothing is known. */
    public static final BatchHistory NONE = new BatchHistory(List.of());

    /**
     * A batch that was completed.
     *
     * @param took from its creation to its end
     */
    public record Past(long rows, Duration took) {}

    public BatchHistory {
        past = List.copyOf(past);
    }

    /**
     * How long a batch of this many rows takes, if it is like the others.
     *
     * @param share of the batches that took no longer, 0 to 1
     * @return empty if there was none
     */
    public Optional<Duration> took(double share, long rows) {
        List<Duration> times =
                comparable(rows).stream().map(Past::took).sorted().toList();
        return times.isEmpty()
                ? Optional.empty()
                : Optional.of(times.get((int) Math.min(times.size() - 1, Math.floor(share * times.size()))));
    }

    /** Those of a similar size, or all if there is none. */
    public List<Past> comparable(long rows) {
        List<Past> similar =
                past.stream().filter(each -> each.rows() >= rows / COMPARABLE).toList();
        return similar.isEmpty() ? past : similar;
    }
}
