package dev.penstock.emulator;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A limit as people type it: an amount, a unit and a window. Stateless and thread-safe. */
public final class LimitText {
    private static final Pattern LIMIT =
            Pattern.compile("(\\d{1,18})\\s*(req|tok|img)\\s*/\\s*(\\d{1,9})(s|m|h|d)", Pattern.CASE_INSENSITIVE);
    private static final Duration LONGEST_WINDOW = Duration.ofDays(365);

    private LimitText() {}

    /**
     * Reads for example {@code 20req/5s}, {@code 40000tok/1m} or {@code 5img/1m}: requests, tokens or images of the
     * organization, per window of 1 s to 365 days in whole seconds, minutes, hours or days.
     *
     * @throws IllegalArgumentException when it is not of this form
     */
    public static Limit parse(String text) {
        Matcher limit = LIMIT.matcher(text.strip());
        if (limit.matches()) {
            Duration window = window(Long.parseLong(limit.group(3)), limit.group(4));
            if (window.isPositive() && window.compareTo(LONGEST_WINDOW) <= 0) {
                Dimension dimension = new Dimension(Scope.ORGANIZATION, unit(limit.group(2)), window);
                return new Limit(dimension, Long.parseLong(limit.group(1)));
            }
        }
        throw new IllegalArgumentException("limit is '" + text + "'; it must be an amount of req, tok or img for each"
                + " window of 1s to 365d, for example 20req/5s or 40000tok/1m");
    }

    private static Unit unit(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "req" -> Unit.REQUESTS;
            case "tok" -> Unit.TOKENS;
            default -> Unit.IMAGES;
        };
    }

    private static Duration window(long amount, String unit) {
        return switch (unit.toLowerCase(Locale.ROOT)) {
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }
}
