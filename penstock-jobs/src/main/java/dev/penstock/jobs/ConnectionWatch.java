package dev.penstock.jobs;

import dev.penstock.retry.Backoff;
import dev.penstock.verdict.Verdict;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Watches whether the provider can be reached at all. While it cannot, one row at a time tries, with growing pauses, and
 * no row uses up its attempts; after too long the run stops and can be resumed. Owned by the dispatcher.
 */
final class ConnectionWatch {
    private final Duration giveUpAtFirst;
    private final Duration giveUpLater;
    private final RandomGenerator random;

    private boolean everAnswered;
    private int failures;
    private long failingSince;
    private long pausedUntil;
    private @Nullable String lastExplanation;

    /**
     * @param giveUpAtFirst how long to try when nothing was ever answered: most likely the address is wrong
     * @param giveUpLater how long an outage may last once something was answered
     */
    ConnectionWatch(Duration giveUpAtFirst, Duration giveUpLater, RandomGenerator random) {
        this.giveUpAtFirst = giveUpAtFirst;
        this.giveUpLater = giveUpLater;
        this.random = random;
    }

    void settled(Verdict verdict, long now) {
        if (verdict instanceof Verdict.Transient fault && fault.fault() == Verdict.Fault.CONNECT_FAILED) {
            if (failures == 0) {
                failingSince = now;
            }
            if (failures == 0 || pausedUntil - now <= 0) {
                failures++;
                pausedUntil = now + Backoff.DEFAULT.delay(failures, random).toNanos();
            }
            lastExplanation = fault.explanation();
            return;
        }
        if (!(verdict instanceof Verdict.Transient)) {
            everAnswered = true;
        }
        failures = 0;
    }

    /** When to try again; empty when nothing is wrong or it is time for the next try. */
    OptionalLong pausedUntil(long now, int inFlight) {
        if (failures == 0) {
            return OptionalLong.empty();
        }
        if (pausedUntil - now > 0) {
            return OptionalLong.of(pausedUntil);
        }
        // One at a time until somebody answers; that one's end asks again.
        return inFlight == 0
                ? OptionalLong.empty()
                : OptionalLong.of(now + Duration.ofSeconds(1).toNanos());
    }

    Optional<StopCause> givenUp(long now) {
        Duration limit = everAnswered ? giveUpLater : giveUpAtFirst;
        if (failures == 0 || now - failingSince < limit.toNanos()) {
            return Optional.empty();
        }
        return Optional.of(new StopCause.Unreachable(lastExplanation + " Tried for "
                + Duration.ofNanos(now - failingSince).toSeconds() + " s; the run can be resumed."));
    }
}
