package dev.penstock.gateway.admin;

import dev.penstock.gateway.GatewayEvents.Ended;
import dev.penstock.gateway.Outcome;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The last five minutes by the second, and the last refusals. It has no clock: times are monotonic nanoseconds of any
 * origin. Safe for use by several threads; each call holds the lock for as long as it takes to count, or to copy.
 */
final class RecentPast {
    static final int SECONDS = 300;
    static final int REFUSALS = 50;

    /** Texts come from answers of upstreams too. */
    private static final int MOST_CHARACTERS = 500;

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    // Guarded by this, all of them. One more slot than seconds: the second that is not over yet.
    private final Slot[] ring = new Slot[SECONDS + 1];
    private final Deque<Refused> refusals = new ArrayDeque<>(REFUSALS);
    private final long startedAt;
    private long second;
    private long endedInAll;

    private static final class Slot {
        private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
        private int refusedByUpstream;
        private long inputTokens;
        private long outputTokens;
        private int running;
        private int waiting;

        private void restart(int runningBefore, int waitingBefore) {
            outcomes.clear();
            refusedByUpstream = 0;
            inputTokens = 0;
            outputTokens = 0;
            running = runningBefore;
            waiting = waitingBefore;
        }
    }

    /**
     * One second that is over.
     *
     * @param outcomes how many requests ended how; without those that are zero
     * @param refusedByUpstream calls that an upstream refused for quota
     * @param running calls at upstreams, as last seen
     * @param waiting requests in the queue, as last seen
     */
    record Second(
            Map<Outcome, Integer> outcomes,
            int refusedByUpstream,
            long inputTokens,
            long outputTokens,
            int running,
            int waiting) {
        int count(Outcome outcome) {
            return outcomes.getOrDefault(outcome, 0);
        }
    }

    /** A request that got no answer of a model. */
    record Refused(Instant at, String tenant, String family, Outcome outcome, String words) {}

    /**
     * @param seconds those that are over, at most {@link #SECONDS}, the oldest first
     * @param refusals at most {@link #REFUSALS}, the newest first
     * @param endedInAll requests since the start, however they ended
     */
    record History(List<Second> seconds, List<Refused> refusals, long endedInAll) {
        History {
            seconds = List.copyOf(seconds);
            refusals = List.copyOf(refusals);
        }
    }

    RecentPast(long now) {
        startedAt = now;
        for (int i = 0; i < ring.length; i++) {
            ring[i] = new Slot();
        }
    }

    synchronized void ended(Ended ended, long now, InstantSource wall) {
        Slot slot = current(now);
        slot.outcomes.merge(ended.outcome(), 1, Integer::sum);
        ended.usage().ifPresent(usage -> {
            slot.inputTokens += usage.inputTokens();
            slot.outputTokens += usage.outputTokens();
        });
        endedInAll++;
        if (isRefusal(ended.outcome())) {
            if (refusals.size() == REFUSALS) {
                refusals.removeLast();
            }
            String words = ended.explanation();
            refusals.addFirst(new Refused(
                    wall.instant(),
                    ended.tenant(),
                    ended.family(),
                    ended.outcome(),
                    words.length() > MOST_CHARACTERS ? words.substring(0, MOST_CHARACTERS) + "…" : words));
        }
    }

    synchronized void refusedByUpstream(long now) {
        current(now).refusedByUpstream++;
    }

    /** Notes how much runs and waits; to be called about once a second. */
    synchronized void sample(int running, int waiting, long now) {
        Slot slot = current(now);
        slot.running = running;
        slot.waiting = waiting;
    }

    synchronized History history(long now) {
        advance(now);
        int over = (int) Math.min(second, SECONDS);
        List<Second> seconds = new ArrayList<>(over);
        for (int ago = over; ago >= 1; ago--) {
            Slot slot = slot(second - ago);
            seconds.add(new Second(
                    Map.copyOf(slot.outcomes),
                    slot.refusedByUpstream,
                    slot.inputTokens,
                    slot.outputTokens,
                    slot.running,
                    slot.waiting));
        }
        return new History(seconds, List.copyOf(refusals), endedInAll);
    }

    /** Whoever hung up knows it, and an answer needs no explanation. */
    static boolean isRefusal(Outcome outcome) {
        return switch (outcome) {
            case ANSWERED, CANCELLED_BY_CLIENT -> false;
            case REFUSED_DEADLINE,
                    REFUSED_TOO_LARGE,
                    REFUSED_QUEUE_FULL,
                    REFUSED_BUDGET,
                    REFUSED_INVALID,
                    REFUSED_STOPPING,
                    FAILED_UPSTREAM -> true;
        };
    }

    private Slot current(long now) {
        advance(now);
        return slot(second);
    }

    /** Goes on to the second of this moment; a time before the last one, as from another thread, counts as the last one. */
    private void advance(long now) {
        long wanted = Math.max(second, (now - startedAt) / NANOS_PER_SECOND);
        Slot before = slot(second);
        int running = before.running;
        int waiting = before.waiting;
        // After a longer pause than the ring holds, all of it starts again.
        for (long next = Math.max(second + 1, wanted - SECONDS); next <= wanted; next++) {
            slot(next).restart(running, waiting);
        }
        second = wanted;
    }

    private Slot slot(long index) {
        return ring[(int) (index % ring.length)];
    }
}
