package dev.penstock.pacing;

import java.util.Locale;
import java.util.Optional;

/** As many requests wait already as may. {@link #blocked} says what they wait for. */
public final class QueueFullException extends RefusedException {
    private static final long serialVersionUID = 1;

    private QueueFullException(String message, Optional<Blocked> blocked) {
        super(message, blocked);
    }

    static QueueFullException of(int maxWaiting, Optional<Blocked> blocked) {
        return new QueueFullException(
                String.format(
                                Locale.ROOT,
                                "%,d requests wait already, which is as many as may (maxWaiting)",
                                maxWaiting)
                        + blocked.map(what -> "; this one would wait for " + what.explanation())
                                .orElse("")
                        + ". Send fewer at a time, or let more wait.",
                blocked);
    }
}
