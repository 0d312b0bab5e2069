package dev.penstock.wire;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How long an answer asks to stay away, by its headers: {@code retry-after-ms} (milliseconds, may have a fraction), else
 * {@code Retry-After} as seconds (may have a fraction) or as an HTTP date.
 *
 * <p>A date is measured against the answer's own {@code Date}, so that no clock of this machine takes part; without
 * {@code Date} it says nothing. Negative values, values above a year and garbage are passed over. Sources: RFC 9110
 * section 10.2.3 for {@code Retry-After}; {@code retry-after-ms} is read first by the official SDKs, see
 * <a href="https://github.com/openai/openai-python/issues/1102">openai-python 1102</a>.
 */
public final class RetryAfter {
    private static final Duration LONGEST = Duration.ofDays(366);

    private RetryAfter() {}

    /** The wait counted from the answer, or empty if the headers name none. */
    public static Optional<Duration> read(HeaderLookup headers) {
        Optional<Duration> exact = number(headers.first("retry-after-ms"), "ms");
        if (exact.isPresent()) {
            return exact;
        }
        String value = headers.first("retry-after");
        Optional<Duration> seconds = number(value, "s");
        return seconds.isPresent() ? seconds : untilDate(value, headers.first("date"));
    }

    private static Optional<Duration> number(@Nullable String value, String unit) {
        if (value == null) {
            return Optional.empty();
        }
        String number = value.strip();
        for (int i = 0; i < number.length(); i++) {
            char c = number.charAt(i);
            if (c != '.' && (c < '0' || c > '9')) {
                return Optional.empty();
            }
        }
        return GoDuration.parse(number + unit).filter(wait -> wait.compareTo(LONGEST) <= 0);
    }

    private static Optional<Duration> untilDate(@Nullable String value, @Nullable String answeredAt) {
        if (value == null || answeredAt == null) {
            return Optional.empty();
        }
        try {
            Duration wait = Duration.between(httpDate(answeredAt), httpDate(value));
            // A date that has passed asks for no wait at all.
            return wait.compareTo(LONGEST) > 0
                    ? Optional.empty()
                    : Optional.of(wait.isNegative() ? Duration.ZERO : wait);
        } catch (DateTimeException notADate) {
            return Optional.empty();
        }
    }

    private static Instant httpDate(String text) {
        return DateTimeFormatter.RFC_1123_DATE_TIME.parse(text.strip(), Instant::from);
    }
}
