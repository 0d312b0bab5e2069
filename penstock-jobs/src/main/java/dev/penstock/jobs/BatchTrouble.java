package dev.penstock.jobs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Decides what a person hears of calls that fail while batches are waited for. An outage may last for days and every try of
 * it fails, so it is told at its beginning, once an hour while it lasts, and at its end. One owner; times are monotonic.
 */
final class BatchTrouble {
    /** What is the same trouble again within this time is not told again. */
    private static final long QUIET_NANOS = Duration.ofHours(1).toNanos();

    /** An outage that comes and goes is told of once in this time. */
    private static final long BETWEEN_OUTAGES_NANOS = Duration.ofMinutes(5).toNanos();

    private static final int MOST_REMEMBERED = 100;

    private final Map<String, Long> toldOfFaults = new LinkedHashMap<>();
    private boolean out;
    private boolean outageTold;
    private boolean everTold;
    private long outSince;
    private long lastTold;

    /**
     * A call came to nothing and is tried again.
     *
     * @param unreachableSince when the connection was lost; empty if the provider answered
     * @return what to say, if anything
     */
    List<String> failed(String explanation, OptionalLong unreachableSince, long now) {
        if (unreachableSince.isPresent()) {
            return outage(explanation, unreachableSince.getAsLong(), now);
        }
        List<String> words = new ArrayList<>();
        answered(now).ifPresent(words::add);
        Long before = toldOfFaults.get(explanation);
        if (before == null || now - before >= QUIET_NANOS) {
            if (toldOfFaults.size() >= MOST_REMEMBERED) {
                toldOfFaults.clear();
            }
            toldOfFaults.put(explanation, now);
            words.add(explanation + " It is tried again.");
        }
        return words;
    }

    private List<String> outage(String explanation, long since, long now) {
        if (!out) {
            out = true;
            outSince = since;
            outageTold = !everTold || now - lastTold >= BETWEEN_OUTAGES_NANOS;
            if (!outageTold) {
                return List.of();
            }
            told(now);
            return List.of(explanation + " It is tried again.");
        }
        if (now - lastTold < QUIET_NANOS) {
            return List.of();
        }
        outageTold = true;
        told(now);
        return List.of("No connection for " + time(now - outSince) + ": " + explanation
                + " It is tried again; batches go on at the provider.");
    }

    private void told(long now) {
        everTold = true;
        lastTold = now;
    }

    /**
     * The provider answered, whatever it said.
     *
     * @return what to say, if anything
     */
    Optional<String> answered(long now) {
        if (!out) {
            return Optional.empty();
        }
        out = false;
        return outageTold
                ? Optional.of("The provider is reached again after " + time(now - outSince) + ".")
                : Optional.empty();
    }

    private static String time(long nanos) {
        Duration time = Duration.ofNanos(nanos);
        if (time.toHours() > 0) {
            return time.toHours() + " h" + (time.toMinutesPart() > 0 ? " " + time.toMinutesPart() + " min" : "");
        }
        return time.toMinutes() > 0 ? time.toMinutes() + " min" : Math.max(1, time.toSeconds()) + " s";
    }
}
