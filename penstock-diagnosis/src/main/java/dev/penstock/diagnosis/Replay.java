package dev.penstock.diagnosis;

import dev.penstock.limit.Cost;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Unit;
import dev.penstock.quota.Admission;
import dev.penstock.quota.Quota;
import dev.penstock.quota.QuotaSettings;
import dev.penstock.quota.Settlement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What would have happened with a queue in front of the limit: the requests of the log arrive at their times in virtual
 * time and take their turn in the {@link Quota} that paces live calls.
 *
 * @param requests that took part: those refused, and those answered where the log shows them
 * @param waited those that would not have been sent at once
 * @param longestWait of them all
 * @param meanWait of them all
 * @param end how long after the first arrival the last one would have been sent
 * @param whole whether all of these were replayed, however many there are
 * @param unnamedLeftOut whether there were answered calls of which the log does not say whether they used this limit
 */
public record Replay(
        long requests,
        long waited,
        Duration longestWait,
        Duration meanWait,
        Duration end,
        boolean whole,
        boolean unnamedLeftOut) {
    /** A replay takes a second at most. */
    private static final int MOST_REQUESTS = 300_000;

    private static final int MOST_TRIES = 64;
    private static final long MILLI_NANOS = 1_000_000L;

    /**
     * Of a group whose limit and times are known. Each model has limits of its own: answered calls take part where the log
     * says that they were of the group's model.
     *
     * @param answered times by the model's family, as {@link Diagnosis#answeredTimes}
     * @return empty if the limit is not known, or fewer than two refusals have a time, or one is larger than the limit
     */
    public static Optional<Replay> of(Group group, Map<String, Timeline> answered) {
        boolean possible = group.kind().refills()
                && group.dimension().isPresent()
                && group.limit().isPresent()
                && group.limit().getAsLong() > 0
                && group.times().total() >= 2;
        if (!possible) {
            return Optional.empty();
        }
        Limit limit = new Limit(group.dimension().get(), group.limit().getAsLong());
        boolean tokens = limit.dimension().unit() == Unit.TOKENS;
        if (tokens && group.meanRequested() == 0) {
            return Optional.empty();
        }
        long amount = Math.clamp(group.meanRequested(), 1, limit.amount());
        Cost cost = switch (limit.dimension().unit()) {
            case TOKENS -> Cost.ofTokens(amount);
            case REQUESTS -> Cost.ofTokens(0);
            case IMAGES -> new Cost(1, 0, amount);
        };
        Timeline arrivals = new Timeline();
        arrivals.addAll(group.times());
        Timeline same = group.model().map(answered::get).orElse(null);
        if (same != null) {
            arrivals.addAll(same);
        }
        boolean leftOut = group.model().isPresent() ? answered.containsKey("") : !answered.isEmpty();
        return Optional.of(new Run(limit, cost, arrivals.firstMillis()).of(group, arrivals, same != null, leftOut));
    }

    private static final class Run {
        private final Quota quota;
        private final Limit limit;
        private final Cost cost;
        private final long originMillis;
        private long requests;
        private long waited;
        private long longest;
        private double sum;
        private long now;

        Run(Limit limit, Cost cost, long originMillis) {
            this.quota = new Quota(QuotaSettings.capsAlone(List.of(limit)));
            this.limit = limit;
            this.cost = cost;
            this.originMillis = originMillis;
        }

        Replay of(Group group, Timeline arrivals, boolean answeredShown, boolean unnamedLeftOut) {
            long used = answeredShown ? 0 : Math.min(group.usedAtFirst(), limit.amount());
            if (used > 0) {
                // What was in use at the first refusal was sent by calls that the log does not show.
                send(
                        switch (limit.dimension().unit()) {
                            case TOKENS -> new Cost(0, used, 0);
                            case REQUESTS -> new Cost(used, 0, 0);
                            case IMAGES -> new Cost(0, 0, used);
                        });
            }
            arrivals.forEach((at, count) -> {
                long arrival = (at - originMillis) * MILLI_NANOS;
                for (long i = 0; i < count && requests < MOST_REQUESTS; i++) {
                    now = Math.max(now, arrival);
                    send(cost);
                    long wait = now - arrival;
                    requests++;
                    waited += wait > MILLI_NANOS ? 1 : 0;
                    longest = Math.max(longest, wait);
                    sum += wait;
                }
            });
            return new Replay(
                    requests,
                    waited,
                    Duration.ofNanos(longest),
                    Duration.ofNanos((long) (sum / Math.max(1, requests))),
                    Duration.ofNanos(now),
                    requests == arrivals.total(),
                    unnamedLeftOut);
        }

        /** Sends when the quota grants it, and moves the time to then. */
        private void send(Cost amount) {
            for (int i = 0; i < MOST_TRIES; i++) {
                switch (quota.reserve(amount, now)) {
                    case Admission.Granted granted -> {
                        boolean unused = quota.settle(granted.reservation(), new Settlement.Answered(List.of()), now);
                        return;
                    }
                    case Admission.Deferred deferred -> {
                        OptionalLong at = deferred.retryAtNanos();
                        now = at.isPresent() ? Math.max(now + 1, at.getAsLong()) : now + MILLI_NANOS;
                    }
                    case Admission.Impossible impossible -> {
                        return;
                    }
                }
            }
        }
    }
}
