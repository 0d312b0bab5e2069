package dev.penstock.diagnosis;

import java.util.regex.Pattern;

/** Makes a quotation fit to be shown to others: no keys, no names of accounts, no addresses, no control characters, and not long. */
final class Redaction {
    private static final int LONGEST = 400;
    private static final Pattern KEY = Pattern.compile(
            "(?i)\\b(?:sk|pk|rk|gsk|xai|pst)[-_][A-Za-z0-9*_-]{3,}|\\bBearer\\s+\\S+|\\beyJ[\\w.-]{10,}");
    private static final Pattern ACCOUNT = Pattern.compile("\\b(org|proj|req|user)[-_][A-Za-z0-9]{2,}");
    private static final Pattern MAIL = Pattern.compile("[\\w.+-]{1,64}@[\\w-]{1,64}\\.[\\w.-]{1,64}");
    private static final Pattern SECRET = Pattern.compile("\\b(?=[A-Za-z_-]{0,40}\\d)[A-Za-z0-9_-]{32,}\\b");
    private static final Pattern FINE_TUNED = Pattern.compile("\\bft:([\\w.-]{1,64}):[^\\s`'\"]{1,200}");
    private static final Pattern BLANK = Pattern.compile("\\s+");
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Cf}&&[^\\s]]+");

    private Redaction() {}

    static String of(String text) {
        String shown = text.length() > 2 * LONGEST ? text.substring(0, 2 * LONGEST) : text;
        // First, so that nothing hides in the midst of a key, and nothing reaches a terminal that would obey it.
        shown = CONTROL.matcher(shown).replaceAll("");
        shown = BLANK.matcher(shown).replaceAll(" ").strip();
        shown = KEY.matcher(shown).replaceAll("[key]");
        shown = ACCOUNT.matcher(shown).replaceAll("$1-…");
        shown = MAIL.matcher(shown).replaceAll("[address]");
        shown = FINE_TUNED.matcher(shown).replaceAll("ft:$1:…");
        shown = SECRET.matcher(shown).replaceAll("[…]");
        return shown.length() > LONGEST ? shown.substring(0, LONGEST - 1) + "…" : shown;
    }
}
