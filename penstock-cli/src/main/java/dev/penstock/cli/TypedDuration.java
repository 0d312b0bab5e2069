package dev.penstock.cli;

import dev.penstock.wire.GoDuration;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people type them: 90s, 1h30m, 6h, and days, which the wire's spelling does not have: 1d, 1d12h. */
final class TypedDuration {
    private static final Pattern DAYS = Pattern.compile("(\\d{1,4})d(.*)", Pattern.DOTALL);

    private TypedDuration() {}

    /** The duration; empty if the text is none. */
    static Optional<Duration> parse(String text) {
        Matcher days = DAYS.matcher(text);
        if (!days.matches()) {
            return GoDuration.parse(text);
        }
        Duration whole = Duration.ofDays(Long.parseLong(days.group(1)));
        String rest = days.group(2);
        if (rest.isEmpty()) {
            return Optional.of(whole);
        }
        // A sign belongs before all of it.
        return rest.startsWith("-") || rest.startsWith("+")
                ? Optional.empty()
                : GoDuration.parse(rest).map(whole::plus);
    }

    /** What an option was given; the refusal names the option, what was given, and what it may be. */
    static Duration of(String option, String text) {
        return parse(text)
                .filter(Duration::isPositive)
                .orElseThrow(() -> new UsageException(option + " is '" + text
                        + "'; it must be a duration above 0 in s, m, h or d, such as 90s, 30m, 6h or 1d12h"));
    }
}
