package dev.penstock.retry;

import dev.penstock.verdict.Verdict;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Watches whether a provider can be reached at all. While it cannot, one request at a time tries, with growing pauses,
 * and no request uses up its attempts; after too long whoever cannot wait for ever is told to stop.
 *
 * <p>Pure: time and randomness are arguments. Not safe for use by several threads.
 */
public final class ConnectionWatch {
    /** Longer than a connection may take: by then the try is connected and waits for its answer, or hangs for good. */
    private static final long PROBE_PATIENCE_NANOS = Duration.ofSeconds(30).toNanos();

    private final Duration giveUpAtFirst;
    private final Duration giveUpLater;
    private final RandomGenerator random;

    private boolean everAnswered;
    private boolean probing;
    private long probeSentAt;
    private int failures;
    private long failingSince;
    private long pausedUntil;
    private @Nullable String lastExplanation;

    /**
     * @param giveUpAtFirst how long to try when nothing was ever answered: most likely the address is wrong
     * @param giveUpLater how long an outage may last once something was answered
     */
    public ConnectionWatch(Duration giveUpAtFirst, Duration giveUpLater, RandomGenerator random) {
        this.giveUpAtFirst = giveUpAtFirst;
        this.giveUpLater = giveUpLater;
        this.random = random;
    }

    /** Whether the provider itself said something, or something on the way did in its name. */
    public static boolean reached(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Transient fault ->
                switch (fault.fault()) {
                    case CONNECT_FAILED, CONNECTION_LOST, TIMEOUT -> false;
                    case SERVER_ERROR, OVERLOADED, BROKEN_ANSWER, CONFLICT -> true;
                };
            case Verdict.Accepted accepted -> true;
            case Verdict.Throttled throttled -> true;
            case Verdict.SlowDown slowDown -> true;
            case Verdict.Rejected rejected -> true;
            case Verdict.AccountStopped stopped -> true;
        };
    }

    /** Whether the last connection failed and nothing was answered since. */
    public boolean failing() {
        return failures > 0;
    }

    /** A request tries whether there is a connection again. */
    public void probeSent(long now) {
        probing = true;
        probeSentAt = now;
    }

    /** The request that tried was given up before anything came of it: another one may try. */
    public void probeGivenUp() {
        probing = false;
    }

    /**
     * Takes what became of a request.
     *
     * @param probe whether it is the one that tries
     */
    public void settled(Verdict verdict, boolean probe, long now) {
        if (reached(verdict)) {
            everAnswered = true;
            failures = 0;
            probing = false;
            return;
        }
        boolean connectFailed =
                verdict instanceof Verdict.Transient fault && fault.fault() == Verdict.Fault.CONNECT_FAILED;
        if (connectFailed) {
            lastExplanation = verdict.explanation();
        }
        if (failures == 0) {
            if (!connectFailed) {
                return; // a single call that broke says nothing of the next connection
            }
            failingSince = now;
        } else if (!probe) {
            return; // it was sent before the outage, and says nothing new
        }
        probing = false;
        failures++;
        pausedUntil = now + Backoff.DEFAULT.delay(failures, random).toNanos();
    }

    /** When to try again; empty when nothing is wrong or it is time for the next try. */
    public OptionalLong pausedUntil(long now) {
        if (failures == 0) {
            return OptionalLong.empty();
        }
        // One at a time. Calls from before the outage may hang for long, and nobody waits for them.
        long until = probing ? probeSentAt + PROBE_PATIENCE_NANOS : pausedUntil;
        return until - now > 0 ? OptionalLong.of(until) : OptionalLong.empty();
    }

    /** When the next try is due; empty when nothing is wrong, it is due, or it is under way. */
    public OptionalLong triesAgainAt(long now) {
        return failures > 0 && !probing && pausedUntil - now > 0 ? OptionalLong.of(pausedUntil) : OptionalLong.empty();
    }

    /** When {@link #givenUp} begins to be, if nothing happens before; empty if nothing is wrong or it is already. */
    public OptionalLong givesUpAt(long now) {
        long at = failingSince + limit().toNanos();
        return failures > 0 && !probing && at - now > 0 ? OptionalLong.of(at) : OptionalLong.empty();
    }

    private Duration limit() {
        return everAnswered ? giveUpLater : giveUpAtFirst;
    }

    /** What went wrong last, and for how long it has been tried; empty while nothing is wrong. */
    public Optional<String> outage(long now) {
        if (failures == 0) {
            return Optional.empty();
        }
        long seconds = Duration.ofNanos(now - failingSince).toSeconds();
        return Optional.of(lastExplanation + (seconds == 0 ? "" : " Tried for " + seconds + " s."));
    }

    /** That it has been tried for too long: what went wrong last, and for how long; empty while there is hope. */
    public Optional<String> givenUp(long now) {
        // What tries may have its connection and only wait for a slow answer.
        if (failures == 0 || probing || now - failingSince < limit().toNanos()) {
            return Optional.empty();
        }
        return outage(now);
    }
}
