package dev.penstock.retry;

import java.time.Duration;
import java.util.Optional;

/** One attempt, as its body may see it. Safe for use by several threads. */
public final class Attempt {
    private final String name;
    private final int sent;
    private final Optional<Duration> left;
    private volatile boolean committed;

    Attempt(String name, int sent, Optional<Duration> left) {
        this.name = name;
        this.sent = sent;
        this.left = left;
    }

    /** Of the policy. */
    public String name() {
        return name;
    }

    /** 0 for the first attempt: what clients send as the count of retries. */
    public int retryCount() {
        return sent - 1;
    }

    /** How long the call may still take, from the beginning of this attempt: its timeout. Empty if there is no limit. */
    public Optional<Duration> left() {
        return left;
    }

    /** A part of the answer has been passed on: from now on the call is not tried again. */
    public void commit() {
        committed = true;
    }

    boolean committed() {
        return committed;
    }
}
