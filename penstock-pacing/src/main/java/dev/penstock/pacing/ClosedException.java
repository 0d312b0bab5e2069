package dev.penstock.pacing;

import java.util.Optional;

/** The {@link Penstock} was closed before the request was let through. */
public final class ClosedException extends RefusedException {
    private static final long serialVersionUID = 1;

    ClosedException() {
        super(
                "The Penstock is closed; nothing is let through any more. Close it after the last call.",
                Optional.empty());
    }
}
