package dev.penstock.cli;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Locale;

/** Figures as people read them; the same in every locale. */
final class Figures {
    private static final BigDecimal TEN_DOLLARS = BigDecimal.TEN;

    private Figures() {}

    /** {@code 1,234,567}. */
    static String count(long amount) {
        return String.format(Locale.ROOT, "%,d", amount);
    }

    /** {@code 1 row}, {@code 1,234 rows}. */
    static String count(long amount, String noun) {
        return count(amount) + " " + noun + (amount == 1 ? "" : "s");
    }

    /** Whole up to ten million, then with three digits: {@code 9,876,543}, {@code 15.0M}, {@code 15.0B}. */
    static String compact(double amount) {
        if (amount < 9_999_999.5) {
            return count(Math.round(amount));
        }
        return amount < 999_500_000 ? threeDigits(amount / 1e6) + "M" : threeDigits(amount / 1e9) + "B";
    }

    private static String threeDigits(double amount) {
        int decimals = amount < 9.995 ? 2 : amount < 99.95 ? 1 : 0;
        return String.format(Locale.ROOT, "%." + decimals + "f", amount);
    }

    /** {@code 0.4 s}, {@code 12 s}, {@code 1m 05s}, {@code 2h 03m}, {@code 3d 04h}. */
    static String time(Duration time) {
        if (time.toMillis() < 9_950) {
            return String.format(Locale.ROOT, "%.1f s", Math.max(0, time.toMillis()) / 1e3);
        }
        long seconds = Math.round(time.toMillis() / 1e3);
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3_600) {
            return String.format(Locale.ROOT, "%dm %02ds", seconds / 60, seconds % 60);
        }
        long minutes = Math.round(seconds / 60.0);
        return minutes < 24 * 60
                ? String.format(Locale.ROOT, "%dh %02dm", minutes / 60, minutes % 60)
                : String.format(Locale.ROOT, "%dd %02dh", minutes / (24 * 60), minutes / 60 % 24);
    }

    /** US dollars: cents from ten dollars on, below that as many digits as say something. */
    static String dollars(BigDecimal amount) {
        if (amount.signum() == 0) {
            return "$0";
        }
        if (amount.compareTo(TEN_DOLLARS) >= 0) {
            return String.format(Locale.ROOT, "$%,.2f", amount);
        }
        BigDecimal rounded = amount.round(new MathContext(3, RoundingMode.HALF_UP));
        int decimals = Math.clamp(rounded.scale(), 2, 6);
        return "$" + rounded.setScale(decimals, RoundingMode.HALF_UP).toPlainString();
    }

    /** Whole percent; 100 only when it is all. */
    static int percent(long part, long whole) {
        return whole == 0 ? 100 : (int) (100 * part / whole);
    }
}
