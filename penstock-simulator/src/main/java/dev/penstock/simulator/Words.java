package dev.penstock.simulator;

import java.time.Duration;
import java.util.Locale;

/** Figures in sentences; the same in every locale. */
final class Words {
    private Words() {}

    static String count(long amount) {
        return String.format(Locale.ROOT, "%,d", amount);
    }

    /** Up to three digits of a number that need not be whole. */
    static String figure(double amount) {
        if (amount >= 99.5 || amount == Math.rint(amount)) {
            return count(Math.round(amount));
        }
        String text = String.format(Locale.ROOT, amount >= 9.95 ? "%.1f" : "%.2f", amount);
        return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
    }

    /** Of requests: a second, a minute where that is the better number. */
    static String rate(double perSecond) {
        return perSecond >= 1
                ? figure(perSecond) + " requests a second"
                : figure(perSecond * 60) + " requests a minute";
    }

    static String percent(double share) {
        return figure(share * 100) + " %";
    }

    /** {@code 0.4 s}, {@code 12 s}, {@code 1m 05s}, {@code 2h 03m}, {@code 3d 04h}. */
    static String time(Duration time) {
        double exact = time.toNanos() / 1e9;
        long seconds = Math.round(exact);
        if (seconds < 60) {
            return figure(exact) + " s";
        }
        if (seconds < 3_600) {
            return String.format(Locale.ROOT, "%dm %02ds", seconds / 60, seconds % 60);
        }
        long minutes = Math.round(exact / 60);
        return minutes < 24 * 60
                ? String.format(Locale.ROOT, "%dh %02dm", minutes / 60, minutes % 60)
                : String.format(Locale.ROOT, "%dd %02dh", minutes / (24 * 60), minutes / 60 % 24);
    }
}
