package dev.penstock.concurrency;

import dev.penstock.time.Ticker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Permits for calls in flight, as many as a {@link ConcurrencyAlgorithm} allows. Waiters are served first come, first
 * served, and are bounded in number. A permit goes from hand to hand: whoever releases one gives it to the first waiter
 * and wakes that one alone.
 *
 * <p>Safe for use by several threads, platform or virtual. The algorithm belongs to this object from then on.
 */
public final class Permits {
    private final ReentrantLock lock = new ReentrantLock();
    private final int mostWaiters;
    private final Ticker ticker;

    // Guarded by lock. Whenever it is free, there are waiters only if inFlight >= algorithm.limit().
    private final ConcurrencyAlgorithm algorithm;
    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
    private int inFlight;

    /**
     * @param algorithm says how many calls may be in flight
     * @param mostWaiters callers that may wait at the same time; 0 or more
     * @param ticker for the latency of calls
     */
    public Permits(ConcurrencyAlgorithm algorithm, int mostWaiters, Ticker ticker) {
        if (mostWaiters < 0) {
            throw new IllegalArgumentException(
                    "most waiters is " + mostWaiters + "; it must be 0 (never wait) or more");
        }
        this.algorithm = algorithm;
        this.mostWaiters = mostWaiters;
        this.ticker = ticker;
    }

    /** A permit if there is one now and nobody waits for it. */
    public Optional<Permit> tryAcquire() {
        lock.lock();
        try {
            return takeIfFree();
        } finally {
            lock.unlock();
        }
    }

    /**
     * A permit, waiting for it at most this long. Empty after that time, and at once when as many callers as allowed
     * wait already.
     *
     * @throws InterruptedException when interrupted before or while waiting; no permit is held then
     */
    public Optional<Permit> acquire(Duration atMost) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            Optional<Permit> free = takeIfFree();
            if (free.isPresent() || waiters.size() >= mostWaiters) {
                return free;
            }
            Waiter waiter = new Waiter(lock.newCondition());
            waiters.addLast(waiter);
            return await(waiter, atMost) ? Optional.of(new Permit(this, ticker.nanos())) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** How the permits are used at this moment. */
    public Usage usage() {
        lock.lock();
        try {
            return new Usage(algorithm.limit(), inFlight, waiters.size());
        } finally {
            lock.unlock();
        }
    }

    /** As {@link ConcurrencyAlgorithm#raiseTo}; waiters get what it adds. */
    public void raiseTo(int limit) {
        lock.lock();
        try {
            algorithm.raiseTo(limit);
            handOut();
        } finally {
            lock.unlock();
        }
    }

    private Optional<Permit> takeIfFree() {
        if (inFlight >= algorithm.limit()) {
            return Optional.empty();
        }
        inFlight++;
        return Optional.of(new Permit(this, ticker.nanos()));
    }

    // The releaser counts the permit for the waiter, so a waiter that times out or is interrupted in the same instant
    // finds that it owns one and either keeps it or passes it on: none is lost between the two.
    private boolean await(Waiter waiter, Duration atMost) throws InterruptedException {
        long leftNanos = TimeUnit.NANOSECONDS.convert(atMost);
        try {
            while (!waiter.granted && leftNanos > 0) {
                leftNanos = waiter.turn.awaitNanos(leftNanos);
            }
        } catch (InterruptedException e) {
            if (waiter.granted) {
                inFlight--;
                handOut();
            } else {
                waiters.remove(waiter);
            }
            throw e;
        }
        if (!waiter.granted) {
            waiters.remove(waiter);
        }
        return waiter.granted;
    }

    private void handOut() {
        int limit = algorithm.limit();
        while (inFlight < limit && !waiters.isEmpty()) {
            Waiter first = waiters.removeFirst();
            first.granted = true;
            inFlight++;
            first.turn.signal();
        }
    }

    // Whether the permit has ended is asked under the lock too, so that ending and releasing are one step.
    void end(Permit permit, Permit.Outcome outcome) {
        lock.lock();
        try {
            if (permit.ended) {
                return;
            }
            permit.ended = true;
            try {
                report(outcome, permit.startNanos);
            } finally {
                inFlight--;
                handOut();
            }
        } finally {
            lock.unlock();
        }
    }

    private void report(Permit.Outcome outcome, long startNanos) {
        long nowNanos = ticker.nanos();
        switch (outcome) {
            case SUCCEEDED -> algorithm.succeeded(inFlight, nowNanos - startNanos, nowNanos);
            case OVERLOADED -> algorithm.overloaded(inFlight, nowNanos);
            case IGNORED -> {}
        }
    }

    /**
     * One moment's view.
     *
     * @param limit calls in flight that are allowed
     * @param inFlight permits that are held; above the limit for a while after it fell
     * @param waiting callers that wait for a permit
     */
    public record Usage(int limit, int inFlight, int waiting) {}

    private static final class Waiter {
        final Condition turn;
        boolean granted;

        Waiter(Condition turn) {
            this.turn = turn;
        }
    }
}
