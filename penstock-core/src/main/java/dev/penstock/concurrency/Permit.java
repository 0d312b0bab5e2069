package dev.penstock.concurrency;

/**
 * The right to have one call in flight. Ends exactly once, by whichever of its methods is called first; the others do
 * nothing after that, so that {@code try (permit) { ...; permit.succeeded(); }} is right. Safe for use by several
 * threads.
 */
public final class Permit implements AutoCloseable {
    private final Permits permits;
    final long startNanos;
    // Guarded by the lock of permits.
    boolean ended;

    Permit(Permits permits, long startNanos) {
        this.permits = permits;
        this.startNanos = startNanos;
    }

    /** The call was answered; its latency runs from when the permit was given. */
    public void succeeded() {
        permits.end(this, Outcome.SUCCEEDED);
    }

    /** The call was refused or broken by load. */
    public void overloaded() {
        permits.end(this, Outcome.OVERLOADED);
    }

    /** The call ended in a way that says nothing about load, or was never made. */
    @Override
    public void close() {
        permits.end(this, Outcome.IGNORED);
    }

    enum Outcome {
        SUCCEEDED,
        OVERLOADED,
        IGNORED
    }
}
