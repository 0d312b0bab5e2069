package dev.penstock.gateway;

import dev.penstock.gateway.config.Upstream;
import dev.penstock.retry.ConnectionWatch;
import dev.penstock.retry.RetryBudget;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What is known of an upstream over all its quotas: whether it can be reached and how often it may be retried. */
final class UpstreamState {
    /** Calls of language models may take a minute; a shorter memory would forget them before they fail. */
    private static final RetryBudget.Settings RETRIES =
            RetryBudget.Settings.DEFAULT.coveringLatency(Duration.ofMinutes(1));

    /** An address that never answered is most likely wrong: whoever waits for it is told then. */
    private static final Duration NEVER_REACHED = Duration.ofSeconds(15);

    /** In an outage a gateway does not give up: its callers have deadlines of their own. */
    private static final Duration FOR_EVER = Duration.ofDays(10_000);

    /** An account that was stopped is asked again after this. */
    private static final Duration STOPPED_FOR = Duration.ofSeconds(60);

    private Upstream upstream;
    final ConnectionWatch connection;
    final RetryBudget retries;

    /** Whether so many connections are being opened that further calls would not leave in order. */
    boolean crowded;

    private long stoppedUntil;
    private @Nullable String stoppedWhy;

    UpstreamState(Upstream upstream, RandomGenerator random, long now) {
        this.upstream = upstream;
        this.connection = new ConnectionWatch(NEVER_REACHED, FOR_EVER, random);
        this.retries = new RetryBudget(RETRIES, now);
    }

    Upstream upstream() {
        return upstream;
    }

    /** Takes over settings that keep the address and the account. */
    void reconfigure(Upstream changed) {
        upstream = changed;
        // Who tells whether it is crowded is asked anew.
        crowded = false;
    }

    /** The account can do nothing until a person acts; others of the pool go first meanwhile. */
    void stopped(String why, long now) {
        stoppedWhy = why;
        stoppedUntil = now + STOPPED_FOR.toNanos();
    }

    void worked() {
        stoppedWhy = null;
    }

    boolean isStopped(long now) {
        return stoppedWhy != null && stoppedUntil - now > 0;
    }

    /** Why it is not called at the moment, in words. */
    Optional<String> trouble(long now) {
        if (isStopped(now)) {
            return Optional.ofNullable(stoppedWhy);
        }
        return connection.outage(now).map(why -> "It cannot be reached. " + why);
    }
}
