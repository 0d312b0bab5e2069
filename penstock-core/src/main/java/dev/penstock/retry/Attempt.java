package dev.penstock.retry;

import java.time.Duration;
import java.util.Optional;

/** One attempt, as its body may see it. Safe for use by several threads. */
public final class Attempt {
    private final Retry retry;
    private final int sent;
    private final long callNanos;
    private final long beganAt;
    private volatile boolean committed;

    /**
     * @param sent attempts so far, this one included
     * @param startedAt when the call began
     * @param beganAt when this attempt begins
     */
    Attempt(Retry retry, int sent, long startedAt, long beganAt) {
        this.retry = retry;
        this.sent = sent;
        this.callNanos = beganAt - startedAt;
        this.beganAt = beganAt;
    }

    /** Of the policy. */
    public String name() {
        return retry.name();
    }

    /** 0 for the first attempt: what clients send as the count of retries. */
    public int retryCount() {
        return sent - 1;
    }

    /** How long the call may still take, from the beginning of this attempt: its timeout. Empty if there is no limit. */
    public Optional<Duration> left() {
        return retry.stop.left(Duration.ofNanos(callNanos), beganAt);
    }

    /** A part of the answer has been passed on: from now on the call is not tried again. */
    public void commit() {
        committed = true;
    }

    boolean committed() {
        return committed;
    }
}
