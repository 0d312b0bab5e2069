package dev.penstock.pacing;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Figures as people read them. */
final class Words {
    private static final int MOST_CHARS = 64;

    private Words() {}

    /** A family as it is named in messages: cut, and without what could break a line. */
    static String family(Ask ask) {
        String family = ask.family().isEmpty() ? "no model" : ask.family();
        String shown = family.replaceAll("[^\\p{Graph} ]", "?");
        return shown.length() <= MOST_CHARS ? shown : shown.substring(0, MOST_CHARS) + "...";
    }

    /** Rounded up to the millisecond, so that who comes back then is not too early. */
    static String seconds(Duration time) {
        long millis = TimeUnit.MILLISECONDS.convert(time.plusNanos(999_999));
        return BigDecimal.valueOf(millis, 3).stripTrailingZeros().toPlainString() + " s";
    }
}
