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

    static String time(Duration time) {
        double seconds = time.toNanos() / 1e9;
        if (seconds < 120) {
            return figure(seconds) + " s";
        }
        return seconds < 7_200 ? figure(seconds / 60) + " min" : figure(seconds / 3_600) + " h";
    }
}
