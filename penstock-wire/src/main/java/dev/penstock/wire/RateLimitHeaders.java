package dev.penstock.wire;

import dev.penstock.limit.Dimension;
import dev.penstock.limit.Limit;
import dev.penstock.limit.LimitState;
import dev.penstock.limit.Scope;
import dev.penstock.limit.ShownReset;
import dev.penstock.limit.Unit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The limits that an answer shows in its {@code x-ratelimit-*} headers, as they were when the request was admitted.
 *
 * <p>The headers do not say whether a limit is per minute, hour or day: models with a daily request limit show that one
 * and hide the other. The reset tells. It is the time until the limit is full again, (limit − remaining) ÷ limit ×
 * window, so the window is computed from it; where that decides nothing (nothing used, no reset, plain seconds as Azure
 * writes them) it is a minute. The formula is not documented; all resets seen on live answers obey it, for example
 * <a href="https://github.com/open-webui/open-webui/issues/3743">open-webui 3743</a>.
 */
public final class RateLimitHeaders {
    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);
    private static final long DAY = TimeUnit.DAYS.toNanos(1);
    private static final long MONTH = 30 * DAY;
    private static final long NOT_A_NUMBER = Long.MIN_VALUE;
    private static final int MOST_DIGITS = 18;

    private static final List<Group> GROUPS = List.of(
            new Group("requests", Scope.ORGANIZATION, Unit.REQUESTS),
            new Group("tokens", Scope.ORGANIZATION, Unit.TOKENS),
            new Group("project-tokens", Scope.PROJECT, Unit.TOKENS));

    private RateLimitHeaders() {}

    /**
     * The states that the headers show, requests first. A limit of which the amount or the remainder is missing, is not
     * a number, or is the -1 or 0 that Azure sends for "unknown", is left out. Stateless and thread-safe.
     */
    public static List<LimitState> read(HeaderLookup headers) {
        List<LimitState> states = new ArrayList<>(GROUPS.size());
        for (Group group : GROUPS) {
            long limit = wholeNumber(headers.first(group.limitHeader));
            if (limit <= 0) {
                continue;
            }
            long remaining = wholeNumber(headers.first(group.remainingHeader));
            if (remaining == NOT_A_NUMBER) {
                continue;
            }
            // More than the limit holds cannot remain.
            remaining = Math.min(remaining, limit);
            String reset = headers.first(group.resetHeader);
            long resetNanos = reset == null ? GoDuration.MALFORMED : GoDuration.parseNanos(reset);
            Dimension dimension = group.dimension(limit - remaining, limit, resetNanos);
            states.add(new LimitState(
                    new Limit(dimension, limit),
                    remaining,
                    resetNanos == GoDuration.MALFORMED ? Optional.empty() : Optional.of(Duration.ofNanos(resetNanos))));
        }
        return states;
    }

    private static final class Group {
        final String limitHeader;
        final String remainingHeader;
        final String resetHeader;
        final boolean manyUnits;
        final Dimension perMinute;
        final Dimension perHour;
        final Dimension perDay;
        final Dimension perMonth;

        Group(String name, Scope scope, Unit unit) {
            limitHeader = "x-ratelimit-limit-" + name;
            remainingHeader = "x-ratelimit-remaining-" + name;
            resetHeader = "x-ratelimit-reset-" + name;
            manyUnits = unit == Unit.TOKENS;
            perMinute = new Dimension(scope, unit, Duration.ofMinutes(1));
            perHour = new Dimension(scope, unit, Duration.ofHours(1));
            perDay = new Dimension(scope, unit, Duration.ofDays(1));
            perMonth = new Dimension(scope, unit, Duration.ofDays(30));
        }

        Dimension dimension(long used, long limit, long nanos) {
            if (used <= 0 || nanos == GoDuration.MALFORMED) {
                return perMinute;
            }
            ShownReset reset = new ShownReset(used, limit, nanos);
            if (!reset.tooLongFor(MINUTE)) {
                return perMinute;
            }
            if (nanos > MINUTE + reset.roundingNanos()) {
                // No minute at all. A part of a unit may have flowed back, or the time may be rounded.
                if (reset.fits(HOUR)) {
                    return perHour;
                }
                if (reset.fits(DAY)) {
                    return perDay;
                }
            } else if (manyUnits) {
                // Among thousands of tokens some share in use fits any reset by chance; one beyond the minute does not.
                return perMinute;
            } else if (reset.fitsExactly(HOUR)) {
                // Only an exact fit is believed: a provider that counts windows tells a reset that has nothing to do
                // with
                // the share in use.
                return perHour;
            } else if (reset.fitsExactly(DAY)) {
                return perDay;
            }
            // The documentation's own sample (6m0s for 16 tokens of 150,000) fits no window.
            return reset.fitsExactly(MONTH) ? perMonth : perMinute;
        }
    }

    private static long wholeNumber(@Nullable String text) {
        if (text == null) {
            return NOT_A_NUMBER;
        }
        int length = text.length();
        int at = length > 0 && text.charAt(0) == '-' ? 1 : 0;
        if (length == at || length - at > MOST_DIGITS) {
            return NOT_A_NUMBER;
        }
        long value = 0;
        for (int i = at; i < length; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return NOT_A_NUMBER;
            }
            value = value * 10 + digit;
        }
        return at == 1 ? -value : value;
    }
}
