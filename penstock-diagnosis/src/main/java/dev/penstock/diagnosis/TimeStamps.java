package dev.penstock.diagnosis;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the time of a line of a log, in the forms that are in use. A time without a zone is taken for UTC: all that is computed
 * from it are differences. A date without a year is the last such date before {@code today}.
 */
final class TimeStamps {
    private static final int SEARCHED = 600;
    private static final String MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";
    private static final String CLOCK = "([012]\\d):([0-5]\\d):([0-6]\\d)(?:[.,](\\d{1,9}))?";
    private static final String ZONE = " ?(Z|UTC|GMT|[+-]\\d{2}:?\\d{2})?";
    private static final Pattern ISO =
            Pattern.compile("(?<!\\d)(20\\d{2})[-/.](\\d{2})[-/.](\\d{2})[T _]" + CLOCK + ZONE);
    private static final Pattern DAY_FIRST =
            Pattern.compile("(?<!\\d)(\\d{1,2})[/ -]([A-Za-z]{3})[/ -](20\\d{2})[: ]" + CLOCK + ZONE);
    private static final Pattern AMERICAN =
            Pattern.compile("(?<!\\d)(\\d{1,2})/(\\d{1,2})/(20\\d{2})[, ]{1,2}" + CLOCK + ZONE);
    private static final Pattern SYSLOG =
            Pattern.compile("\\b([A-Z][a-z]{2}) {1,2}(\\d{1,2}) " + CLOCK + "(?: (20\\d{2}))?");
    private static final Pattern EPOCH = Pattern.compile(
            "(?:^[\\[(\\s]{0,4}|(?:\"|\\b)(?:ts|time|timestamp|created|at|t|@timestamp)\"?\\s?[:=]\\s?\"?)"
                    + "(1[5-9]\\d{8}|2[0-2]\\d{8})(\\d{3})?(?:\\.(\\d{1,9}))?(?:\\d{6})?\\b");

    private final LocalDate today;

    TimeStamps(LocalDate today) {
        this.today = today;
    }

    /** Milliseconds since 1970; empty if there is no time, or one that cannot be. */
    OptionalLong read(String line) {
        String head = line.length() > SEARCHED ? line.substring(0, SEARCHED) : line;
        try {
            Matcher m = ISO.matcher(head);
            if (m.find()) {
                return millis(date(m, 1, 2, 3), m, 4);
            }
            m = DAY_FIRST.matcher(head);
            if (m.find() && month(m, 2) > 0) {
                return millis(LocalDate.of(number(m, 3), month(m, 2), number(m, 1)), m, 4);
            }
            m = AMERICAN.matcher(head);
            if (m.find()) {
                return millis(date(m, 3, 1, 2), m, 4);
            }
            m = SYSLOG.matcher(head);
            if (m.find() && month(m, 1) > 0) {
                return millis(withYear(m), m, 3);
            }
            m = EPOCH.matcher(head);
            if (m.find()) {
                long millis = Long.parseLong(text(m, 1)) * 1_000;
                String more = m.group(2);
                String fraction = m.group(3);
                return OptionalLong.of(
                        more != null
                                ? millis + Long.parseLong(more)
                                : fraction != null
                                        ? millis + Long.parseLong((fraction + "00").substring(0, 3))
                                        : millis);
            }
        } catch (DateTimeException noSuchTime) {
            return OptionalLong.empty();
        }
        return OptionalLong.empty();
    }

    private LocalDate withYear(Matcher m) {
        String year = m.group(7);
        if (year != null) {
            return LocalDate.of(Integer.parseInt(year), month(m, 1), number(m, 2));
        }
        LocalDate date = LocalDate.of(today.getYear(), month(m, 1), number(m, 2));
        return date.isAfter(today.plusDays(1)) ? date.minusYears(1) : date;
    }

    private static LocalDate date(Matcher m, int year, int month, int day) {
        return LocalDate.of(number(m, year), number(m, month), number(m, day));
    }

    private static OptionalLong millis(LocalDate date, Matcher m, int from) {
        String fraction = m.group(from + 3);
        int nanos = fraction == null ? 0 : Integer.parseInt((fraction + "00000000").substring(0, 9));
        LocalDateTime local = date.atTime(
                LocalTime.of(number(m, from), number(m, from + 1), Math.min(59, number(m, from + 2)), nanos));
        String zone = m.groupCount() > from + 3 ? m.group(from + 4) : null;
        boolean offset = zone != null && (zone.charAt(0) == '+' || zone.charAt(0) == '-');
        return OptionalLong.of(OffsetDateTime.of(local, offset ? ZoneOffset.of(String.valueOf(zone)) : ZoneOffset.UTC)
                .toInstant()
                .toEpochMilli());
    }

    private static int number(Matcher m, int group) {
        return Integer.parseInt(text(m, group));
    }

    private static String text(Matcher m, int group) {
        return String.valueOf(m.group(group));
    }

    /** 1 to 12; 0 if it is none. */
    private static int month(Matcher m, int group) {
        int at = MONTHS.indexOf(text(m, group).toLowerCase(Locale.ROOT));
        return at >= 0 && at % 3 == 0 ? at / 3 + 1 : 0;
    }
}
