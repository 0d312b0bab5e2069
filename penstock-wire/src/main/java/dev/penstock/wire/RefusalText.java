package dev.penstock.wire;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.LimitExceeded;
import dev.penstock.limit.Scope;
import dev.penstock.limit.Unit;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the sentence in which a provider says what limit refused a request. Known grammars: {@code Rate limit reached for
 * M in organization O on tokens per min (TPM): Limit L, Used U, Requested R. Please try again in W.}, the same with a
 * project or a service tier, the same {@code on requests per 5s} where the window has no word, {@code Request too large for M ...}, {@code Limit: L / min. Current: C / min.} of 2023 and of
 * images, and Azure's {@code have exceeded token rate limit ... Please retry after 33 seconds}. Immutable and thread-safe.
 */
public final class RefusalText {
    private static final Pattern TOO_LARGE = Pattern.compile("^\\s*Request too large", Pattern.CASE_INSENSITIVE);
    private static final Pattern SUBJECT = Pattern.compile(
            "(?:rate limit (?:reached|exceeded)|request too large) for (?:model )?[`'\"]?([^\\s`'\"]+)[`'\"]?"
                    + "(?: \\(for limit [`'\"]?([^)\\s`'\"]+)[`'\"]?\\))?",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern DIMENSION = Pattern.compile(
            "\\b(request|token|image)s? per (min(?:ute)?|day|hour|sec(?:ond)?|(?:\\d{1,9}(?:h|m|s))+)\\b",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern AZURE_DIMENSION =
            Pattern.compile("exceeded (?:the )?(token|call|request) rate limit", Pattern.CASE_INSENSITIVE);
    private static final Pattern PROJECT = Pattern.compile("\\bin project ", Pattern.CASE_INSENSITIVE);
    private static final Pattern LIMIT = Pattern.compile("\\bLimit:?\\s*(\\d[\\d,]{0,19})");
    private static final Pattern USED = Pattern.compile("\\b(?:Used|Current):?\\s*(\\d[\\d,]{0,19})");
    private static final Pattern REQUESTED = Pattern.compile("\\bRequested:?\\s*(\\d[\\d,]{0,19})");
    private static final Pattern WAIT = Pattern.compile(
            "\\b(?:try again|retry) (?:in|after) (?:((?:\\d+(?:\\.\\d+)?(?:h|ms|m|us|\u00b5s|ns|s))+)"
                    + "|(\\d+(?:\\.\\d+)?) (milli)?(second|minute|hour|day)s?)",
            Pattern.CASE_INSENSITIVE);

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration MONTH = Duration.ofDays(30);

    private final String text;
    private final LimitExceeded exceeded;
    private final boolean saysTooLarge;

    private RefusalText(String text) {
        this.text = text;
        this.saysTooLarge = TOO_LARGE.matcher(text).find();
        OptionalLong limit = number(LIMIT);
        OptionalLong used = number(USED);
        OptionalLong requested = number(REQUESTED);
        Optional<Duration> wait = wait(text);
        Optional<Dimension> dimension = dimension()
                .map(named -> new Dimension(
                        named.scope(), named.unit(), window(named.window(), limit, used, requested, wait)));
        this.exceeded = new LimitExceeded(dimension, model(), limit, used, requested, wait);
    }

    /** Reads a text of any length; never throws. */
    public static RefusalText of(String text) {
        return new RefusalText(text);
    }

    /** What the text says; its wait is the printed one, which the provider cut to the millisecond. */
    public LimitExceeded exceeded() {
        return exceeded;
    }

    /** Whether no wait can ever make room: more is asked for than the limit holds, or the limit is nothing. */
    public boolean canNeverFit() {
        OptionalLong limit = exceeded.limit();
        if (limit.isEmpty()) {
            return saysTooLarge;
        }
        return saysTooLarge
                || limit.getAsLong() == 0
                || (exceeded.requested().isPresent() && exceeded.requested().getAsLong() > limit.getAsLong());
    }

    /** Whether the text says anything at all about a limit. */
    public boolean explains() {
        return exceeded.dimension().isPresent()
                || exceeded.limit().isPresent()
                || exceeded.tryAgainIn().isPresent();
    }

    private Optional<Dimension> dimension() {
        // A text that names a project and its organization is about the project's limit: texts about the
        // organization's own limit name the organization alone.
        Scope scope = PROJECT.matcher(text).find() ? Scope.PROJECT : Scope.ORGANIZATION;
        Matcher named = DIMENSION.matcher(text);
        if (named.find()) {
            return Optional.of(new Dimension(scope, unit(named.group(1)), namedWindow(named.group(2))));
        }
        Matcher azure = AZURE_DIMENSION.matcher(text);
        return azure.find() ? Optional.of(new Dimension(scope, unit(azure.group(1)), MINUTE)) : Optional.empty();
    }

    private static Duration namedWindow(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "day" -> DAY;
            case "hour" -> HOUR;
            case "sec", "second" -> SECOND;
            case "min", "minute" -> MINUTE;
            // A window that has no word of its own, such as 5s or 1h30m0s.
            default -> GoDuration.parse(word).filter(Duration::isPositive).orElse(MINUTE);
        };
    }

    private static Unit unit(String word) {
        return switch (Character.toLowerCase(word.charAt(0))) {
            case 't' -> Unit.TOKENS;
            case 'i' -> Unit.IMAGES;
            default -> Unit.REQUESTS;
        };
    }

    private Optional<String> model() {
        Matcher subject = SUBJECT.matcher(text);
        if (!subject.find()
                || DIMENSION
                        .matcher(text)
                        .region(subject.start(1), text.length())
                        .lookingAt()) {
            return Optional.empty();
        }
        String family = subject.group(2);
        return Optional.of(family != null ? family : subject.group(1));
    }

    private OptionalLong number(Pattern pattern) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            return OptionalLong.empty();
        }
        String digits = matcher.group(1).replace(",", "");
        return digits.length() > 18 ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(digits));
    }

    /** The wait that a text names, in any of the forms that providers write. */
    static Optional<Duration> wait(String text) {
        Matcher matcher = WAIT.matcher(text);
        if (!matcher.find()) {
            return Optional.empty();
        }
        String compound = matcher.group(1);
        if (compound != null) {
            return GoDuration.parse(compound);
        }
        String number = matcher.group(2);
        String unit = matcher.group(4);
        if (number == null || unit == null) {
            return Optional.empty();
        }
        boolean milli = matcher.group(3) != null;
        return switch (Character.toLowerCase(unit.charAt(0))) {
            case 's' -> GoDuration.parse(number + (milli ? "ms" : "s"));
            case 'm' -> GoDuration.parse(number + "m");
            case 'h' -> GoDuration.parse(number + "h");
            default -> GoDuration.parse(number + "h").map(hours -> hours.multipliedBy(24));
        };
    }

    /**
     * The window that the printed wait proves: wait = (used + requested − limit) ÷ limit × window. Some free accounts are
     * told "tokens per min" of a limit that refills over 30 days. The named window stands unless the wait is longer than it,
     * which no window can tell, and another one fits.
     */
    private static Duration window(
            Duration named, OptionalLong limit, OptionalLong used, OptionalLong requested, Optional<Duration> wait) {
        if (limit.isEmpty() || used.isEmpty() || requested.isEmpty() || wait.isEmpty() || limit.getAsLong() == 0) {
            return named;
        }
        double over = (double) used.getAsLong() + requested.getAsLong() - limit.getAsLong();
        if (over <= 0) {
            return named;
        }
        double share = over / limit.getAsLong();
        double seconds = wait.get().toNanos() / 1e9;
        if (seconds <= named.toSeconds()) {
            return named;
        }
        for (Duration other : new Duration[] {DAY, MONTH}) {
            if (fits(seconds, share, other, 0.02)) {
                return other;
            }
        }
        return named;
    }

    private static boolean fits(double seconds, double share, Duration window, double tolerance) {
        double expected = share * window.toSeconds();
        return Math.abs(seconds - expected) <= expected * tolerance + 0.001;
    }
}
