package dev.penstock.retry;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Gives retries up while failures prevail, without a clock: a failure takes a token, a success gives back a part of one, and
 * there are retries only while more than half of the tokens are left. An alternative to {@link RetryBudget} for those who
 * would rather fail than wait: it is a listener and a stop of the same policy.
 *
 * {@snippet class="RetrySnippets" region="throttle"}
 *
 * <p>Source: <a href="https://github.com/grpc/proposal/blob/master/A6-client-retries.md">gRFC A6</a>. Safe for use by
 * several threads.
 */
public final class FailureThrottle implements Consumer<RetryEvent> {
    private static final int ONE = 1_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final int most;
    private final int perSuccess;
    // Guarded by lock. Thousandths of a token, so that parts add up exactly.
    private int tokens;

    /**
     * @param tokens at first and at most; 1 to 1,000
     * @param perSuccess what a success gives back; above 0, up to 1,000. Counted in thousandths
     */
    public FailureThrottle(int tokens, double perSuccess) {
        if (tokens < 1 || tokens > 1_000 || !(perSuccess >= 0.001 && perSuccess <= 1_000)) {
            throw new IllegalArgumentException("the throttle has " + tokens + " tokens and gives back " + perSuccess
                    + " for a success; tokens must be 1 to 1000, and what is given back 0.001 to 1000");
        }
        most = tokens * ONE;
        this.perSuccess = (int) Math.round(perSuccess * ONE);
        this.tokens = most;
    }

    /** Gives up while there are too few tokens. */
    public Stop stop() {
        return Stop.when(() -> !allowsRetry());
    }

    /** Counts faults and successes. Throttles and what cannot be tried again say nothing of the server's health. */
    @Override
    public void accept(RetryEvent event) {
        switch (event) {
            case RetryEvent.AttemptFailed failed -> {
                if (failed.judgement() instanceof Judgement.TryAgain) {
                    add(-ONE);
                }
            }
            case RetryEvent.Succeeded succeeded -> add(perSuccess);
            case RetryEvent.Started started -> {}
            case RetryEvent.Waiting waiting -> {}
            case RetryEvent.Retrying retrying -> {}
            case RetryEvent.GaveUp gaveUp -> {}
        }
    }

    /** Whether there are enough tokens for a retry. */
    public boolean allowsRetry() {
        lock.lock();
        try {
            return tokens > most / 2;
        } finally {
            lock.unlock();
        }
    }

    private void add(int thousandths) {
        lock.lock();
        try {
            tokens = Math.clamp(tokens + thousandths, 0, most);
        } finally {
            lock.unlock();
        }
    }
}
