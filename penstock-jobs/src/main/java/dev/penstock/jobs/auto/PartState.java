package dev.penstock.jobs.auto;

import java.time.Duration;
import java.util.Optional;

/**
 * A part of a job as the choice between the ways sees it.
 *
 * @param rows that have no answer yet, as far as the provider tells
 * @param done rows that have one
 * @param age since its batch was created; zero before
 */
public record PartState(int number, Stage stage, long rows, long done, Duration age) {
    /** How easily its rows can go another way. */
    public enum Stage {
        /** Nothing of it is at the provider; some of its rows can be taken away. */
        WAITING,
        /** Its file is at the provider, and no batch; it can be given up as a whole. */
        UPLOADED,
        /** Its batch runs, or may run; it must be cancelled first, so that no row is paid twice. */
        RUNNING,
        /** Its batch is being cancelled. */
        CANCELLING
    }

    /** How long its batch will still take if it goes on as it did; empty if nothing can be said. */
    Optional<Duration> rest() {
        return done == 0
                ? Optional.empty()
                : Optional.of(Duration.ofNanos((long) ((double) age.toNanos() / done * rows)));
    }
}
