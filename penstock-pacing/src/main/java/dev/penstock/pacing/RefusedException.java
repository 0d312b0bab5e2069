package dev.penstock.pacing;

import java.util.Optional;

/** A request that was not let through: it was not sent and has cost nothing. */
public abstract sealed class RefusedException extends RuntimeException
        permits TooLateException, TooLargeException, QueueFullException, ClosedException {
    private static final long serialVersionUID = 1;

    private final transient Optional<Blocked> blocked;

    RefusedException(String message, Optional<Blocked> blocked) {
        super(message);
        this.blocked = blocked;
    }

    /** What was in the way, and when it is free; empty where it was not a limit, and after serialization. */
    @SuppressWarnings("OptionalAssignedToNull") // what is transient is null after serialization
    public final Optional<Blocked> blocked() {
        return blocked == null ? Optional.empty() : blocked;
    }
}
