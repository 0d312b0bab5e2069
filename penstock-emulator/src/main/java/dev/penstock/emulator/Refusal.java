package dev.penstock.emulator;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Unit;
import java.time.Duration;

/** Why a request got a 429 from the limits. */
public enum Refusal {
    REQUESTS_PER_MINUTE,
    REQUESTS_PER_DAY,
    TOKENS_PER_MINUTE,
    TOKENS_PER_DAY,
    /** A limit of another unit or window. */
    OTHER_LIMIT,
    CONCURRENCY,
    /** The request asks for more than the limit ever holds. */
    TOO_LARGE,
    /** Input tokens per minute grew too fast. */
    SLOW_DOWN;

    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    static Refusal by(Dimension dimension) {
        boolean tokens = dimension.unit() == Unit.TOKENS;
        if (dimension.unit() == Unit.IMAGES) {
            return OTHER_LIMIT;
        }
        if (dimension.window().equals(MINUTE)) {
            return tokens ? TOKENS_PER_MINUTE : REQUESTS_PER_MINUTE;
        }
        if (dimension.window().equals(DAY)) {
            return tokens ? TOKENS_PER_DAY : REQUESTS_PER_DAY;
        }
        return OTHER_LIMIT;
    }
}
