package dev.penstock.wire;

import java.time.Duration;
import java.util.Optional;

/**
 * Durations as the Go language prints them, which is how OpenAI-style APIs write waits and resets: {@code 17ms},
 * {@code 1.146s}, {@code 1m26.4s}, {@code 114h18m0s}.
 *
 * <p>Grammar: one or more of a decimal number and a unit (h, m, s, ms, us, ns), larger units first. Source: the
 * documentation of {@code time.Duration.String}, <a href="https://pkg.go.dev/time#Duration.String">pkg.go.dev/time</a>.
 */
public final class GoDuration {
    private static final long NANOS_PER_MILLI = 1_000_000L;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long NANOS_PER_MINUTE = 60 * NANOS_PER_SECOND;
    private static final long NANOS_PER_HOUR = 60 * NANOS_PER_MINUTE;

    /** No duration of this grammar; real ones are never negative. */
    static final long MALFORMED = -1;

    private GoDuration() {}

    /** The duration that a text spells, or empty if it is not exactly one duration, or a negative one. */
    public static Optional<Duration> parse(String text) {
        long nanos = parseNanos(text);
        return nanos == MALFORMED ? Optional.empty() : Optional.of(Duration.ofNanos(nanos));
    }

    /** Like {@link #parse} but without an object: nanoseconds, or {@link #MALFORMED}. */
    static long parseNanos(String text) {
        int length = text.length();
        int at = 0;
        long total = 0;
        long previousUnit = Long.MAX_VALUE;
        if (length == 0) {
            return MALFORMED;
        }
        while (at < length) {
            long whole = 0;
            int start = at;
            while (at < length && isDigit(text.charAt(at))) {
                if (whole > Long.MAX_VALUE / 100) {
                    return MALFORMED;
                }
                whole = whole * 10 + (text.charAt(at++) - '0');
            }
            int digits = at - start;
            long fraction = 0;
            long scale = 1;
            if (at < length && text.charAt(at) == '.') {
                at++;
                int fractionStart = at;
                while (at < length && isDigit(text.charAt(at))) {
                    // Digits finer than a nanosecond of an hour change nothing.
                    if (scale < 10_000_000_000_000L) {
                        fraction = fraction * 10 + (text.charAt(at) - '0');
                        scale *= 10;
                    }
                    at++;
                }
                digits += at - fractionStart;
            }
            if (digits == 0 || at == length) {
                return MALFORMED;
            }
            // Two-letter units come first: "ms" must not be read as minutes and a stray "s".
            boolean subSecond = at + 1 < length && text.charAt(at + 1) == 's';
            long unit = switch (text.charAt(at)) {
                case 'h' -> NANOS_PER_HOUR;
                case 'm' -> subSecond ? NANOS_PER_MILLI : NANOS_PER_MINUTE;
                case 's' -> NANOS_PER_SECOND;
                case 'u', '\u00b5', '\u03bc' -> subSecond ? 1_000 : MALFORMED;
                case 'n' -> subSecond ? 1 : MALFORMED;
                default -> MALFORMED;
            };
            if (unit == MALFORMED || unit >= previousUnit || whole > Long.MAX_VALUE / unit) {
                return MALFORMED;
            }
            at += unit < NANOS_PER_SECOND ? 2 : 1;
            previousUnit = unit;
            long part = whole * unit;
            if (fraction > 0) {
                part += Math.multiplyHigh(fraction, unit) == 0
                        ? fraction * unit / scale
                        : Math.round((double) fraction / scale * unit);
            }
            total += part;
            if (total < 0) {
                return MALFORMED;
            }
        }
        return total;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /**
     * Prints a duration cut (not rounded) to whole milliseconds, as the API's headers and refusals do: {@code 84ms},
     * {@code 0s}, {@code 7m12s}.
     *
     * @throws IllegalArgumentException if the duration is negative; a wait never is
     */
    public static String format(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("duration is " + duration + "; a wait or reset must be 0 or longer");
        }
        long millis = duration.getNano() / NANOS_PER_MILLI;
        long seconds = duration.getSeconds();
        if (seconds == 0) {
            return millis == 0 ? "0s" : millis + "ms";
        }
        StringBuilder out = new StringBuilder(16);
        long hours = seconds / 3600;
        long minutes = seconds / 60 % 60;
        if (hours > 0) {
            out.append(hours).append('h');
        }
        if (hours > 0 || minutes > 0) {
            out.append(minutes).append('m');
        }
        out.append(seconds % 60);
        if (millis > 0) {
            out.append('.');
            long digits = millis;
            for (long place = 100; digits > 0; place /= 10) {
                out.append(digits / place);
                digits %= place;
            }
        }
        return out.append('s').toString();
    }
}
