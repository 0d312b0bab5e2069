package dev.penstock.limit;

import java.time.Duration;

/**
 * One thing that a provider limits: a unit, counted over a window, for a scope.
 *
 * @param scope whose limit it is
 * @param unit what is counted
 * @param window the time over which the limit's amount is granted; positive
 */
public record Dimension(Scope scope, Unit unit, Duration window) {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);

    public static final Dimension REQUESTS_PER_MINUTE = new Dimension(Scope.ORGANIZATION, Unit.REQUESTS, MINUTE);
    public static final Dimension REQUESTS_PER_DAY = new Dimension(Scope.ORGANIZATION, Unit.REQUESTS, DAY);
    public static final Dimension TOKENS_PER_MINUTE = new Dimension(Scope.ORGANIZATION, Unit.TOKENS, MINUTE);
    public static final Dimension TOKENS_PER_DAY = new Dimension(Scope.ORGANIZATION, Unit.TOKENS, DAY);
    public static final Dimension IMAGES_PER_MINUTE = new Dimension(Scope.ORGANIZATION, Unit.IMAGES, MINUTE);
    public static final Dimension PROJECT_TOKENS_PER_MINUTE = new Dimension(Scope.PROJECT, Unit.TOKENS, MINUTE);

    public Dimension {
        if (!window.isPositive()) {
            throw new IllegalArgumentException("window is " + window + "; a limit's window must be longer than zero");
        }
    }

    /** This dimension as people say it, for example {@code tokens per minute}. */
    public String label() {
        String per;
        if (window.equals(MINUTE)) {
            per = "minute";
        } else if (window.equals(HOUR)) {
            per = "hour";
        } else if (window.equals(DAY)) {
            per = "day";
        } else if (window.toDays() > 0 && window.equals(Duration.ofDays(window.toDays()))) {
            per = window.toDays() + " days";
        } else {
            per = window.toSeconds() + " s";
        }
        return (scope == Scope.PROJECT ? "project " : "") + unit.plural() + " per " + per;
    }
}
