package dev.penstock.pacing;

import dev.penstock.quota.BlockedBy;
import java.util.Locale;
import java.util.Optional;

/** The request asks for more than a limit ever holds: no waiting helps. */
public final class TooLargeException extends RefusedException {
    private static final long serialVersionUID = 1;

    private TooLargeException(String message, Optional<Blocked> blocked) {
        super(message, blocked);
    }

    static TooLargeException of(Ask ask, BlockedBy.ByLimit by) {
        return new TooLargeException(
                String.format(
                        Locale.ROOT,
                        "The request to %s takes %,d %s; %s never holds more. Ask for less at a time.",
                        Words.family(ask),
                        by.needed(),
                        by.dimension().unit().plural(),
                        by.explanation()),
                Optional.of(new Blocked(by, Optional.empty())));
    }
}
