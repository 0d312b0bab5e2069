package dev.penstock.diagnosis;

import java.util.Locale;

/** What refused requests. The names in lower case are a contract: programs read them. */
public enum Kind {
    REQUESTS_PER_MINUTE,
    REQUESTS_PER_DAY,
    TOKENS_PER_MINUTE,
    TOKENS_PER_DAY,
    IMAGES_PER_MINUTE,
    CONCURRENCY,
    RAMP,
    REQUEST_TOO_LARGE,
    INSUFFICIENT_CREDIT,
    SPEND_LIMIT,
    OVERLOADED,
    SERVER_ERROR,
    OTHER;

    /** As programs read it, for example {@code tokens_per_minute}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it is a rate that refills with time. */
    boolean refills() {
        return switch (this) {
            case REQUESTS_PER_MINUTE, REQUESTS_PER_DAY, TOKENS_PER_MINUTE, TOKENS_PER_DAY, IMAGES_PER_MINUTE -> true;
            case CONCURRENCY,
                    RAMP,
                    REQUEST_TOO_LARGE,
                    INSUFFICIENT_CREDIT,
                    SPEND_LIMIT,
                    OVERLOADED,
                    SERVER_ERROR,
                    OTHER -> false;
        };
    }
}
