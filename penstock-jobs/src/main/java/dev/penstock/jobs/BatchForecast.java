package dev.penstock.jobs;

import java.time.Duration;
import java.util.Optional;

/**
 * Guesses how long batches will take, from how fast their rows went so far. What the provider had done before it was first
 * asked says nothing of its pace, so the count begins at the first change that is seen. One owner; times are monotonic.
 */
final class BatchForecast {
    private static final long LEAST_NANOS = Duration.ofSeconds(10).toNanos();

    /** With less of all rows seen to be done, nothing is said. */
    private static final double LEAST_SHARE = 0.02;

    private boolean looked;
    private boolean began;
    private long first;
    private long firstNanos;
    private long latest;

    /** @param done rows that have ended or that the provider has done, 0 or more; fewer than before if some are to be repeated */
    void seen(long done, long now) {
        if (!began && looked && done > latest) {
            began = true;
            first = done;
            firstNanos = now;
        }
        looked = true;
        latest = done;
    }

    /**
     * How long the rest will take at the pace so far.
     *
     * @param rows of the whole job
     * @return empty while nothing can be said
     */
    Optional<Duration> timeLeft(long rows, long now) {
        long done = latest - first;
        long nanos = now - firstNanos;
        if (!began || nanos < LEAST_NANOS || done <= 0 || done < LEAST_SHARE * rows) {
            return Optional.empty();
        }
        return Optional.of(Duration.ofNanos((long) ((double) nanos / done * Math.max(0, rows - latest))));
    }
}
