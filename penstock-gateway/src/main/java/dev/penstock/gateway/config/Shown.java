package dev.penstock.gateway.config;

import java.util.Locale;
import java.util.regex.Pattern;

/** How values of a configuration file appear in messages: short, on one line, and never if they may be keys. */
final class Shown {
    private static final int LONGEST = 60;

    /** Keys that people put where they do not belong: with the prefix of a vendor, or long and without a word in them. */
    private static final Pattern LIKE_A_KEY = Pattern.compile(
            "(^|.*[^a-z0-9])p?sk-.*|bearer .*|.*[a-z0-9_=-]{32,}.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private Shown() {}

    /** The value in quotes, or that it is not shown. */
    static String value(String given) {
        if (LIKE_A_KEY.matcher(given).matches()) {
            return "something that looks like a key (not shown)";
        }
        StringBuilder out = new StringBuilder(given.length() + 2).append('"');
        given.codePoints()
                .limit(LONGEST)
                .forEach(each -> out.appendCodePoint(Character.isISOControl(each) ? '\uFFFD' : each));
        return out.append(given.codePointCount(0, given.length()) > LONGEST ? "…\"" : "\"")
                .toString();
    }

    /** A whole number with its digits in groups. */
    static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
